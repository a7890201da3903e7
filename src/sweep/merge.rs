//! The shards of a sweep, joined: the same bytes as of the sweep in one piece.

use std::path::{Path, PathBuf};

use super::SweepError;
use super::execute::pool;
use super::folder::{Existing, Folder, JOURNAL};
use super::journal::{self, Place, Reader};
use super::manifest::Manifest;
use super::record::Record;
use super::tables::Tables;

/// Joins the folders `shards` into `out`. What was in `out` stays until all that
/// comes in its place is written beside it.
///
/// # Errors
/// They are not all shards of one sweep by one build, one is missing or
/// unfinished, or `out` is one of them or may not be written to.
pub fn merge(out: &Path, shards: &[PathBuf], existing: Existing) -> Result<Manifest, SweepError> {
    apart(out, shards)?;
    let parts = shards
        .iter()
        .map(|path| read(path))
        .collect::<Result<Vec<_>, _>>()?;
    let mut manifest = whole(shards, &parts)?;
    let folder = Folder::take(out, &manifest, existing)?;
    let places = places(shards, &parts)?;
    let pool = pool(None)?;
    let read = |places: &[InShard]| {
        let readers = shards.iter().map(|path| Reader::open(&path.join(JOURNAL)));
        let mut readers = readers.collect::<Result<Vec<_>, _>>()?;
        let read = |found: &InShard| readers[found.shard].read(found.place);
        places.iter().map(read).collect()
    };
    let mut tables = Tables::create(&folder.path, &manifest)?;
    tables.add(&pool, &places, read)?;
    let came_to = tables.finish(&pool)?;
    let runs = came_to.runs;
    let expected: u64 = parts.iter().filter_map(|part| part.runs).sum();
    if runs != expected {
        return wrong(
            format!("there are {runs} runs where the shards should have {expected}"),
            "a journal is damaged: run its shard again with --overwrite",
        );
    }
    // Unfinished, while files of both may be there.
    manifest.write(&folder.path)?;
    tables.put()?;
    folder.remove_what_is_not_written()?;
    came_to.put_in(&mut manifest);
    manifest.write(&folder.path)?;
    Ok(manifest)
}

/// A result of a shard.
struct InShard {
    point: u64,
    replication: u32,
    shard: usize,
    place: Place,
}

/// The results of all shards, in order of the whole.
fn places(shards: &[PathBuf], parts: &[Manifest]) -> Result<Vec<InShard>, SweepError> {
    let mut places: Vec<InShard> = Vec::new();
    for (shard, (path, part)) in shards.iter().zip(parts).enumerate() {
        let journal = path.join(JOURNAL);
        let mut damaged = None;
        // What is behind the runs of its tables is left from an earlier version
        // of the sweep.
        let mut runs = part.runs.unwrap_or(0);
        journal::walk(&journal, |_, place, json| {
            if runs == 0 {
                return;
            }
            runs -= 1;
            match serde_json::from_str::<Record>(json) {
                Ok(record) => places.push(InShard {
                    point: record.point,
                    replication: record.replication,
                    shard,
                    place,
                }),
                Err(why) => damaged = Some(why),
            }
        })?;
        if let Some(why) = damaged {
            return Err(SweepError::read(&journal, std::io::Error::other(why)));
        }
    }
    places.sort_unstable_by_key(|found| (found.point, found.replication));
    Ok(places)
}

/// Refuses an `out` that is one of `shards`.
fn apart(out: &Path, shards: &[PathBuf]) -> Result<(), SweepError> {
    let place = |path: &Path| std::fs::canonicalize(path).ok();
    let is_out = |shard: &&PathBuf| place(shard).is_some_and(|shard| Some(shard) == place(out));
    match shards.iter().find(is_out) {
        None => Ok(()),
        Some(shard) => wrong(
            format!(
                "{} is one of them, and cannot be the whole",
                shard.display()
            ),
            "--out FOLDER writes elsewhere; nothing was changed",
        ),
    }
}

fn wrong<T>(what: String, hint: &str) -> Result<T, SweepError> {
    Err(SweepError::Merge {
        what,
        hint: hint.into(),
    })
}

fn read(path: &Path) -> Result<Manifest, SweepError> {
    match Manifest::read(path)? {
        Some(manifest) => Ok(manifest),
        None => wrong(
            format!("{} is not the folder of a sweep", path.display()),
            "give the folders that `mpathsim sweep --shard` has written",
        ),
    }
}

/// The manifest of the whole of which these are the parts.
fn whole(paths: &[PathBuf], parts: &[Manifest]) -> Result<Manifest, SweepError> {
    let Some(first) = parts.first() else {
        return wrong(
            "there are none".into(),
            "mpathsim sweep merge --out WHOLE SHARD…",
        );
    };
    let bare = |manifest: &Manifest| Manifest {
        shard: None,
        runs: None,
        failures: None,
        unsettled: None,
        complete: false,
        ..manifest.clone()
    };
    let mut seen = Vec::new();
    let of = first.shard.map_or(0, |shard| shard.n);
    for (path, part) in paths.iter().zip(parts) {
        let path = path.display();
        let Some(shard) = part.shard else {
            return wrong(
                format!("{path} is a whole sweep already"),
                "give shards only",
            );
        };
        if bare(part) != bare(first) || shard.n != of {
            return wrong(
                format!(
                    "{path} and {} are not of the same sweep, or not by the same build",
                    paths[0].display()
                ),
                "run all shards with one file, one n and one program",
            );
        }
        if !part.complete {
            return wrong(
                format!("shard {shard} in {path} is not finished"),
                "run it on: mpathsim sweep FILE --shard k/n --out FOLDER --resume",
            );
        }
        if seen.contains(&shard.k) {
            return wrong(
                format!("shard {shard} is there twice, the second time in {path}"),
                "give each once",
            );
        }
        seen.push(shard.k);
    }
    let missing: Vec<String> = (1..=of)
        .filter(|k| !seen.contains(k))
        .map(|k| format!("{k}/{of}"))
        .collect();
    if !missing.is_empty() {
        return wrong(
            format!("shard {} is missing", missing.join(", ")),
            "run it: mpathsim sweep FILE --shard k/n --out FOLDER",
        );
    }
    Ok(bare(first))
}
