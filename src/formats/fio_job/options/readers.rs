//! Options whose values have a grammar of their own.

use super::super::draft::Draft;
use super::super::values::{self, Res, bad, bad_hint, not_modelled};
use crate::models::workload::fio::spec::{
    BsSplit, ContinueOnError, Dir, Distribution, Engine, Pattern, PerDir,
};

/// A log is written, whatever its name.
pub(super) fn log_name(d: &Draft, v: &str) -> Res<bool> {
    let _ = (d, v);
    Ok(true)
}

/// One of the words of an option.
pub(super) fn one_of<T: Copy>(v: &str, words: &[(&str, T)]) -> Res<T> {
    match words.iter().find(|(word, _)| *word == v) {
        Some((_, value)) => Ok(*value),
        None => {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            bad_hint(format!("`{v}` is not a value of it"), known.join(", "))
        }
    }
}

/// A size for each direction.
pub(super) fn by_dir(
    d: &mut Draft,
    v: &str,
    mut store: impl FnMut(&mut Draft, Dir, u64),
) -> Res<()> {
    let sizes: PerDir<Option<u64>> = values::by_direction(v, |t| values::size(t, d.kb_base))?;
    for dir in Dir::ALL {
        if let Some(n) = sizes[dir] {
            store(d, dir, n);
        }
    }
    Ok(())
}

pub(super) fn bsrange(d: &mut Draft, v: &str) -> Res<()> {
    let ranges = values::by_direction(v, |t| {
        let Some((a, b)) = t.split_once(['-', ':']) else {
            return bad_hint(format!("`{t}` is not a range"), "for example `1k-4k`");
        };
        let a = values::size(a.trim(), d.kb_base)?;
        let b = values::size(b.trim(), d.kb_base)?;
        Ok((a.min(b), a.max(b)))
    })?;
    for dir in Dir::ALL {
        if let Some(range) = ranges[dir] {
            d.range[dir] = Some(range);
            d.split[dir as usize] = Vec::new();
        }
    }
    Ok(())
}

/// `options.c:bssplit_ddir`: entries without a share divide the rest, then all
/// are sorted by share.
pub(super) fn bssplit(d: &mut Draft, v: &str) -> Res<()> {
    let splits = values::by_direction(v, |t| {
        let mut entries: Vec<(u64, Option<u32>)> = Vec::new();
        for entry in t.split(':').filter(|e| !e.is_empty()) {
            let (bs, share) = match entry.split_once('/') {
                Some((bs, share)) => (bs, Some(share.trim()).filter(|s| !s.is_empty())),
                None => (entry, None),
            };
            let share = match share.map(str::parse::<u32>) {
                None | Some(Ok(0)) => None,
                Some(Ok(share)) => Some(share.min(100)),
                Some(Err(_)) => return bad(format!("`{entry}` has no percentage after `/`")),
            };
            entries.push((values::size(bs.trim(), d.kb_base)?, share));
        }
        let given: u32 = entries.iter().filter_map(|e| e.1).sum();
        let open = entries.iter().filter(|e| e.1.is_none()).count() as u32;
        if given > 100 && open > 1 {
            return bad(format!("percentages add up to {given}"));
        }
        let rest = match (entries.len(), open) {
            // fio gives a single size without share nothing, and takes it all
            // the same.
            (1, 1) => 0,
            _ => 100u32.saturating_sub(given) / open.max(1),
        };
        let mut split: Vec<BsSplit> = entries
            .iter()
            .map(|(bs, share)| BsSplit {
                bs: *bs,
                percent: share.unwrap_or(rest),
            })
            .collect();
        split.sort_by_key(|e| e.percent);
        Ok(split)
    })?;
    for (dir, split) in Dir::ALL.into_iter().zip(splits.0) {
        let Some(split) = split else { continue };
        let sizes = || split.iter().map(|e| e.bs);
        if let (Some(min), Some(max)) = (sizes().min(), sizes().max()) {
            d.range[dir] = Some((min, max));
            d.split[dir as usize] = split;
        }
    }
    Ok(())
}

pub(super) fn rw(d: &mut Draft, v: &str) -> Res<()> {
    let (word, postfix) = match v.split_once(':') {
        Some((word, postfix)) => (word, Some(postfix.trim())),
        None => (v, None),
    };
    let pattern = |read, write, trim, random| Pattern {
        read,
        write,
        trim,
        random,
    };
    if ["trimwrite", "randtrimwrite"].contains(&word) {
        return not_modelled("read, write, trim and their random and mixed kinds are modelled");
    }
    let patterns = [
        ("read", pattern(true, false, false, false)),
        ("write", pattern(false, true, false, false)),
        ("trim", pattern(false, false, true, false)),
        ("randread", pattern(true, false, false, true)),
        ("randwrite", pattern(false, true, false, true)),
        ("randtrim", pattern(false, false, true, true)),
        ("rw", pattern(true, true, false, false)),
        ("readwrite", pattern(true, true, false, false)),
        ("randrw", pattern(true, true, false, true)),
    ];
    d.spec.pattern = one_of(word.trim_end(), &patterns)?;
    d.spec.seq_nr = 1;
    d.spec.seq_add = 0;
    match postfix {
        Some(n) if d.spec.pattern.random => {
            d.spec.seq_nr = values::int(n, d.kb_base, 1, u64::from(u32::MAX >> 1))? as u32;
        }
        Some(bytes) => d.spec.seq_add = values::signed_size(bytes, d.kb_base)?,
        None => {}
    }
    Ok(())
}

