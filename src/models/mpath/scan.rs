//! Reading the words of a table line as the kernel reads them.

use super::errno::Errno;

/// Why a target's constructor refused its arguments (`ti->error` and the
/// return value).
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{text} (-{})", errno.name())]
pub struct CtrError {
    /// The kernel's text.
    pub text: String,
    /// The error number.
    pub errno: Errno,
}

impl CtrError {
    /// `text` with `EINVAL`.
    pub fn invalid(text: impl Into<String>) -> Self {
        CtrError {
            text: text.into(),
            errno: Errno::Einval,
        }
    }
    /// `text` with `errno`.
    pub fn new(text: impl Into<String>, errno: Errno) -> Self {
        CtrError {
            text: text.into(),
            errno,
        }
    }
}

/// A decimal number and nothing else; like the kernel's `sscanf` it keeps the
/// low 64 bits of what is too large and knows no sign.
pub fn scan_u64(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(text.bytes().fold(0u64, |n, b| {
        n.wrapping_mul(10).wrapping_add(u64::from(b - b'0'))
    }))
}

/// As [`scan_u64`], keeping the low 32 bits (`%u`).
pub fn scan_u32(text: &str) -> Option<u32> {
    scan_u64(text).map(|n| n as u32)
}

/// `major:minor` (`%u:%u`).
pub fn scan_devno(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once(':')?;
    Some((scan_u32(major)?, scan_u32(minor)?))
}

/// Splits target parameters into words; a backslash makes the next character
/// part of a word (`dm-table.c:dm_split_args`, 6.1).
pub fn split_args(params: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = params.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_ascii_whitespace() {
            words.extend(word.take());
            continue;
        }
        let literal = match chars.peek() {
            Some(_) if c == '\\' => chars.next().unwrap_or(c),
            _ => c,
        };
        word.get_or_insert_default().push(literal);
    }
    words.extend(word);
    words
}

/// The words not yet read (`struct dm_arg_set`).
#[derive(Copy, Clone, Debug)]
pub struct ArgSet<'a> {
    words: &'a [&'a str],
}

impl<'a> ArgSet<'a> {
    /// All of `words`.
    pub fn new(words: &'a [&'a str]) -> Self {
        ArgSet { words }
    }
    /// How many words are left.
    pub fn len(&self) -> usize {
        self.words.len()
    }
    /// Whether none is left.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
    /// The next word (`dm_shift_arg`).
    pub fn shift(&mut self) -> Option<&'a str> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }
    /// All words left.
    pub fn rest(&self) -> &'a [&'a str] {
        self.words
    }
    /// The next `n` words, or as many as there are.
    pub fn take(&mut self, n: usize) -> &'a [&'a str] {
        let (taken, rest) = self.words.split_at(n.min(self.words.len()));
        self.words = rest;
        taken
    }
    /// A number within `range` (`dm_read_arg`).
    ///
    /// # Errors
    /// `text` if the word is absent, not a number, or out of range.
    pub fn read(
        &mut self,
        range: std::ops::RangeInclusive<u32>,
        text: &str,
    ) -> Result<u32, CtrError> {
        self.shift()
            .and_then(scan_u32)
            .filter(|n| range.contains(n))
            .ok_or_else(|| CtrError::invalid(text))
    }
    /// A count of words that must follow (`dm_read_arg_group`).
    ///
    /// # Errors
    /// As [`ArgSet::read`], and if fewer words are left than counted.
    pub fn read_group(&mut self, max: u32, text: &str) -> Result<usize, CtrError> {
        let n = self.read(0..=max, text)? as usize;
        if self.len() < n {
            return Err(CtrError::invalid(text));
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_the_kernel_reads_them() {
        assert_eq!(scan_u32("4294967297"), Some(1));
        for bad in ["", "-1", "+1", "1x", " 1", "0x1"] {
            assert_eq!(scan_u32(bad), None, "{bad:?}");
        }
        assert_eq!(scan_devno("253:0"), Some((253, 0)));
        assert_eq!(scan_devno("253:0:1"), None);
        assert_eq!(scan_devno("/dev/sda"), None);
    }

    #[test]
    fn words_are_split_at_blanks_unless_quoted() {
        assert_eq!(split_args("  a b\\ c\td "), ["a", "b c", "d"]);
        assert_eq!(split_args("a\\"), ["a\\"]);
        assert!(split_args(" ").is_empty());
    }
}
