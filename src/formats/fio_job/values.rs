//! Values as fio reads them (`parse.c`, 3.33): numbers with units, times,
//! flags, lists by direction.

use crate::models::workload::fio::spec::{Amount, PerDir};
use crate::sim::Ns;

/// Why a value is not accepted.
#[derive(Clone, Debug)]
pub(super) struct Bad {
    pub why: String,
    pub hint: Option<String>,
    /// The option has it, the model does not.
    pub not_modelled: bool,
}

pub(super) type Res<T> = Result<T, Bad>;

/// A value that is no value of the option.
pub(super) fn bad<T>(why: impl Into<String>) -> Res<T> {
    Err(Bad {
        why: why.into(),
        hint: None,
        not_modelled: false,
    })
}

/// The same with what it could be.
pub(super) fn bad_hint<T>(why: impl Into<String>, hint: impl Into<String>) -> Res<T> {
    Err(Bad {
        why: why.into(),
        hint: Some(hint.into()),
        not_modelled: false,
    })
}

/// A value that fio has and the model does not.
pub(super) fn not_modelled<T>(hint: impl Into<String>) -> Res<T> {
    Err(Bad {
        why: String::new(),
        hint: Some(hint.into()),
        not_modelled: true,
    })
}

/// A whole number, decimal or hexadecimal, and what follows it.
fn number(text: &str) -> Res<(u64, &str)> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (digits, radix) = match hex {
        Some(rest) => (rest, 16),
        None => (text, 10),
    };
    let end = digits
        .find(|c: char| !c.is_digit(radix))
        .unwrap_or(digits.len());
    let (digits, rest) = digits.split_at(end);
    if text.starts_with('(') {
        return not_modelled("write the result of the expression");
    }
    if digits.is_empty() {
        return bad(format!("`{text}` is not a number"));
    }
    match u64::from_str_radix(digits, radix) {
        Ok(n) if i64::try_from(n).is_ok() => Ok((n, rest)),
        _ => bad(format!("`{digits}` is too large")),
    }
}

/// Bytes of a unit. With `kb_base` 1024 `kib` means 1000, as in fio.
fn unit_bytes(unit: &str, kb_base: u64) -> Res<u64> {
    let unit = unit.trim().to_ascii_lowercase();
    if unit.is_empty() || unit == "b" {
        return Ok(1);
    }
    let mut base = kb_base;
    let letter = match unit.as_bytes() {
        [letter] | [letter, b'b'] | [letter, b'i'] => *letter,
        [letter, b'i', b'b'] => {
            base = if kb_base == 1000 { 1024 } else { 1000 };
            *letter
        }
        _ => b'?',
    };
    match b"kmgtp".iter().position(|l| *l == letter) {
        Some(power) => Ok(base.pow(power as u32 + 1)),
        None => bad_hint(
            format!("`{unit}` is not a unit of size"),
            "k, m, g, t or p (powers of 1024), or bytes",
        ),
    }
}

/// A size in bytes, or a number with a unit of size.
pub(super) fn size(text: &str, kb_base: u64) -> Res<u64> {
    let (n, unit) = number(text)?;
    if unit.trim() == "%" {
        return bad("a percentage is not possible here");
    }
    let unit = unit_bytes(unit, kb_base)?;
    match n.checked_mul(unit) {
        Some(bytes) => Ok(bytes),
        None => bad(format!("`{text}` is too large")),
    }
}

/// The same with a sign.
pub(super) fn signed_size(text: &str, kb_base: u64) -> Res<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    match i64::try_from(size(digits, kb_base)?) {
        Ok(bytes) => Ok(sign * bytes),
        Err(_) => bad(format!("`{text}` is too large")),
    }
}

/// A size, or a percentage of the device.
pub(super) fn amount(text: &str, kb_base: u64) -> Res<Amount> {
    if let Some(percent) = text.strip_suffix('%') {
        return match percent.trim_end().parse() {
            Ok(p) if p <= 100 => Ok(Amount::Percent(p)),
            _ => bad(format!("`{text}` is not a percentage from 0 to 100")),
        };
    }
    if text.ends_with('z') {
        return not_modelled("zones are not modelled; write bytes");
    }
    size(text, kb_base).map(Amount::Bytes)
}

/// A whole number from `min` to `max`; units of size count.
pub(super) fn int(text: &str, kb_base: u64, min: u64, max: u64) -> Res<u64> {
    let n = size(text, kb_base)?;
    if n < min || n > max {
        return bad(format!("{n} is not from {min} to {max}"));
    }
    Ok(n)
}

/// A span of time; without a unit in seconds or microseconds.
pub(super) fn time(text: &str, bare_is_seconds: bool) -> Res<Ns> {
    let (n, unit) = number(text)?;
    let us = match unit.trim().to_ascii_lowercase().as_str() {
        "" if bare_is_seconds => 1_000_000,
        "" | "us" | "usec" => 1,
        "ms" | "msec" => 1000,
        "s" => 1_000_000,
        "m" => 60_000_000,
        "h" => 3_600_000_000,
        "d" => 86_400_000_000u64,
        other => {
            return bad_hint(
                format!("`{other}` is not a unit of time"),
                "us, ms, s, m, h or d",
            );
        }
    };
    match n.checked_mul(us).and_then(|us| us.checked_mul(1000)) {
        Some(ns) => Ok(Ns(ns)),
        None => bad(format!("`{text}` is too long")),
    }
}

/// 0 or 1.
pub(super) fn flag(text: &str) -> Res<bool> {
    match text {
        "0" => Ok(false),
        "1" => Ok(true),
        _ => bad_hint(format!("`{text}` is not 0 or 1"), "0 or 1"),
    }
}

/// A decimal fraction.
pub(super) fn fraction(text: &str) -> Res<f64> {
    match text.parse::<f64>() {
        Ok(x) if x.is_finite() => Ok(x),
        _ => bad(format!("`{text}` is not a number")),
    }
}

/// Reads, writes and trims separated by commas: one for all, or the second for
/// writes and trims; an empty one leaves its direction as it is.
pub(super) fn by_direction<T: Clone>(
    text: &str,
    mut read: impl FnMut(&str) -> Res<T>,
) -> Res<PerDir<Option<T>>> {
    let mut one = |part: &str| -> Res<Option<T>> {
        match part.trim() {
            "" => Ok(None),
            part => read(part).map(Some),
        }
    };
    let parts: Vec<&str> = text.split(',').collect();
    match parts.as_slice() {
        [all] => {
            let all = one(all)?;
            Ok(PerDir([all.clone(), all.clone(), all]))
        }
        [r, w] => {
            let w = one(w)?;
            Ok(PerDir([one(r)?, w.clone(), w]))
        }
        [r, w, t] => Ok(PerDir([one(r)?, one(w)?, one(t)?])),
        _ => bad("more than three values: reads, writes, trims"),
    }
}

/// Numbers and ranges (`0,2-4`), ascending.
pub(super) fn cpu_list(text: &str) -> Res<Vec<u32>> {
    let one = |t: &str| match t.trim().parse::<u32>() {
        Ok(n) if n < 4096 => Ok(n),
        _ => bad_hint(format!("`{t}` is not a CPU"), "for example `0,2-4`"),
    };
    let mut cpus = Vec::new();
    for part in text.split(',').filter(|p| !p.trim().is_empty()) {
        match part.split_once('-') {
            Some((a, b)) => cpus.extend(one(a)?..=one(b)?),
            None => cpus.push(one(part)?),
        }
    }
    cpus.sort_unstable();
    cpus.dedup();
    if cpus.is_empty() {
        return bad("no CPU");
    }
    Ok(cpus)
}