pub(super) fn ioengine(d: &mut Draft, v: &str) -> Res<()> {
    d.spec.engine = match v {
        "libaio" => Engine::Libaio,
        "io_uring" => Engine::IoUring,
        "psync" | "sync" | "pvsync" | "pvsync2" => Engine::Psync,
        _ => return not_modelled("libaio, io_uring, psync and sync are modelled"),
    };
    Ok(())
}

/// Names are separated by `:`, unless that is escaped.
pub(super) fn filename(d: &mut Draft, v: &str) -> Res<()> {
    let plain = v.replace("\\:", "\0");
    if plain.trim_end_matches(':').contains(':') {
        return not_modelled("one device a job");
    }
    d.spec.filename = Some(plain.trim_end_matches(':').replace('\0', ":"));
    Ok(())
}

pub(super) fn fadvise_hint(d: &mut Draft, v: &str) -> Res<()> {
    if ["random", "sequential"].contains(&v) {
        return not_modelled("0 or 1");
    }
    d.spec.fadvise = values::flag(v)?;
    Ok(())
}

pub(super) fn cpumask(d: &mut Draft, v: &str) -> Res<()> {
    let mask = values::size(v, 1024)?;
    d.spec.cpus_allowed = Some((0..64).filter(|cpu| mask >> cpu & 1 != 0).collect());
    Ok(())
}

pub(super) fn continue_on_error(d: &mut Draft, v: &str) -> Res<()> {
    let on = |read, write, verify| ContinueOnError {
        read,
        write,
        verify,
    };
    let words = [
        ("none", on(false, false, false)),
        ("read", on(true, false, false)),
        ("write", on(false, true, false)),
        ("io", on(true, true, false)),
        ("verify", on(false, false, true)),
        ("all", on(true, true, true)),
        ("0", on(false, false, false)),
        ("1", on(true, true, true)),
    ];
    d.spec.continue_on_error = one_of(v, &words)?;
    Ok(())
}

/// Read, write and verify errors, separated by commas; each list by colons.
pub(super) fn ignore_error(d: &mut Draft, v: &str) -> Res<()> {
    for (class, list) in v.split(',').enumerate() {
        let mut errors = Vec::new();
        for name in list.split(':').map(str::trim).filter(|n| !n.is_empty()) {
            errors.push(errno(name)?);
        }
        if errors.is_empty() {
            continue;
        }
        let on = &mut d.spec.continue_on_error;
        match class {
            0 => on.read = true,
            1 => on.write = true,
            2 => on.verify = true,
            _ => return bad("more than three lists: read, write and verify errors"),
        }
        d.spec.ignore_error[class] = errors;
    }
    Ok(())
}

/// The names that fio knows are the first 34, in order.
fn errno(name: &str) -> Res<i32> {
    const NAMES: [&str; 34] = [
        "EPERM", "ENOENT", "ESRCH", "EINTR", "EIO", "ENXIO", "E2BIG", "ENOEXEC", "EBADF", "ECHILD",
        "EAGAIN", "ENOMEM", "EACCES", "EFAULT", "ENOTBLK", "EBUSY", "EEXIST", "EXDEV", "ENODEV",
        "ENOTDIR", "EISDIR", "EINVAL", "ENFILE", "EMFILE", "ENOTTY", "ETXTBSY", "EFBIG", "ENOSPC",
        "ESPIPE", "EROFS", "EMLINK", "EPIPE", "EDOM", "ERANGE",
    ];
    if let Some(i) = NAMES.iter().position(|n| *n == name) {
        return Ok(i as i32 + 1);
    }
    match name.parse::<i32>() {
        Ok(n) if n != 0 && n != i32::MIN => Ok(n.abs()),
        _ => bad_hint(format!("`{name}` is not an error fio knows"), "its number"),
    }
}

pub(super) fn random_distribution(d: &mut Draft, v: &str) -> Res<()> {
    let mut parts = v.split(':');
    let word = parts.next().unwrap_or("");
    let value = parts.next().map(values::fraction).transpose()?;
    let center = parts.next().map(values::fraction).transpose()?;
    if center.is_some_and(|c| !(0.0..=1.0).contains(&c)) {
        return bad("the centre is not from 0 to 1");
    }
    d.spec.distribution = match word {
        "random" => Distribution::Uniform,
        "zipf" => match value.unwrap_or(1.1) {
            1.0 => return bad("theta must not be 1"),
            theta => Distribution::Zipf(theta, center),
        },
        "pareto" => match value.unwrap_or(0.2) {
            h if h > 0.0 && h < 1.0 => Distribution::Pareto(h, center),
            _ => return bad("the power is not between 0 and 1"),
        },
        "normal" | "gauss" => match value.unwrap_or(0.0) {
            dev if (0.0..100.0).contains(&dev) => Distribution::Normal(dev, center),
            _ => return bad("the deviation is not from 0 to below 100"),
        },
        _ => return not_modelled("random, zipf, pareto and normal are modelled"),
    };
    Ok(())
}
