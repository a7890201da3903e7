//! The words of a multipath table line: enough of the grammar to find the
//! devices and to change the queue mode. What is valid is decided by the
//! target itself (`dm-mpath.c:multipath_ctr`, 6.1).

use std::ops::Range;

/// A word and its place in the table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableWord<'t> {
    /// The word.
    pub text: &'t str,
    /// Bytes of the table.
    pub span: Range<usize>,
}

/// Why a line is not understood.
#[derive(Clone, Debug, PartialEq)]
pub struct TableError {
    /// Bytes of the table.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub hint: String,
}

/// A priority group.
#[derive(Clone, Debug, Default)]
pub struct Group<'t> {
    /// Its selector.
    pub selector: Option<TableWord<'t>>,
    /// Its arguments.
    pub args: Vec<TableWord<'t>>,
    /// Its devices, in order.
    pub devices: Vec<TableWord<'t>>,
    /// Where its last word ends.
    pub end: usize,
}

/// A `multipath` line.
#[derive(Clone, Debug)]
pub struct Multipath<'t> {
    /// The count of features.
    pub feature_count: TableWord<'t>,
    /// The features.
    pub features: Vec<TableWord<'t>>,
    /// Priority groups, in order.
    pub groups: Vec<Group<'t>>,
}

/// One line of a table.
#[derive(Clone, Debug)]
pub enum Line<'t> {
    /// A multipath target.
    Multipath(Multipath<'t>),
    /// Another target; its words behind the target's name.
    Other {
        /// The target.
        target: TableWord<'t>,
        /// Its arguments.
        args: Vec<TableWord<'t>>,
    },
}

/// The lines of `table`; blank ones are skipped.
///
/// # Errors
/// The first word that does not fit the grammar.
pub fn lines(table: &str) -> Result<Vec<Line<'_>>, TableError> {
    let mut at = 0;
    let mut lines = Vec::new();
    for text in table.split_inclusive('\n') {
        let words = words(text, at);
        if !words.is_empty() {
            lines.push(line(words, at..at + text.trim_end().len())?);
        }
        at += text.len();
    }
    if lines.is_empty() {
        return Err(TableError {
            span: 0..table.len(),
            message: "the table is empty".into(),
            hint: "write for instance `0 2097152 multipath 0 0 1 1 round-robin 0 2 1 sda 1 sdb 1`"
                .into(),
        });
    }
    Ok(lines)
}

fn words(text: &str, base: usize) -> Vec<TableWord<'_>> {
    text.split_whitespace()
        .map(|word| {
            let start = base + (word.as_ptr() as usize - text.as_ptr() as usize);
            TableWord {
                text: word,
                span: start..start + word.len(),
            }
        })
        .collect()
}

fn line<'t>(words: Vec<TableWord<'t>>, span: Range<usize>) -> Result<Line<'t>, TableError> {
    let mut cursor = Cursor {
        words: words.into_iter(),
        end: span.end,
    };
    cursor.number("the first sector")?;
    cursor.number("the length in sectors")?;
    let target = cursor.word("the target")?;
    if target.text != "multipath" {
        return Ok(Line::Other {
            target,
            args: cursor.words.collect(),
        });
    }
    multipath(cursor).map(Line::Multipath)
}

fn multipath<'t>(mut cursor: Cursor<'t>) -> Result<Multipath<'t>, TableError> {
    let feature_count = cursor.word("the number of feature words")?;
    let features = cursor.many(
        count(&feature_count, "the number of feature words")?,
        "a feature",
    )?;
    let handler = cursor.number("the number of hardware handler words")?;
    cursor.many(handler, "a hardware handler word")?;
    let group_count = cursor.number("the number of priority groups")?;
    cursor.number("the first priority group")?;
    let mut groups = Vec::new();
    for _ in 0..group_count {
        groups.push(group(&mut cursor)?);
    }
    if let Some(extra) = cursor.words.next() {
        return Err(TableError {
            span: extra.span,
            message: format!("`{}` is one word too many", extra.text),
            hint: "the counts before (groups, paths, words a path) say that the table ends here"
                .into(),
        });
    }
    Ok(Multipath {
        feature_count,
        features,
        groups,
    })
}

