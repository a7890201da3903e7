//! Sections and `option=value` lines with their places.

use super::error::{At, JobError};

/// A section.
#[derive(Clone, Debug)]
pub(super) struct Section<'a> {
    pub name: &'a str,
    pub at: At,
    pub lines: Vec<Line<'a>>,
}

/// An option line.
#[derive(Copy, Clone, Debug)]
pub(super) struct Line<'a> {
    pub name: &'a str,
    pub value: Option<&'a str>,
    /// The option.
    pub at: At,
    /// Its value.
    pub value_at: At,
}

/// The sections of a file, in order.
pub(super) fn sections(text: &str) -> Result<Vec<Section<'_>>, JobError> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    let place = |part: &str, number: usize, line: &str| {
        let offset = part.as_ptr() as usize - text.as_ptr() as usize;
        let start = line.as_ptr() as usize - text.as_ptr() as usize;
        At {
            line: number,
            column: offset - start + 1,
            offset,
            len: part.len(),
        }
    };
    for (i, line) in text.lines().enumerate() {
        let content = without_comment(line).trim();
        if content.is_empty() {
            continue;
        }
        let at = place(content, i + 1, line);
        if let Some(rest) = content.strip_prefix('[') {
            let name = rest
                .strip_suffix(']')
                .filter(|n| !n.is_empty())
                .ok_or(JobError::BadSection { at })?;
            sections.push(Section {
                name,
                at,
                lines: Vec::new(),
            });
            continue;
        }
        let (name, value) = match content.split_once('=') {
            Some((name, value)) => (name.trim_end(), Some(value.trim_start())),
            None => (content, None),
        };
        let Some(section) = sections.last_mut() else {
            return Err(JobError::OutsideSection {
                at,
                option: name.to_owned(),
            });
        };
        section.lines.push(Line {
            name,
            value,
            at: place(name, i + 1, line),
            value_at: place(value.unwrap_or(name), i + 1, line),
        });
    }
    Ok(sections)
}

/// A line up to the first `;` or `#`, wherever that stands.
fn without_comment(line: &str) -> &str {
    line.split([';', '#']).next().unwrap_or(line)
}
