//! The words of a line (`parser.c:alloc_strvec`).

use super::error::{At, ConfError};

/// What a line is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// `{`
    Open,
    /// `}`
    Close,
    /// A word without quotes.
    Word(String),
    /// A quoted text, without its quotes.
    Quoted(String),
}

impl Token {
    pub fn text(&self) -> &str {
        match self {
            Token::Open => "{",
            Token::Close => "}",
            Token::Word(text) | Token::Quoted(text) => text,
        }
    }
}

/// A place in a line of the file.
#[derive(Copy, Clone, Debug)]
pub(super) struct LineStart {
    /// From 1.
    pub number: usize,
    /// Bytes before it in the file.
    pub offset: usize,
}

impl LineStart {
    fn at(self, range: std::ops::Range<usize>) -> At {
        At {
            line: self.number,
            column: range.start + 1,
            offset: self.offset + range.start,
            len: range.len(),
        }
    }
}

/// The tokens of one line, up to a `#` or `!` outside of quotes.
pub(super) fn tokens(line: &str, start: LineStart) -> Result<Vec<(Token, At)>, ConfError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = line.get(at..).and_then(|rest| rest.chars().next()) {
        let (token, end) = match c {
            '#' | '!' => break,
            c if c.is_ascii_whitespace() || c == '\u{b}' => {
                at += 1;
                continue;
            }
            '{' => (Token::Open, at + 1),
            '}' => (Token::Close, at + 1),
            '"' => quoted(line, at, start)?,
            c if is_word(c) => word(line, at),
            character => {
                return Err(ConfError::BadCharacter {
                    at: start.at(at..at + character.len_utf8()),
                    character,
                });
            }
        };
        tokens.push((token, start.at(at..end)));
        at = end;
    }
    Ok(tokens)
}

fn is_word(c: char) -> bool {
    c.is_ascii_graphic() && !matches!(c, '"' | '{' | '}' | '#' | '!')
}

/// The word that begins at `at`, and where it ends.
fn word(line: &str, at: usize) -> (Token, usize) {
    let rest = &line[at..];
    let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    (Token::Word(rest[..end].to_owned()), at + end)
}

/// The text whose opening quote is at `at`, and where its closing quote ends;
/// two quotes stand for one.
fn quoted(line: &str, at: usize, start: LineStart) -> Result<(Token, usize), ConfError> {
    let mut text = String::new();
    let mut from = at + 1;
    loop {
        let Some(quote) = line[from..].find('"') else {
            return Err(ConfError::UnclosedQuote {
                at: start.at(at..line.len()),
            });
        };
        text.push_str(&line[from..from + quote]);
        from += quote + 1;
        if !line[from..].starts_with('"') {
            return Ok((Token::Quoted(text), from));
        }
        text.push('"');
        from += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<String> {
        let start = LineStart {
            number: 1,
            offset: 0,
        };
        let tokens = tokens(line, start).unwrap();
        tokens.iter().map(|(t, _)| t.text().to_owned()).collect()
    }

    #[test]
    fn words_quotes_and_comments() {
        assert_eq!(texts("\t a b{c}#d"), ["a", "b", "{", "c", "}"]);
        assert_eq!(texts("a \"b # c\" ! d"), ["a", "b # c"]);
        assert_eq!(texts("a \"\""), ["a", ""]);
        assert_eq!(texts("a \"x \"\"y\"\"\""), ["a", "x \"y\""]);
        assert_eq!(texts("a \"\"\"x\""), ["a", "\"x"]);
        assert_eq!(texts("a\"b\"c"), ["a", "b", "c"]);
        assert_eq!(texts("a \"é\""), ["a", "é"]);
        assert_eq!(texts("# é"), [""; 0]);
    }

    #[test]
    fn what_is_no_token() {
        let start = LineStart {
            number: 7,
            offset: 100,
        };
        let error = tokens("alias é", start).unwrap_err();
        assert_eq!(error.to_string(), "line 7, column 7: `é` outside of quotes");
        assert_eq!(error.at().offset, 106);
        let error = tokens("alias \"é", start).unwrap_err();
        assert_eq!((error.at().column, error.at().len), (7, 3));
    }
}