fn group<'t>(cursor: &mut Cursor<'t>) -> Result<Group<'t>, TableError> {
    let selector = Some(cursor.word("the selector")?);
    let args = cursor.number("the number of selector words")?;
    let args = cursor.many(args, "a selector word")?;
    let paths = cursor.number("the number of paths")?;
    let per_path = cursor.word("the number of words a path")?;
    let mut end = per_path.span.end;
    let per_path = count(&per_path, "the number of words a path")?;
    let mut devices = Vec::new();
    for _ in 0..paths {
        devices.push(cursor.word("a device")?);
        let words = cursor.many(per_path, "a word of the path")?;
        let last = words.last().or(devices.last());
        end = last.map_or(end, |word| word.span.end);
    }
    Ok(Group {
        selector,
        args,
        devices,
        end,
    })
}

/// What is left of a line.
struct Cursor<'t> {
    words: std::vec::IntoIter<TableWord<'t>>,
    end: usize,
}

impl<'t> Cursor<'t> {
    fn word(&mut self, what: &str) -> Result<TableWord<'t>, TableError> {
        self.words.next().ok_or_else(|| TableError {
            span: self.end.saturating_sub(1)..self.end,
            message: format!("the line ends where {what} should stand"),
            hint: GRAMMAR.into(),
        })
    }
    fn number(&mut self, what: &str) -> Result<u64, TableError> {
        let word = self.word(what)?;
        count(&word, what)
    }
    fn many(&mut self, n: u64, what: &str) -> Result<Vec<TableWord<'t>>, TableError> {
        (0..n).map(|_| self.word(what)).collect()
    }
}

fn count(word: &TableWord<'_>, what: &str) -> Result<u64, TableError> {
    word.text.parse().map_err(|_| TableError {
        span: word.span.clone(),
        message: format!("`{}` stands where {what} should", word.text),
        hint: GRAMMAR.into(),
    })
}

const GRAMMAR: &str = "a multipath line is: start length multipath #features [feature…] #handler [word…] \
#groups first-group { selector #args [arg…] #paths #words-a-path { device [word…] }… }…";

/// `table` with the queue mode of every multipath line set to `mode`; `table`
/// itself where it is not understood.
pub fn with_queue_mode(table: &str, mode: &str) -> String {
    let mut out = table.to_owned();
    for line in lines(table).unwrap_or_default().into_iter().rev() {
        let Line::Multipath(multipath) = line else {
            continue;
        };
        let key = multipath
            .features
            .iter()
            .position(|word| word.text.eq_ignore_ascii_case("queue_mode"));
        match key.and_then(|key| multipath.features.get(key + 1)) {
            Some(value) => out.replace_range(value.span.clone(), mode),
            None => {
                let count = multipath.features.len() + 2;
                let text = format!("{count} queue_mode {mode}");
                out.replace_range(multipath.feature_count.span.clone(), &text);
            }
        }
    }
    out
}

/// `table` with the selector `name` and its arguments in every priority group,
/// and no words for the paths; `table` itself where it is not understood.
pub fn with_selector(table: &str, name: &str, args: &[&str]) -> String {
    let mut out = table.to_owned();
    for line in lines(table).unwrap_or_default().into_iter().rev() {
        let Line::Multipath(multipath) = line else {
            continue;
        };
        for group in multipath.groups.iter().rev() {
            let Some(selector) = &group.selector else {
                continue;
            };
            let mut text = format!("{name} {}", args.len());
            let devices = group.devices.iter().map(|word| word.text);
            let count = format!("{} 0", group.devices.len());
            for word in args.iter().copied().chain([count.as_str()]).chain(devices) {
                text.push(' ');
                text.push_str(word);
            }
            out.replace_range(selector.span.start..group.end, &text);
        }
    }
    out
}

/// The selector of the first group of the first multipath line, with its
/// arguments.
pub fn selector(table: &str) -> Option<String> {
    lines(table).ok()?.into_iter().find_map(|line| {
        let Line::Multipath(multipath) = line else {
            return None;
        };
        let group = multipath.groups.into_iter().next()?;
        let mut text = group.selector?.text.to_owned();
        for word in group.args {
            text.push(' ');
            text.push_str(word.text);
        }
        Some(text)
    })
}

