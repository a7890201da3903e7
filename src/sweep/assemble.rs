//! From the journal of a finished sweep to its tables.

use std::collections::HashSet;

use rayon::ThreadPool;

use super::SweepError;
use super::definition::Sweep;
use super::folder::{Folder, JOURNAL};
use super::journal::{self, Index, Place, Reader};
use super::key::{self, Key};
use super::manifest::Manifest;
use super::record::{Outcome, Record};
use super::tables::{CameTo, Tables};

/// A result that the tables show.
struct Shown {
    point: u64,
    replication: u32,
    place: Place,
}

/// What the tables of a sweep came to.
pub(super) struct Assembled {
    /// What they show.
    pub came_to: CameTo,
    /// Results of an earlier version of the sweep that they do not show.
    pub left: u64,
}

/// Writes the tables of a sweep whose results are all in the journal.
///
/// `keys`: every point with its key, and how many replications it had. What else
/// the journal has stays in it, after all that the tables show.
///
/// # Errors
/// The journal cannot be read, or a table not written.
pub(super) fn assemble(
    folder: &Folder,
    manifest: &Manifest,
    sweep: &Sweep,
    keys: &[(u64, Key, u32)],
    pool: &ThreadPool,
) -> Result<Assembled, SweepError> {
    let journal = folder.file(JOURNAL);
    let (index, _) = journal::scan(&journal)?;
    let runs = || {
        keys.iter()
            .flat_map(|(point, key, n)| (0..*n).map(|replication| (*point, *key, replication)))
    };
    let shown: Vec<Shown> = runs()
        .filter_map(|(point, key, replication)| {
            let place = *index.get(&key::of_replication(&key, replication))?;
            Some(Shown {
                point,
                replication,
                place,
            })
        })
        .collect();
    let read = |shown: &[Shown]| {
        let mut reader = Reader::open(&journal)?;
        let read = |shown: &Shown| {
            let (key, record) = reader.read(shown.place)?;
            Ok((key, as_of(sweep, shown, record)))
        };
        shown.iter().map(read).collect()
    };
    let mut tables = Tables::create(&folder.path, manifest)?;
    tables.add(pool, &shown, read)?;
    let asked = runs().map(|(_, key, replication)| key::of_replication(&key, replication));
    let asked: HashSet<Key> = asked.collect();
    let mut left = 0;
    if index.len() > asked.len() {
        let mut reader = Reader::open(&journal)?;
        for place in others(&folder.file(JOURNAL), &index, &asked)? {
            let (key, record) = reader.read(place)?;
            // What failed would be of no use.
            if matches!(record.outcome, Outcome::Measured(_)) {
                tables.keep(&key, &record)?;
                left += 1;
            }
        }
    }
    let came_to = tables.finish(pool)?;
    tables.put()?;
    folder.remove_what_is_not_written()?;
    Ok(Assembled { came_to, left })
}

/// The result as one of this sweep: it may come from another point of an
/// earlier version.
fn as_of(sweep: &Sweep, shown: &Shown, mut record: Record) -> Record {
    record.point = shown.point;
    record.replication = shown.replication;
    record.values = sweep.space.labels(shown.point);
    if let Outcome::Failed { scenario, .. } = &mut record.outcome {
        *scenario = sweep.text_of(&sweep.point(shown.point), shown.replication);
    }
    record
}

/// Where in the journal the results are that are not `asked` for.
fn others(
    journal: &std::path::Path,
    index: &Index,
    asked: &HashSet<Key>,
) -> Result<Vec<Place>, SweepError> {
    let mut places = Vec::new();
    journal::walk(journal, |key, place, _| {
        // Of several of one key, the index knows the last.
        if !asked.contains(&key) && index.get(&key) == Some(&place) {
            places.push(place);
        }
    })?;
    Ok(places)
}
