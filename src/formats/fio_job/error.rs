//! Where and why a job file is not accepted.

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

/// Why a job file is not accepted.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JobError {
    /// There is no job in it.
    #[error("no job section")]
    NoJob,
    /// A line before the first section.
    #[error("{at}: option `{option}` outside of a [section]")]
    OutsideSection {
        /// Where.
        at: At,
        /// The option.
        option: String,
    },
    /// A section's name is not closed or empty.
    #[error("{at}: a section reads `[name]`")]
    BadSection {
        /// Where.
        at: At,
    },
    /// fio 3.33 has no such option.
    #[error("{at}: unknown option `{option}`")]
    UnknownOption {
        /// Where.
        at: At,
        /// The option.
        option: String,
        /// A known option of nearly that name.
        nearest: Option<String>,
    },
    /// The option exists, but what it does is not modelled.
    #[error("{at}: `{option}` is not modelled{}", .value.as_ref().map(|v| format!(" with value `{v}`")).unwrap_or_default())]
    NotModelled {
        /// Where.
        at: At,
        /// The option.
        option: String,
        /// Its value.
        value: Option<String>,
        /// What to do instead.
        hint: Option<String>,
    },
    /// The option has no value, and needs one.
    #[error("{at}: option `{option}` needs a value")]
    NoValue {
        /// Where.
        at: At,
        /// The option.
        option: String,
    },
    /// The value is not one of this option.
    #[error("{at}: `{option}`: {why}")]
    BadValue {
        /// Where: the value.
        at: At,
        /// The option.
        option: String,
        /// What is wrong.
        why: String,
        /// What it could be.
        hint: Option<String>,
    },
    /// Options that exclude each other, seen for a whole section.
    #[error("{at}: section [{section}]: {why}")]
    Conflict {
        /// Where: the section.
        at: At,
        /// Its name.
        section: String,
        /// What is wrong.
        why: String,
    },
}

impl JobError {
    /// Where; none if it is the whole file.
    pub fn at(&self) -> Option<At> {
        match self {
            JobError::NoJob => None,
            JobError::OutsideSection { at, .. }
            | JobError::BadSection { at }
            | JobError::UnknownOption { at, .. }
            | JobError::NotModelled { at, .. }
            | JobError::NoValue { at, .. }
            | JobError::BadValue { at, .. }
            | JobError::Conflict { at, .. } => Some(*at),
        }
    }

    /// What could help.
    pub fn hint(&self) -> Option<String> {
        match self {
            JobError::NoJob => Some("a job file has at least one section: `[name]`".into()),
            JobError::OutsideSection { .. } => {
                Some("options of all jobs go to a section `[global]`".into())
            }
            JobError::UnknownOption { nearest, .. } => nearest.as_deref().map(did_you_mean),
            JobError::NotModelled { hint, .. } | JobError::BadValue { hint, .. } => hint.clone(),
            JobError::NoValue { option, .. } => Some(format!("write `{option}=…`")),
            JobError::BadSection { .. } | JobError::Conflict { .. } => None,
        }
    }

    /// Whether it is about something that fio may know, or that a newer fio
    /// may know.
    pub(super) fn is_unsupported(&self) -> bool {
        matches!(
            self,
            JobError::UnknownOption { .. } | JobError::NotModelled { .. }
        )
    }

    /// The message without its place.
    pub(super) fn what(&self) -> String {
        match self {
            JobError::UnknownOption { option, .. } => format!("unknown option `{option}`"),
            JobError::NotModelled { option, .. } => format!("`{option}` is not modelled"),
            other => other.to_string(),
        }
    }
}