/// `table` without the queue modes of its multipath lines: an old kernel has
/// none to choose from.
pub fn without_queue_mode(table: &str) -> String {
    let mut out = table.to_owned();
    for line in lines(table).unwrap_or_default().into_iter().rev() {
        let Line::Multipath(multipath) = line else {
            continue;
        };
        let is_key = |word: &TableWord<'_>| word.text.eq_ignore_ascii_case("queue_mode");
        let Some(key) = multipath.features.iter().position(is_key) else {
            continue;
        };
        let words = multipath.features.iter().enumerate();
        let kept = words.filter(|(i, _)| *i != key && *i != key + 1);
        let kept: Vec<&str> = kept.map(|(_, word)| word.text).collect();
        let end = multipath.features.last().map_or(0, |word| word.span.end);
        let text = format!("{} {}", kept.len(), kept.join(" "));
        out.replace_range(multipath.feature_count.span.start..end, text.trim_end());
    }
    out
}

/// The device that a word of a table or a file name means, without its folder.
pub fn device_name(word: &str) -> &str {
    word.strip_prefix("/dev/mapper/")
        .or_else(|| word.strip_prefix("/dev/"))
        .unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "0 2097152 multipath 2 queue_mode bio 0 1 1 round-robin 0 2 1 sda 1 sdb 1";

    #[test]
    fn the_queue_mode_is_replaced_or_added() {
        let mq = with_queue_mode(LINE, "mq");
        assert_eq!(mq, LINE.replace("bio", "mq"));
        let without = "0 8 multipath 1 queue_if_no_path 0 1 1 service-time 0 1 0 sda";
        assert_eq!(
            with_queue_mode(without, "bio"),
            "0 8 multipath 3 queue_mode bio queue_if_no_path 0 1 1 service-time 0 1 0 sda"
        );
        let linear = "0 8 linear sda 0\n";
        assert_eq!(with_queue_mode(linear, "bio"), linear);
    }

    #[test]
    fn the_selector_is_replaced_in_every_group() {
        let table =
            "0 8 multipath 0 0 2 1 round-robin 0 1 1 sda 1 service-time 0 2 2 sdb 1 9 sdc 1 1";
        assert_eq!(
            with_selector(table, "adaptive", &["shift=3"]),
            "0 8 multipath 0 0 2 1 adaptive 1 shift=3 1 0 sda adaptive 1 shift=3 2 0 sdb sdc"
        );
        assert_eq!(selector(table).as_deref(), Some("round-robin"));
        assert_eq!(
            with_selector("0 8 linear sda 0", "x", &[]),
            "0 8 linear sda 0"
        );
    }

    #[test]
    fn the_queue_mode_is_taken_out() {
        let without = LINE.replace("2 queue_mode bio", "0");
        assert_eq!(without_queue_mode(LINE), without);
        assert_eq!(without_queue_mode(&without), without);
        let more = LINE.replace("2 queue_mode bio", "3 queue_if_no_path queue_mode mq");
        let kept = LINE.replace("2 queue_mode bio", "1 queue_if_no_path");
        assert_eq!(without_queue_mode(&more), kept);
    }

    #[test]
    fn devices_are_found_in_every_group() {
        let table =
            "0 8 multipath 0 0 2 1 round-robin 0 1 1 sda 1 service-time 0 2 2 8:16 1 9 sdc 1 1";
        let found = lines(table).unwrap();
        let Line::Multipath(multipath) = &found[0] else {
            unreachable!()
        };
        let devices: Vec<Vec<_>> = multipath
            .groups
            .iter()
            .map(|group| group.devices.iter().map(|word| word.text).collect())
            .collect();
        assert_eq!(devices, [vec!["sda"], vec!["8:16", "sdc"]]);
    }

    #[test]
    fn an_error_names_the_word() {
        let error = lines("0 8 multipath 0 0 1 1 round-robin 0 two 1 sda 1").unwrap_err();
        assert_eq!(error.span, 36..39);
        assert!(error.message.contains("number of paths"));
        assert!(lines("0 8 multipath 0 0 1 1 round-robin 0 2 1 sda 1").is_err());
        assert!(lines("0 8 multipath 0 0 1 1 round-robin 0 1 1 sda 1 1").is_err());
        assert!(lines(" \n").is_err());
        assert!(lines("0 8 multipath 99999999999999999999").is_err());
    }
}
