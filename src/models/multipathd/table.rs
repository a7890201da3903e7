//! The parameters of the table that the daemon loads
//! (`dmparser.c:assemble_map`).
//!
//! Each path has exactly one argument, so that what service-time and
//! io-affinity take beyond it cannot be set this way.

use std::fmt::Write;

use super::settings::Settings;
use super::values::RrWeight;

/// A path of the table.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct TablePath<'a> {
    /// Its device, as the table is to name it.
    pub dev: &'a str,
    /// Its priority, which its argument may be multiplied by.
    pub priority: i32,
}

/// What is written besides the settings.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct TableFacts {
    /// I/O waits without paths: `queue_if_no_path` is added.
    pub queue: bool,
    /// All paths support ALUA, so that the kernel has attached that handler.
    pub alua: bool,
    /// The target is older than 1.1.0 and takes `rr_min_io`.
    pub bio_based_target: bool,
}

/// What follows `multipath` in the table; `best` is the number of the group
/// tried first, from 1.
pub fn assemble(
    settings: &Settings,
    facts: TableFacts,
    groups: &[Vec<TablePath<'_>>],
    best: usize,
) -> String {
    let minio = if facts.bio_based_target {
        settings.rr_min_io
    } else {
        settings.rr_min_io_rq
    };
    let mut table = format!(
        "{} {} {} {}",
        features(&settings.features, facts.queue),
        hardware_handler(&settings.hardware_handler, facts.alua),
        groups.len(),
        if groups.is_empty() { 0 } else { best },
    );
    for group in groups {
        // Writing to a String cannot fail.
        let _ = write!(table, " {} {} 1", settings.path_selector, group.len());
        for path in group {
            let count = match settings.rr_weight {
                RrWeight::Priorities if path.priority > 0 => {
                    u64::from(minio) * u64::from(path.priority.unsigned_abs())
                }
                _ => u64::from(minio),
            };
            let _ = write!(table, " {} {count}", path.dev);
        }
    }
    table
}

/// The features with their count: those of the settings without the two that
/// have options of their own (`propsel.c:reconcile_features_with_options`),
/// and `queue_if_no_path` if I/O waits.
fn features(text: &str, queue: bool) -> String {
    let words = text
        .split_whitespace()
        .skip(1)
        .filter(|word| !matches!(*word, "queue_if_no_path" | "retain_attached_hw_handler"));
    with_count(words.chain(queue.then_some("queue_if_no_path")))
}

/// The handler with the count of its words: `alua` if all paths support it,
/// and not otherwise (`propsel.c:select_hwhandler`).
fn hardware_handler(text: &str, alua: bool) -> String {
    let words: Vec<&str> = text.split_whitespace().skip(1).collect();
    match (words.as_slice(), alua) {
        (_, true) => "1 alua".into(),
        (["alua"], false) => "0".into(),
        (words, false) => with_count(words.iter().copied()),
    }
}

fn with_count<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut words: Vec<&str> = words.collect();
    let count = words.len().to_string();
    words.insert(0, &count);
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: TableFacts = TableFacts {
        queue: false,
        alua: false,
        bio_based_target: false,
    };

    fn two<'a>() -> Vec<Vec<TablePath<'a>>> {
        let path = |dev, priority| TablePath { dev, priority };
        vec![
            vec![path("8:0", 50), path("8:16", 50)],
            vec![path("8:32", 10)],
        ]
    }

    #[test]
    fn one_argument_a_path() {
        assert_eq!(
            assemble(&Settings::default(), PLAIN, &two(), 1),
            "0 0 2 1 service-time 0 2 1 8:0 1 8:16 1 service-time 0 1 1 8:32 1"
        );
        assert_eq!(assemble(&Settings::default(), PLAIN, &[], 1), "0 0 0 0");
    }

    #[test]
    fn weights_and_old_targets() {
        let settings = Settings {
            rr_weight: RrWeight::Priorities,
            path_selector: "round-robin 0".into(),
            ..Settings::default()
        };
        let facts = TableFacts {
            bio_based_target: true,
            ..PLAIN
        };
        assert_eq!(
            assemble(&settings, facts, &two(), 2),
            "0 0 2 2 round-robin 0 2 1 8:0 50000 8:16 50000 round-robin 0 1 1 8:32 10000"
        );
    }

    #[test]
    fn queueing_comes_from_no_path_retry_only() {
        let text = "3 queue_if_no_path pg_init_retries 50";
        assert_eq!(features(text, false), "2 pg_init_retries 50");
        assert_eq!(
            features(text, true),
            "3 pg_init_retries 50 queue_if_no_path"
        );
        assert_eq!(features("", true), "1 queue_if_no_path");
    }

    #[test]
    fn alua_is_the_handler_exactly_where_it_is_supported() {
        assert_eq!(hardware_handler("0", true), "1 alua");
        assert_eq!(hardware_handler("1 alua", false), "0");
        assert_eq!(hardware_handler("1 rdac", false), "1 rdac");
        assert_eq!(hardware_handler("1 emc", true), "1 alua");
    }
}
