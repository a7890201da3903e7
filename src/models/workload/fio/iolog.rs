//! `read_iolog`: replay of fio's own logs, versions 2 and 3
//! (`iolog.c:read_iolog`, 3.33).

use super::spec::Dir;

/// What an entry does.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// A transfer.
    Io {
        /// Read or write; fio 3.33 refuses to replay trims.
        dir: Dir,
        /// Bytes from the start of the file.
        offset: u64,
        /// Bytes.
        len: u32,
    },
    /// fsync or fdatasync.
    Sync {
        /// fdatasync.
        data: bool,
    },
    /// Version 2: wait until so many ms after the start of fio.
    Wait(u64),
    /// A file is opened, closed or named: no I/O, but its delay counts.
    File,
}

/// One line.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// What it does.
    pub action: Action,
    /// Version 3: µs since the entry before.
    pub delay_us: u64,
}

/// A parsed log.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Iolog {
    /// In order of execution.
    pub entries: Vec<Entry>,
    /// Files with I/O, in order of appearance.
    pub files: Vec<String>,
    /// What fio takes for the size of the job: the lengths of all entries.
    pub bytes: u64,
    /// Whether it reads.
    pub reads: bool,
    /// Whether it writes.
    pub writes: bool,
    /// Lines that fio ignores, with the reason.
    pub warnings: Vec<(usize, String)>,
}

/// Why a text is no iolog.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IologError {
    /// The first line does not name a version that fio 3.33 reads.
    #[error(
        "not an iolog: the first line is neither `fio version 2 iolog` nor `fio version 3 iolog`"
    )]
    Version,
    /// There is nothing in it to replay.
    #[error("the iolog has no reads, writes or waits")]
    Empty,
    /// More than one device.
    #[error("the iolog has I/O on {0} files; only one device is modelled (replay_redirect helps)")]
    ManyFiles(usize),
}

impl Iolog {
    /// Reads a log. `no_stall`: `replay_no_stall`, waits and times are ignored.
    /// Lines that fio does not understand are skipped with a warning, as fio
    /// does.
    ///
    /// # Errors
    /// No version line, or nothing to replay.
    pub fn parse(text: &str, no_stall: bool) -> Result<Self, IologError> {
        let mut lines = text.lines().enumerate();
        let version = match lines.next() {
            Some((_, l)) if l.starts_with("fio version 2 iolog") => 2,
            Some((_, l)) if l.starts_with("fio version 3 iolog") => 3,
            _ => return Err(IologError::Version),
        };
        let mut log = Iolog::default();
        let mut last_time = 0;
        let mut waits = false;
        for (i, line) in lines {
            match parse_line(line, version, no_stall, &mut last_time) {
                Ok(Some((entry, file))) => {
                    waits |= matches!(entry.action, Action::Wait(_));
                    log.push(entry, file);
                }
                Ok(None) => {}
                Err(why) => log.warnings.push((i + 1, why)),
            }
        }
        if !(log.reads || log.writes || waits) {
            return Err(IologError::Empty);
        }
        Ok(log)
    }

    fn push(&mut self, entry: Entry, file: &str) {
        if let Action::Io { dir, len, .. } = entry.action {
            self.bytes += u64::from(len);
            self.reads |= dir == Dir::Read;
            self.writes |= dir == Dir::Write;
            if !self.files.iter().any(|f| f == file) {
                self.files.push(file.to_owned());
            }
        }
        self.entries.push(entry);
    }
}

/// One line: an entry and its file; none for what `replay_no_stall` leaves out.
fn parse_line<'a>(
    line: &'a str,
    version: u32,
    no_stall: bool,
    last_time: &mut u64,
) -> Result<Option<(Entry, &'a str)>, String> {
    let mut fields = line.split_ascii_whitespace();
    let mut delay_us = 0;
    if version == 3 {
        let time = number(fields.next(), "time")?;
        if *last_time != 0 && !no_stall && time >= *last_time {
            delay_us = time - *last_time;
        }
        *last_time = time;
    }
    let file = fields.next().ok_or("no file name")?;
    let act = fields.next().ok_or("no action")?;
    let entry = |action| Ok(Some((Entry { action, delay_us }, file)));
    if matches!(act, "add" | "open" | "close") {
        return entry(Action::File);
    }
    let offset = number(fields.next(), "offset")?;
    let len = number(fields.next(), "length")?;
    let len = u32::try_from(len).map_err(|_| format!("length {len} is too large"))?;
    match act {
        "read" | "write" if len == 0 => Err("length 0".into()),
        "read" => entry(Action::Io {
            dir: Dir::Read,
            offset,
            len,
        }),
        "write" => entry(Action::Io {
            dir: Dir::Write,
            offset,
            len,
        }),
        "sync" => entry(Action::Sync { data: false }),
        "datasync" => entry(Action::Sync { data: true }),
        "wait" if version == 3 => Err("`wait` is ignored in version 3".into()),
        "wait" if no_stall => Ok(None),
        "wait" => entry(Action::Wait(offset)),
        "trim" => Err("fio 3.33 does not replay trims".into()),
        other => Err(format!("unknown action `{other}`")),
    }
}

fn number(field: Option<&str>, what: &str) -> Result<u64, String> {
    let field = field.ok_or_else(|| format!("no {what}"))?;
    field
        .parse()
        .map_err(|_| format!("{what} `{field}` is not a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_2() {
        let text = "fio version 2 iolog\n/dev/x add\n/dev/x open\n/dev/x write 4096 8192\n\
                    /dev/x wait 100 0\n/dev/x sync 0 0\n/dev/x trim 0 4096\nnonsense\n/dev/x close\n";
        let log = Iolog::parse(text, false).unwrap();
        let actions: Vec<Action> = log.entries.iter().map(|e| e.action).collect();
        assert_eq!(
            actions,
            [
                Action::File,
                Action::File,
                Action::Io {
                    dir: Dir::Write,
                    offset: 4096,
                    len: 8192
                },
                Action::Wait(100),
                Action::Sync { data: false },
                Action::File
            ]
        );
        assert_eq!((log.bytes, log.reads, log.writes), (8192, false, true));
        assert_eq!(log.files, ["/dev/x"]);
        assert_eq!(log.warnings.iter().map(|w| w.0).collect::<Vec<_>>(), [7, 8]);
        assert_eq!(Iolog::parse(text, true).unwrap().entries.len(), 5);
    }

    #[test]
    fn version_3_delays() {
        let text = "fio version 3 iolog\n10 /dev/x add\n15 /dev/x read 0 4096\n\
                    40 /dev/x read 4096 4096\n";
        let delays = |no_stall| -> Vec<u64> {
            let log = Iolog::parse(text, no_stall).unwrap();
            log.entries.iter().map(|e| e.delay_us).collect()
        };
        assert_eq!(delays(false), [0, 5, 25]);
        assert_eq!(delays(true), [0, 0, 0]);
    }

    #[test]
    fn not_an_iolog() {
        assert_eq!(Iolog::parse("", false), Err(IologError::Version));
        assert_eq!(
            Iolog::parse("fio version 2 iolog\n/dev/x add\n", false),
            Err(IologError::Empty)
        );
    }
}
