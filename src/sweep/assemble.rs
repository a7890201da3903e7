//! From the journal of a finished sweep to its tables.

use rayon::ThreadPool;

use super::SweepError;
use super::definition::Sweep;
use super::folder::{Folder, JOURNAL, Manifest};
use super::journal::{self, Place, Reader};
use super::key::{self, Key};
use super::tables::Tables;

/// A result that is in the journal.
struct Kept {
    point: u64,
    replication: u32,
    place: Place,
}

/// Writes the tables of a sweep whose results are all in the journal.
///
/// `keys`: every point with its key, and how many replications it had.
///
/// # Errors
/// The journal cannot be read, or a table not written.
pub(super) fn assemble(
    folder: &Folder,
    manifest: &Manifest,
    sweep: &Sweep,
    keys: &[(u64, Key, u32)],
    pool: &ThreadPool,
) -> Result<(u64, u64), SweepError> {
    let journal = folder.file(JOURNAL);
    let (index, _) = journal::scan(&journal)?;
    let runs = keys
        .iter()
        .flat_map(|(point, key, n)| (0..*n).map(|replication| (*point, *key, replication)));
    let kept: Vec<Kept> = runs
        .filter_map(|(point, key, replication)| {
            let place = *index.get(&key::of_replication(&key, replication))?;
            Some(Kept {
                point,
                replication,
                place,
            })
        })
        .collect();
    let read = |kept: &[Kept]| {
        let mut reader = Reader::open(&journal)?;
        let read = |kept: &Kept| {
            let (key, mut record) = reader.read(kept.place)?;
            // The result may come from another point of an earlier version of the
            // sweep.
            record.point = kept.point;
            record.replication = kept.replication;
            record.values = sweep.space.labels(kept.point);
            Ok((key, record))
        };
        kept.iter().map(read).collect()
    };
    let mut tables = Tables::create(&folder.path, manifest)?;
    tables.add(pool, &kept, read)?;
    tables.commit(pool)
}
