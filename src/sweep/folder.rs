//! The folder of a sweep's results: what its files are called, and whether it
//! may be written to.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::SweepError;
use super::manifest::{MANIFEST, Manifest};
use crate::run::claim::{self, ELSEWHERE, Holds, Refused};

/// The journal.
pub const JOURNAL: &str = "journal";
/// What only one process at a time holds.
const LOCK: &str = ".lock";
/// Everything else that a sweep writes.
pub const TABLES: [&str; 7] = [
    "points.csv",
    "points.jsonl",
    "paths.csv",
    "paths.jsonl",
    "summary.csv",
    "summary.jsonl",
    "failures.jsonl",
];
/// With the cargo feature `parquet`.
const PARQUET: [&str; 3] = ["points.parquet", "paths.parquet", "summary.parquet"];

fn is_table(name: &str) -> bool {
    TABLES.contains(&name) || PARQUET.contains(&name)
}

/// What is done with results that are there.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Existing {
    /// They are not touched: it is an error.
    #[default]
    Refuse,
    /// They are kept, and what is missing is added.
    Resume,
    /// They are made again, if they are of the very same sweep by the same
    /// program: the bytes are the same.
    Again,
    /// They are replaced.
    Replace,
}

/// A folder that this process alone writes to.
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    /// What it was of when it was taken.
    pub before: Option<Manifest>,
    /// Whether nobody else can take it: not where files cannot be locked.
    is_locked: bool,
    _lock: File,
}

impl Folder {
    /// Takes the folder at `path` for the results that `manifest` describes.
    /// What is there is not changed by that.
    ///
    /// # Errors
    /// It holds something else, or what is there may not be touched.
    pub fn take(
        path: &Path,
        manifest: &Manifest,
        existing: Existing,
    ) -> Result<Folder, SweepError> {
        may_write(path, manifest, existing)?;
        let (lock, is_locked) = lock(path)?;
        Ok(Folder {
            path: path.to_owned(),
            is_locked,
            // Until it was locked, another could have written.
            before: may_write(path, manifest, existing)?,
            _lock: lock,
        })
        .inspect(Folder::remove_leftovers)
    }

    /// Removes what a sweep that was killed has left beside its places: nobody else
    /// writes here now. What cannot be removed does no harm.
    fn remove_leftovers(&self) {
        if !self.is_locked {
            return;
        }
        let entries = std::fs::read_dir(&self.path)
            .into_iter()
            .flatten()
            .flatten();
        for entry in entries {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let beside = claim::is_beside(&name);
            if beside.is_some_and(|of| of == JOURNAL || of == MANIFEST || is_table(of)) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }

    /// Removes what a sweep has written, but for the manifest.
    pub fn clear(&self) -> Result<(), SweepError> {
        self.remove(&TABLES)?;
        self.remove(&PARQUET)?;
        self.remove(&[JOURNAL])
    }

    /// Removes the tables that a program with another set of features has
    /// written, and this one does not.
    pub fn remove_what_is_not_written(&self) -> Result<(), SweepError> {
        match cfg!(feature = "parquet") {
            true => Ok(()),
            false => self.remove(&PARQUET),
        }
    }

    fn remove(&self, names: &[&str]) -> Result<(), SweepError> {
        for name in names {
            let path = self.path.join(name);
            match std::fs::remove_file(&path) {
                Err(why) if !claim::is_absent(&why) => return Err(SweepError::write(&path, why)),
                _ => {}
            }
        }
        Ok(())
    }

    /// A file of it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

/// Whether the results that `manifest` describes may be written to the folder at
/// `path`, and what is there. Nothing is written.
///
/// # Errors
/// It holds something else, or what is there may not be touched.
pub(super) fn may_write(
    path: &Path,
    manifest: &Manifest,
    existing: Existing,
) -> Result<Option<Manifest>, SweepError> {
    if let Some(what) = claim::obstacle(path) {
        return Err(refused(path, what, ELSEWHERE));
    }
    let Some(found) = Manifest::read(path)? else {
        let what = match claim::holds(path).map_err(|why| SweepError::read(path, why))? {
            Holds::Nothing => return Ok(None),
            Holds::Results(results) => format!("holds {}", results.what()),
            Holds::Other(file) => format!("holds files that are not a sweep's: {file}"),
        };
        return Err(refused(path, what, ELSEWHERE));
    };
    let state = match found.complete {
        true => "a finished",
        false => "an unfinished",
    };
    let held = format!("holds {state} sweep, `{}`", found.sweep);
    let why_not = match existing {
        Existing::Replace => None,
        Existing::Resume => found.parts_from(manifest),
        Existing::Again if found.is_of_the_same(manifest) => None,
        Existing::Again => Some((
            format!("{held}, which is another, or by another build of mpathsim"),
            "--out FOLDER writes elsewhere, `mpathsim sweep merge --overwrite` replaces it; nothing was changed",
        )),
        Existing::Refuse => Some((
            held,
            "--resume goes on with it, --overwrite replaces it, --out FOLDER writes elsewhere",
        )),
    };
    match why_not {
        Some((what, hint)) => Err(refused(path, what, hint)),
        None => Ok(Some(found)),
    }
}

/// Makes the folder at `path`, and keeps all other processes from writing to it: whether
/// that can be done there.
fn lock(path: &Path) -> Result<(File, bool), SweepError> {
    std::fs::create_dir_all(path).map_err(|why| SweepError::unwritable(path, why))?;
    let lock = File::create(path.join(LOCK)).map_err(|why| SweepError::unwritable(path, why))?;
    match fs4::FileExt::try_lock(&lock) {
        Err(fs4::TryLockError::WouldBlock) => Err(refused(
            path,
            "is in use by another sweep that runs".into(),
            "wait for it, or use --out FOLDER",
        )),
        // Where files cannot be locked, it is the user who sees to that.
        locked => Ok((lock, locked.is_ok())),
    }
}

fn refused(path: &Path, what: String, hint: &str) -> SweepError {
    SweepError::Folder(Refused {
        folder: path.display().to_string(),
        what,
        hint: hint.into(),
    })
}
