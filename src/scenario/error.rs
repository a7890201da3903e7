//! What is wrong with a scenario: where, and what would be right.

use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};

use super::reader_words::explain;
use crate::formats::nearest;

/// Everything that is wrong with a scenario.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum ScenarioError {
    /// The file cannot be read.
    #[error("cannot read {path}: {why}")]
    #[diagnostic(help("give the path of a scenario file; examples are in scenarios/"))]
    Unreadable {
        /// Its path.
        path: String,
        /// What the operating system says.
        why: std::io::Error,
    },
    /// An option `--set` is malformed.
    #[error("--set {option}: {message}")]
    #[diagnostic(help("{hint}"))]
    Option {
        /// The text of the option.
        option: String,
        /// What is wrong.
        message: String,
        /// What would be right.
        hint: String,
        /// Whether it is the key that is wrong, rather than the value.
        of_key: bool,
    },
    /// The text is not a scenario.
    #[error("{} in {name}", count(problems.len()))]
    Invalid {
        /// The name of the file.
        name: String,
        /// What is wrong, in order of appearance; at least one.
        #[related]
        problems: Vec<Problem>,
    },
}

fn count(problems: usize) -> String {
    match problems {
        1 => "1 error".into(),
        n => format!("{n} errors"),
    }
}

/// One thing that is wrong, and its place.
#[derive(Debug, Clone, thiserror::Error, Diagnostic)]
#[error("{}", self.shown())]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// What would be right.
    #[help]
    pub hint: Option<String>,
    /// The text that it was found in.
    #[source_code]
    text: NamedSource<Arc<str>>,
    /// Where in that text.
    span: SourceSpan,
    /// The same, unless the lines there are too long to be shown.
    #[label("here")]
    label: Option<SourceSpan>,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
}

impl Problem {
    /// What is wrong, after its place if that is not shown.
    fn shown(&self) -> String {
        match self.label {
            Some(_) => self.message.clone(),
            None => self.to_line(),
        }
    }
    /// In one line: `file:line:column: what`.
    pub(super) fn to_line(&self) -> String {
        let (name, line, column) = (self.text.name(), self.line, self.column);
        format!("{name}:{line}:{column}: {}", self.message)
    }
    /// Whether its place overlaps bytes `span` of the text.
    pub(super) fn touches(&self, span: &Range<usize>) -> bool {
        let start = self.span.offset();
        start < span.end && span.start < start + self.span.len().max(1)
    }
}

/// Bytes of a line that is shown, at most.
const READABLE: usize = 4096;

/// A text and its name, in which problems are found.
#[derive(Clone, Debug)]
pub struct Source {
    /// How the text is called in messages.
    pub name: String,
    /// The text.
    pub text: Arc<str>,
}

impl Source {
    /// A text under a name.
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>) -> Source {
        Source {
            name: name.into(),
            text: text.into(),
        }
    }

    /// A problem at `span` of this text.
    pub fn problem(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        hint: impl Into<Option<String>>,
    ) -> Problem {
        let start = span.start.min(self.text.len());
        let end = span.end.clamp(start, self.text.len());
        let before = self.text.get(..start).unwrap_or("");
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let span = SourceSpan::from(start..end);
        Problem {
            message: message.into(),
            hint: hint.into(),
            text: NamedSource::new(&self.name, Arc::clone(&self.text)).with_language("toml"),
            span,
            label: self.is_readable(start, end).then_some(span),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    /// Whether the lines of bytes `start` to `end`, and one around them, can be
    /// read, and drawn: lists that programs write are no such lines, and miette
    /// panics beyond column 65535.
    fn is_readable(&self, start: usize, end: usize) -> bool {
        let before = self.text.get(..start).unwrap_or("").rmatch_indices('\n');
        let after = self.text.get(end..).unwrap_or("").match_indices('\n');
        let from = before.map(|(at, _)| at).nth(1).unwrap_or(0);
        let to = after.map(|(at, _)| end + at).nth(1);
        let lines = self.text.get(from..to.unwrap_or(self.text.len()));
        let mut lines = lines.unwrap_or("").lines();
        lines.all(|line| line.len() <= READABLE)
    }

    /// The problem that a TOML reader found.
    pub fn toml_problem(&self, error: &toml::de::Error) -> Problem {
        let span = error.span().unwrap_or(0..0);
        let written = self.text.get(span.clone()).unwrap_or("");
        let (message, hint) = explain(error.message(), written);
        self.problem(span, message, hint)
    }

    /// The bytes of this file that hold bytes `part` of the string value
    /// `value`, which was read from `span`; all of `span` if the string is
    /// written with escapes.
    pub(super) fn within(
        &self,
        span: &Range<usize>,
        value: &str,
        part: Range<usize>,
    ) -> Range<usize> {
        let written = self.text.get(span.clone()).unwrap_or("");
        match written.find(value) {
            Some(at) if !value.is_empty() => {
                let base = span.start + at;
                base + part.start..base + part.end
            }
            _ => span.clone(),
        }
    }
}

/// A hint that names the nearest of the known words, and all of them.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    if known.is_empty() {
        return "nothing is known here".into();
    }
    let list = known.join(", ");
    match nearest::nearest(word, known) {
        Some(near) => format!("{} Known here: {list}", nearest::did_you_mean(&near)),
        None => format!("known here: {list}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_knows_its_line_and_column_in_characters() {
        let source = Source::new("s", "eins\nzwölf = 1\n");
        let at = source.text.find('=').unwrap();
        let problem = source.problem(at..at + 1, "m", None);
        assert_eq!((problem.line, problem.column), (2, 7));
    }

    #[test]
    fn the_nearest_word_is_named() {
        let hint = did_you_mean("selectr", ["paths", "selector"].into_iter());
        assert!(hint.starts_with("did you mean `selector`?"), "{hint}");
        let hint = did_you_mean("zzzzzzzz", ["paths", "selector"].into_iter());
        assert_eq!(hint, "known here: paths, selector");
    }

    #[test]
    fn a_place_within_a_string_is_found_in_the_file() {
        let source = Source::new("s", "table = \"0 8 linear\"");
        assert_eq!(source.within(&(8..20), "0 8 linear", 4..10), 13..19);
    }
}
