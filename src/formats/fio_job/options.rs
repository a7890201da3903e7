//! What each option does to a section.

mod apply;
mod names;
mod readers;

use super::draft::Draft;
use super::error::{JobError, Warning};
use super::lines::Line;
use super::values::Bad;
use crate::formats::nearest::nearest;

/// Applies one line.
pub(super) fn apply(
    line: &Line<'_>,
    draft: &mut Draft,
    warnings: &mut Vec<Warning>,
) -> Result<(), JobError> {
    let option = || line.name.to_owned();
    let not_modelled = |hint: Option<String>| JobError::NotModelled {
        at: line.at,
        option: option(),
        value: line.value.map(str::to_owned),
        hint,
    };
    if line.name.starts_with("include ") || line.name == "include" {
        return Err(not_modelled(Some("insert the included file".into())));
    }
    if line.value.is_some_and(|v| v.contains('$')) {
        return Err(not_modelled(Some("write the value itself".into())));
    }
    let name = names::canonical(line.name);
    if let Some(set) = apply::find(name) {
        let text = value(line, set)?;
        warn_of_units(line, draft, warnings);
        return (set.apply)(draft, text).map_err(|bad| match bad {
            Bad {
                not_modelled: true,
                hint,
                ..
            } => not_modelled(hint),
            Bad { why, hint, .. } => JobError::BadValue {
                at: line.value_at,
                option: option(),
                why,
                hint,
            },
        });
    }
    if names::HARMLESS.contains(&name) {
        return Ok(());
    }
    match names::NOT_MODELLED.iter().find(|(n, _)| *n == name) {
        Some((_, neutral)) if line.value.is_some_and(|v| neutral.contains(&v)) => Ok(()),
        Some(_) => Err(not_modelled(None)),
        None => Err(JobError::UnknownOption {
            at: line.at,
            option: option(),
            nearest: nearest_option(line.name),
        }),
    }
}

/// The value, or what a bare flag stands for.
fn value<'a>(line: &Line<'a>, set: &apply::Setter) -> Result<&'a str, JobError> {
    match line.value {
        Some(text) if !text.is_empty() => Ok(text),
        None if set.bare => Ok("1"),
        _ => Err(JobError::NoValue {
            at: line.at,
            option: line.name.to_owned(),
        }),
    }
}

/// fio's `KiB` is 1000 bytes unless `kb_base` is 1000.
fn warn_of_units(line: &Line<'_>, draft: &Draft, warnings: &mut Vec<Warning>) {
    let text = line.value.unwrap_or("").to_ascii_lowercase();
    let named = ["kib", "mib", "gib", "tib", "pib"];
    if draft.kb_base == 1024
        && text.starts_with(|c: char| c.is_ascii_digit())
        && named.iter().any(|u| text.contains(u))
    {
        warnings.push(Warning {
            at: line.value_at,
            message: "fio takes KiB, MiB, … for powers of 1000 unless kb_base=1000; write k, m, …"
                .into(),
        });
    }
}

/// The known option whose name is nearest, if it is near at all.
fn nearest_option(name: &str) -> Option<String> {
    let known = apply::names()
        .chain(names::HARMLESS.iter().copied())
        .chain(names::NOT_MODELLED.iter().map(|(n, _)| *n))
        .chain(names::ALIASES.iter().map(|(alias, _)| *alias));
    nearest(name, known)
}
