//! Whose a folder of results is: what is there is not replaced unasked.

use std::io;
use std::path::Path;

use miette::Diagnostic;
use serde::Deserialize;

/// Results, as they tell of themselves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Results {
    /// Name and version of their format: `mpathsim-summary/1`.
    pub format: String,
    /// What they are of.
    pub name: String,
}

/// What a folder holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Holds {
    /// Nothing, or there is no folder.
    Nothing,
    /// Results.
    Results(Results),
    /// A file that is not of mpathsim's results, and no results: its name.
    Other(String),
}

/// Why results are not written to a folder.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{folder} {what}")]
#[diagnostic(help("{hint}"))]
pub struct Refused {
    /// The folder.
    pub folder: String,
    /// What it holds.
    pub what: String,
    /// What can be done.
    pub hint: String,
}

/// Files that tell what a folder holds.
const MANIFESTS: [&str; 2] = ["summary.json", "sweep.json"];

/// What is always possible.
pub const ELSEWHERE: &str = "--out FOLDER writes elsewhere; nothing was changed";

impl Results {
    /// What they are, in words: a run, and its name.
    pub fn what(&self) -> String {
        let name = &self.name;
        match self.kind() {
            "mpathsim-summary" => format!("a run, `{name}`"),
            "mpathsim-sweep" => format!("a sweep, `{name}`"),
            "mpathsim-tournament" => "a tournament".into(),
            "mpathsim-comparison" => "a comparison".into(),
            _ => format!("results in the format `{}`", self.format),
        }
    }

    /// Their format without its version.
    fn kind(&self) -> &str {
        self.format.split('/').next().unwrap_or_default()
    }
}

/// Whether the results `own` may be written to `folder`. Nothing is written.
///
/// They may where there is nothing, and where there are results of the same
/// format that `may_replace`.
///
/// # Errors
/// It holds something else.
pub fn claim(
    folder: &Path,
    own: &Results,
    may_replace: impl Fn(&Results) -> bool,
) -> Result<(), Refused> {
    let refused = |what: String, hint: &str| Refused {
        folder: folder.display().to_string(),
        what,
        hint: hint.into(),
    };
    if let Some(what) = obstacle(folder) {
        return Err(refused(what, ELSEWHERE));
    }
    let held = holds(folder).map_err(|why| refused(format!("cannot be read: {why}"), ELSEWHERE))?;
    match held {
        Holds::Nothing => Ok(()),
        Holds::Other(file) => Err(refused(
            format!("holds files that are not mpathsim's results: {file}"),
            ELSEWHERE,
        )),
        Holds::Results(found) if found.kind() != own.kind() => {
            Err(refused(format!("holds {}", found.what()), ELSEWHERE))
        }
        Holds::Results(found) if may_replace(&found) => Ok(()),
        Holds::Results(found) => Err(refused(
            format!("holds {}", found.what()),
            "--overwrite replaces it, --out FOLDER writes elsewhere; nothing was changed",
        )),
    }
}

/// What `folder` holds. What a command that was killed has left half written is
/// nothing.
///
/// # Errors
/// It cannot be read.
pub fn holds(folder: &Path) -> io::Result<Holds> {
    for name in MANIFESTS {
        match std::fs::read_to_string(folder.join(name)) {
            Ok(text) => {
                return Ok(match results(&text) {
                    Some(results) => Holds::Results(results),
                    None => Holds::Other(name.into()),
                });
            }
            Err(why) if is_absent(&why) => {}
            Err(why) => return Err(why),
        }
    }
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(why) if is_absent(&why) => return Ok(Holds::Nothing),
        Err(why) => return Err(why),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    let other = names.into_iter().find(|name| !is_ours_to_lose(name));
    Ok(other.map_or(Holds::Nothing, Holds::Other))
}

/// What is in the way of a folder at `path`: a file.
pub fn obstacle(path: &Path) -> Option<String> {
    let there = path.ancestors().find(|above| above.exists())?;
    match there.is_dir() {
        true => None,
        false if there == path => Some("is a file, not a folder".into()),
        false => Some(format!("cannot be made: {} is a file", there.display())),
    }
}

/// Whether this says that there is no such file.
pub fn is_absent(why: &io::Error) -> bool {
    let kinds = [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory];
    kinds.contains(&why.kind())
}

/// Whether a file is a lock, or what is written beside its place (see
/// [`super::write`]): `.points.csv.4711`.
fn is_ours_to_lose(name: &str) -> bool {
    name == ".lock" || is_beside(name).is_some_and(|name| name.contains('.') || name == "journal")
}

/// What the file `name` was to become, if it is one that is written beside its place.
pub(crate) fn is_beside(name: &str) -> Option<&str> {
    let is_number = |end: &str| !end.is_empty() && end.bytes().all(|b| b.is_ascii_digit());
    let (of, process) = name.strip_prefix('.')?.rsplit_once('.')?;
    is_number(process).then_some(of)
}

/// What a manifest tells; none if it is none.
fn results(text: &str) -> Option<Results> {
    #[derive(Deserialize)]
    struct Manifest {
        format: String,
        /// Of a sweep and a tournament.
        sweep: Option<String>,
        /// Of a run.
        scenario: Option<Scenario>,
    }
    #[derive(Deserialize)]
    struct Scenario {
        name: String,
    }
    let found: Manifest = serde_json::from_str(text).ok()?;
    let name = found.sweep.or(found.scenario.map(|s| s.name));
    let is_ours = found.format.starts_with("mpathsim-");
    is_ours.then(|| Results {
        format: found.format,
        name: name.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_nobodys_is_lost() {
        for name in [".lock", ".points.csv.4711", ".summary.json.1", ".journal.8"] {
            assert!(is_ours_to_lose(name), "{name}");
        }
        for name in [
            "thesis.txt",
            ".git",
            ".bashrc",
            ".4711",
            ".points.csv",
            "a.csv.1",
        ] {
            assert!(!is_ours_to_lose(name), "{name}");
        }
    }
}
