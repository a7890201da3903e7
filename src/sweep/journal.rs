//! Results as they come, durably: a line a result, appended.
//!
//! A line is a checksum, the key of the result and the result as JSON. What a
//! crash tore off is a line that ends early or whose checksum is wrong; it and
//! what follows are cut when the journal is opened again.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::SweepError;
use super::key::{Key, hex};
use super::record::Record;

/// Where a result stands in the journal.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Place {
    offset: u64,
    len: u32,
}

/// Places by key. Only ever asked, never iterated.
pub type Index = HashMap<Key, Place>;

/// Length of checksum, key and the blanks after them.
const HEAD: usize = 16 + 1 + 32 + 1;

/// The line of a result.
pub fn line(key: &Key, record: &Record) -> io::Result<String> {
    let json = serde_json::to_string(record).map_err(io::Error::other)?;
    let rest = format!("{} {json}", hex(key));
    Ok(format!("{} {rest}\n", checksum(rest.as_bytes())))
}

fn checksum(bytes: &[u8]) -> String {
    hex(&blake3::hash(bytes).as_bytes()[..8])
}

/// Reads the journal at `path`: where the results stand, and how much of it is
/// whole. A journal that is not there is empty.
///
/// # Errors
/// It cannot be read.
pub fn scan(path: &Path) -> Result<(Index, u64), SweepError> {
    let mut index = Index::new();
    let mut whole = 0;
    walk(path, |key, place, _| {
        index.insert(key, place);
        whole = place.offset + u64::from(place.len);
    })?;
    Ok((index, whole))
}

/// Shows `each` line of the journal at `path` that is whole.
///
/// # Errors
/// It cannot be read.
pub fn walk(path: &Path, mut each: impl FnMut(Key, Place, &str)) -> Result<(), SweepError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(why) => return Err(SweepError::read(path, why)),
    };
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let mut bytes = Vec::new();
    let mut offset = 0;
    loop {
        bytes.clear();
        let n = reader
            .read_until(b'\n', &mut bytes)
            .map_err(|why| SweepError::read(path, why))?;
        let Some((key, json)) = parts(&bytes) else {
            return Ok(());
        };
        each(
            key,
            Place {
                offset,
                len: n as u32,
            },
            json,
        );
        offset += n as u64;
    }
}

/// Key and JSON of a line that is whole.
fn parts(line: &[u8]) -> Option<(Key, &str)> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (check, rest) = (line.get(..16)?, line.get(17..)?);
    if checksum(rest.as_bytes()) != check {
        return None;
    }
    let mut key = Key::default();
    for (i, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(rest.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    Some((key, line.get(HEAD..)?))
}

/// Reads results at their places.
pub struct Reader {
    path: PathBuf,
    file: File,
}

impl Reader {
    /// Of the journal at `path`.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(path: &Path) -> Result<Reader, SweepError> {
        Ok(Reader {
            path: path.to_owned(),
            file: File::open(path).map_err(|why| SweepError::read(path, why))?,
        })
    }

    /// The result at `place`.
    ///
    /// # Errors
    /// It cannot be read, or is none.
    pub fn read(&mut self, place: Place) -> Result<(Key, Record), SweepError> {
        let mut bytes = vec![0; place.len as usize];
        let read = self
            .file
            .seek(SeekFrom::Start(place.offset))
            .and_then(|_| self.file.read_exact(&mut bytes));
        let found = read.and_then(|()| {
            let (key, json) = parts(&bytes).ok_or_else(|| io::Error::other("a line is damaged"))?;
            Ok((key, serde_json::from_str(json).map_err(io::Error::other)?))
        });
        found.map_err(|why| SweepError::read(&self.path, why))
    }
}

/// Appends results, from any thread.
pub struct Writer {
    sender: SyncSender<(Key, Record)>,
    thread: JoinHandle<io::Result<()>>,
    path: PathBuf,
}

/// How long a result waits for others before all are made durable at once.
const COMMIT: Duration = Duration::from_millis(200);

impl Writer {
    /// Appends to the journal at `path`, after its first `whole` bytes; what
    /// follows them is cut. Sets `failed` when it cannot write any more.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(path: &Path, whole: u64, failed: Arc<AtomicBool>) -> Result<Writer, SweepError> {
        let open = || {
            let mut file = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(path)?;
            file.set_len(whole)?;
            file.seek(SeekFrom::End(0))?;
            Ok(file)
        };
        let file = open().map_err(|why| SweepError::write(path, why))?;
        let (sender, receiver) = sync_channel::<(Key, Record)>(1024);
        let work = move || {
            let mut file = BufWriter::with_capacity(1 << 16, file);
            let mut dirty_since: Option<Instant> = None;
            loop {
                let wait =
                    dirty_since.map_or(COMMIT, |since| COMMIT.saturating_sub(since.elapsed()));
                match receiver.recv_timeout(wait) {
                    Ok((key, record)) => {
                        file.write_all(line(&key, &record)?.as_bytes())?;
                        dirty_since.get_or_insert_with(Instant::now);
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
                if dirty_since.is_some_and(|since| since.elapsed() >= COMMIT) {
                    commit(&mut file)?;
                    dirty_since = None;
                }
            }
            commit(&mut file)
        };
        let thread = std::thread::spawn(move || {
            let result = work();
            if result.is_err() {
                failed.store(true, Ordering::Relaxed);
            }
            result
        });
        Ok(Writer {
            sender,
            thread,
            path: path.to_owned(),
        })
    }

    /// Where results are sent; what is sent after it failed is lost.
    pub fn sender(&self) -> SyncSender<(Key, Record)> {
        self.sender.clone()
    }

    /// Waits until all is durable. All senders have to be gone.
    ///
    /// # Errors
    /// Something could not be written.
    pub fn finish(self) -> Result<(), SweepError> {
        drop(self.sender);
        let result = self.thread.join();
        let result = result.unwrap_or_else(|_| Err(io::Error::other("the writer broke")));
        result.map_err(|why| SweepError::write(&self.path, why))
    }
}

fn commit(file: &mut BufWriter<File>) -> io::Result<()> {
    file.flush()?;
    file.get_ref().sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::record::Outcome;

    fn record(point: u64) -> Record {
        Record {
            point,
            replication: 0,
            values: Vec::new(),
            seed: 1,
            outcome: Outcome::Failed {
                error: "no".into(),
                scenario: String::new(),
            },
        }
    }

    #[test]
    fn what_a_crash_tore_off_is_cut() {
        let path = std::env::temp_dir().join(format!("mpathsim-journal-{}", std::process::id()));
        let whole: String = (0..3)
            .map(|i| line(&[i as u8; 16], &record(i)).unwrap())
            .collect();
        let kept = whole.len() as u64;
        for torn in ["", "0123", "0123456789abcdef not a line\n", "\n\n"] {
            std::fs::write(&path, format!("{whole}{torn}")).unwrap();
            let (index, len) = scan(&path).unwrap();
            assert_eq!((index.len(), len), (3, kept), "{torn:?}");
        }
        let (index, _) = scan(&path).unwrap();
        let read = Reader::open(&path).unwrap().read(index[&[2; 16]]).unwrap();
        assert_eq!(read, ([2; 16], record(2)));
        std::fs::remove_file(&path).unwrap();
    }
}
