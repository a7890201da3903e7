//! Where and why a configuration is not accepted.

use crate::formats::nearest::did_you_mean;

/// A place in the file.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct At {
    /// From 1.
    pub line: usize,
    /// From 1, in bytes.
    pub column: usize,
    /// Bytes from the start of the file.
    pub offset: usize,
    /// Bytes.
    pub len: usize,
}

impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Something that is accepted, but may not be as the author expects.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Warning {
    /// Where.
    pub at: At,
    /// What.
    pub message: String,
}

/// Why a configuration is not accepted.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfError {
    /// A quoted value does not end in its line.
    #[error("{at}: the quote is not closed")]
    UnclosedQuote {
        /// Where: the quote.
        at: At,
    },
    /// A character that only a quoted value can have.
    #[error("{at}: `{character}` outside of quotes")]
    BadCharacter {
        /// Where.
        at: At,
        /// The character.
        character: char,
    },
    /// `{` without a name before it.
    #[error("{at}: a block without a name")]
    NamelessBlock {
        /// Where.
        at: At,
    },
    /// `}` without a block.
    #[error("{at}: `}}` closes nothing")]
    UnmatchedBrace {
        /// Where.
        at: At,
    },
    /// The file ends inside a block.
    #[error("{at}: block `{name}` is not closed")]
    UnclosedBlock {
        /// Where: its name.
        at: At,
        /// Its name.
        name: String,
    },
    /// Something follows where a line should end.
    #[error("{at}: unexpected `{word}`")]
    ExtraWord {
        /// Where.
        at: At,
        /// What follows.
        word: String,
        /// What could help.
        hint: &'static str,
    },
    /// An option outside of a section.
    #[error("{at}: option `{option}` outside of a section")]
    OutsideSection {
        /// Where.
        at: At,
        /// The option.
        option: String,
    },
    /// No section or block of that name belongs here.
    #[error("{at}: unknown section `{name}`")]
    UnknownSection {
        /// Where.
        at: At,
        /// Its name.
        name: String,
        /// A known one of nearly that name.
        nearest: Option<String>,
    },
    /// No option of that name exists.
    #[error("{at}: unknown option `{option}`")]
    UnknownOption {
        /// Where.
        at: At,
        /// The option.
        option: String,
        /// A known one of nearly that name.
        nearest: Option<String>,
    },
    /// The option exists, but not in this section.
    #[error("{at}: `{option}` is not an option of section `{section}`")]
    WrongSection {
        /// Where.
        at: At,
        /// The option.
        option: String,
        /// The section it is in.
        section: String,
        /// A section that it could be in.
        belongs: String,
    },
    /// The option has no value.
    #[error("{at}: option `{option}` needs a value")]
    NoValue {
        /// Where.
        at: At,
        /// The option.
        option: String,
    },
    /// The value is not one of this option.
    #[error("{at}: `{option}`: `{value}` is not {expected}")]
    BadValue {
        /// Where: the value.
        at: At,
        /// The option.
        option: String,
        /// Its value.
        value: String,
        /// What it could be.
        expected: Box<str>,
        /// A right value of nearly that name.
        nearest: Option<String>,
    },
    /// An entry lacks what tells which devices it is for.
    #[error("{at}: `{block}` without `{option}`")]
    Incomplete {
        /// Where: the block.
        at: At,
        /// The block.
        block: String,
        /// What it lacks.
        option: &'static str,
    },
}

impl ConfError {
    /// Where.
    pub fn at(&self) -> At {
        match self {
            ConfError::UnclosedQuote { at }
            | ConfError::BadCharacter { at, .. }
            | ConfError::NamelessBlock { at }
            | ConfError::UnmatchedBrace { at }
            | ConfError::UnclosedBlock { at, .. }
            | ConfError::ExtraWord { at, .. }
            | ConfError::OutsideSection { at, .. }
            | ConfError::UnknownSection { at, .. }
            | ConfError::UnknownOption { at, .. }
            | ConfError::WrongSection { at, .. }
            | ConfError::NoValue { at, .. }
            | ConfError::BadValue { at, .. }
            | ConfError::Incomplete { at, .. } => *at,
        }
    }

    /// What could help.
    pub fn hint(&self) -> Option<String> {
        match self {
            ConfError::UnclosedQuote { .. } => {
                Some("a value ends in its line; a quote in it is written twice".into())
            }
            ConfError::BadCharacter { .. } => Some("put the value in double quotes".into()),
            ConfError::NamelessBlock { .. } => Some("write `name {` in one line".into()),
            ConfError::UnmatchedBrace { .. } => None,
            ConfError::UnclosedBlock { .. } => Some("close it with `}` in a line".into()),
            ConfError::ExtraWord { hint, .. } => Some((*hint).into()),
            ConfError::OutsideSection { .. } => {
                Some("options of all maps go to a section `defaults {`".into())
            }
            ConfError::UnknownSection { nearest, .. }
            | ConfError::UnknownOption { nearest, .. }
            | ConfError::BadValue { nearest, .. } => nearest.as_deref().map(did_you_mean),
            ConfError::WrongSection { belongs, .. } => {
                Some(format!("it is an option of section `{belongs}`"))
            }
            ConfError::NoValue { option, .. } => Some(format!("write `{option} \"…\"`")),
            ConfError::Incomplete { option, .. } => Some(format!("add `{option} \"…\"`")),
        }
    }
}
