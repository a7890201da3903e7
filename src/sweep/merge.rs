//! The shards of a sweep, joined: the same bytes as of the sweep in one piece.

use std::path::{Path, PathBuf};

use super::SweepError;
use super::execute::pool;
use super::folder::{Existing, Folder, JOURNAL, Manifest};
use super::journal::{self, Place, Reader};
use super::record::Record;
use super::tables::Tables;

/// Joins the folders `shards` into `out`.
///
/// # Errors
/// They are not all shards of one sweep by one build, one is missing or
/// unfinished, or `out` may not be written to.
pub fn merge(out: &Path, shards: &[PathBuf], existing: Existing) -> Result<Manifest, SweepError> {
    let parts = shards
        .iter()
        .map(|path| read(path))
        .collect::<Result<Vec<_>, _>>()?;
    let mut manifest = whole(shards, &parts)?;
    let folder = Folder::take(out, &manifest, existing)?;
    manifest.write(&folder.path)?;

    let mut places: Vec<(u64, u32, usize, Place)> = Vec::new();
    for (i, path) in shards.iter().enumerate() {
        let journal = path.join(JOURNAL);
        let mut damaged = None;
        journal::walk(&journal, |_, place, json| {
            match serde_json::from_str::<Record>(json) {
                Ok(record) => places.push((record.point, record.replication, i, place)),
                Err(why) => damaged = Some(why),
            }
        })?;
        if let Some(why) = damaged {
            return Err(SweepError::read(&journal, std::io::Error::other(why)));
        }
    }
    places.sort_unstable_by_key(|(point, replication, ..)| (*point, *replication));
    let pool = pool(None)?;
    let read = |places: &[(u64, u32, usize, Place)]| {
        let readers = shards.iter().map(|path| Reader::open(&path.join(JOURNAL)));
        let mut readers = readers.collect::<Result<Vec<_>, _>>()?;
        let read = |(_, _, shard, place): &(u64, u32, usize, Place)| readers[*shard].read(*place);
        places.iter().map(read).collect()
    };
    let mut tables = Tables::create(&folder.path, &manifest)?;
    tables.add(&pool, &places, read)?;
    let (runs, failures) = tables.commit(&pool)?;
    let expected: u64 = parts.iter().filter_map(|part| part.runs).sum();
    if runs != expected {
        return wrong(
            format!("there are {runs} runs where the shards should have {expected}"),
            "a journal is damaged: run its shard again with --overwrite",
        );
    }
    manifest.runs = Some(runs);
    manifest.failures = Some(failures);
    manifest.complete = true;
    manifest.write(&folder.path)?;
    Ok(manifest)
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
                "run it again with --resume",
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
