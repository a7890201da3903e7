//! From the journal of a finished sweep to its tables.

use std::sync::mpsc::sync_channel;

use super::SweepError;
use super::definition::Sweep;
use super::folder::{Folder, JOURNAL, Manifest};
use super::journal::{self, Reader};
use super::key::{self, Key};
use super::record::Record;
use super::tables::Tables;

/// Results that are read ahead.
const AHEAD: usize = 256;

/// Writes the tables of a sweep whose results are all in the journal; with more than
/// one thread, another one reads them: what is done here is not done while points
/// run, and must not take long.
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
    threads: usize,
) -> Result<(u64, u64), SweepError> {
    let journal = folder.file(JOURNAL);
    let (index, _) = journal::scan(&journal)?;
    let mut reader = Reader::open(&journal)?;
    let runs = keys
        .iter()
        .flat_map(|(point, key, n)| (0..*n).map(|replication| (*point, *key, replication)));
    let records = runs.filter_map(|(point, key, replication)| {
        let place = index.get(&key::of_replication(&key, replication))?;
        let found = reader.read(*place).map(|(key, mut record)| {
            // The result may come from another point of an earlier version of the
            // sweep.
            record.point = point;
            record.replication = replication;
            record.values = sweep.space.labels(point);
            (key, record)
        });
        Some(found)
    });
    let mut tables = Tables::create(&folder.path, manifest)?;
    let failed = |why| SweepError::write(&folder.path, why);
    let mut add = |found: Result<(Key, Record), SweepError>| {
        let (key, record) = found?;
        tables.add(&key, &record).map_err(failed)
    };
    if threads < 2 {
        records.into_iter().try_for_each(&mut add)?;
    } else {
        std::thread::scope(|scope| {
            let (sender, receiver) = sync_channel(AHEAD);
            scope.spawn(move || {
                for found in records {
                    // Without a receiver the tables could not be written.
                    if sender.send(found).is_err() {
                        return;
                    }
                }
            });
            receiver.into_iter().try_for_each(&mut add)
        })?;
    }
    tables.commit().map_err(failed)
}
