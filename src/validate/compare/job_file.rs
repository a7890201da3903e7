//! The little that has to be known of a fio job to tell what decides its
//! counts.

use std::collections::BTreeMap;

/// The options of one section; those of `[global]` before it are in it.
pub type Section<'a> = BTreeMap<&'a str, &'a str>;

/// The sections of `text` but for `[global]`. An option without a value has
/// the value `1`.
pub fn sections(text: &str) -> Vec<Section<'_>> {
    let mut global = Section::new();
    let mut all: Vec<Section<'_>> = Vec::new();
    let mut in_global = false;
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            in_global = name == "global";
            if !in_global {
                all.push(global.clone());
            }
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or((line, "1"));
        let section = if in_global {
            &mut global
        } else {
            match all.last_mut() {
                Some(section) => section,
                None => continue,
            }
        };
        section.insert(key.trim(), value.trim());
    }
    all
}

/// A number of `section`, with fio's suffixes (k, m, g: powers of 1024);
/// `default` if it is not there, none if it is not a number.
pub fn number(section: &Section<'_>, key: &str, default: u64) -> Option<u64> {
    match section.get(key) {
        Some(text) => parse(text),
        None => Some(default),
    }
}

fn parse(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let shift = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}

/// The largest block a section does I/O in, bytes; fio's default is 4096.
pub fn largest_block(section: &Section<'_>) -> Option<u64> {
    match section.get("bssplit") {
        Some(split) => split
            .split([':', ','])
            .map(|part| parse(part.split('/').next().unwrap_or_default()))
            .collect::<Option<Vec<u64>>>()?
            .into_iter()
            .max(),
        None => {
            let bs = section.get("bs").or_else(|| section.get("blocksize"));
            bs.map_or(Some(4096), |text| {
                text.split(',').map(parse).max().flatten()
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_inherit_from_global() {
        let all = sections("[global]\nbs=8k\n# no\n[a]\nrw=read\n\n[b]\nbs=1m\nthread\n");
        assert_eq!(all.len(), 2);
        assert_eq!(all[0]["bs"], "8k");
        assert_eq!(all[1]["thread"], "1");
        assert_eq!(largest_block(&all[0]), Some(8192));
        assert_eq!(largest_block(&all[1]), Some(1 << 20));
    }

    #[test]
    fn numbers_and_splits() {
        let all = sections("[a]\niodepth=16\nsize=8192k\nodd=x\nbssplit=4k/50:64k/50\n");
        assert_eq!(number(&all[0], "iodepth", 1), Some(16));
        assert_eq!(number(&all[0], "size", 1), Some(8 << 20));
        assert_eq!(number(&all[0], "none", 7), Some(7));
        assert_eq!(number(&all[0], "odd", 7), None);
        assert_eq!(largest_block(&all[0]), Some(65536));
        assert_eq!(sections("x=1\n").len(), 0);
    }
}
