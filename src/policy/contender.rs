//! What is compared: A and B, as they are named on the command line.

use std::path::{Path, PathBuf};

use super::PolicyError;
use crate::models::mpath::policy::Registry;
use crate::scenario::Mode;

/// One of two that are compared.
#[derive(Clone, Debug, PartialEq)]
pub enum Contender {
    /// A path selector, perhaps with arguments.
    Policy(String),
    /// A mode.
    Mode(Mode),
    /// A scenario file.
    Scenario(PathBuf),
    /// The folder of a finished sweep.
    Results(PathBuf),
    /// Another `mpathsim`.
    Build(PathBuf),
}

impl Contender {
    /// What `word` means: the folder of a sweep, a scenario file, a mode, a
    /// policy, or a program.
    ///
    /// # Errors
    /// It is none of these.
    pub fn new(word: &str, policies: &Registry) -> Result<Contender, PolicyError> {
        let path = Path::new(word);
        if path.is_dir() {
            return Ok(Contender::Results(path.to_owned()));
        }
        if word.ends_with(".toml") {
            return Ok(Contender::Scenario(path.to_owned()));
        }
        let modes = [Mode::Bio, Mode::Request, Mode::Single];
        if let Some(mode) = modes.into_iter().find(|mode| mode.name() == word) {
            return Ok(Contender::Mode(mode));
        }
        if policies.has(word.split_whitespace().next().unwrap_or("")) {
            return Ok(Contender::Policy(word.into()));
        }
        if path.is_file() {
            // A program is found by its path alone, wherever it is started.
            let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
            return Ok(Contender::Build(whole));
        }
        let known: Vec<&str> = policies.all_names().collect();
        Err(PolicyError::asked(
            format!("`{word}` is no policy, mode, scenario file, folder of results or program"),
            format!(
                "policies: {}; modes: bio, request, single",
                known.join(", ")
            ),
        ))
    }

    /// Of which kind it is: only two of one kind can be compared.
    pub fn kind(&self) -> &'static str {
        match self {
            Contender::Policy(_) => "policy",
            Contender::Mode(_) => "mode",
            Contender::Scenario(_) => "scenario",
            Contender::Results(_) => "folder of results",
            Contender::Build(_) => "build",
        }
    }
}

impl std::fmt::Display for Contender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Contender::Policy(name) => f.write_str(name),
            Contender::Mode(mode) => write!(f, "{} mode", mode.name()),
            Contender::Scenario(path) | Contender::Results(path) | Contender::Build(path) => {
                write!(f, "{}", path.display())
            }
        }
    }
}
