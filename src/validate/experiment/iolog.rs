//! Iologs: the observation has them in words, in its note.

use std::fmt::Write;

/// More I/Os than this are taken for a slip of the pen in the note.
const MOST_IOS: u64 = 10_000_000;

/// The iologs the job file `fio_job` reads (`read_iolog`).
pub(super) fn names(fio_job: &str) -> impl Iterator<Item = &str> {
    fio_job
        .lines()
        .filter_map(|line| line.trim().strip_prefix("read_iolog=").map(str::trim))
}

/// The iolog (version 2, no waits) that `note` describes, replayed on the
/// device `target`; none if the note is not of the form "alternates two
/// sequential streams of 4 KiB writes: 2048 pairs, the i-th at bytes i*4096
/// and 536870912 + i*4096".
///
/// Any number of streams, of any size, stride and start are understood.
pub(super) fn from_note(note: &str, target: &str) -> Option<String> {
    let (_, rest) = note.split_once("sequential streams of ")?;
    let (what, rest) = rest.split_once(':')?;
    let (bytes, verb) = size_and_verb(what)?;
    let (rounds, places) = rest.split_once("the i-th at bytes ")?;
    let rounds: u64 = rounds.split_whitespace().next()?.parse().ok()?;
    let streams = places
        .trim_end_matches('.')
        .split(" and ")
        .flat_map(|part| part.split(','))
        .map(Stream::parse)
        .collect::<Option<Vec<_>>>()?;
    iolog(target, verb, bytes, rounds, &streams)
}

/// "4 KiB writes" → (4096, "write").
fn size_and_verb(what: &str) -> Option<(u64, &str)> {
    let mut words = what.split_whitespace();
    let n: u64 = words.next()?.parse().ok()?;
    let unit = match words.next()? {
        "bytes" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        _ => return None,
    };
    let verb = words.next()?.strip_suffix('s')?;
    ["read", "write", "trim"]
        .contains(&verb)
        .then_some((n.checked_mul(unit)?, verb))
}

/// A stream whose i-th I/O is at `start` + i · `stride`, bytes.
#[derive(Copy, Clone)]
struct Stream {
    start: u64,
    stride: u64,
}

impl Stream {
    /// `i*4096` or `536870912 + i*4096`.
    fn parse(text: &str) -> Option<Stream> {
        let (start, step) = match text.rsplit_once('+') {
            Some((start, step)) => (start.trim().parse().ok()?, step),
            None => (0, text),
        };
        let stride = step.trim().strip_prefix("i*")?.trim().parse().ok()?;
        Some(Stream { start, stride })
    }
    fn at(self, i: u64) -> Option<u64> {
        self.start.checked_add(self.stride.checked_mul(i)?)
    }
}

fn iolog(target: &str, verb: &str, bytes: u64, rounds: u64, streams: &[Stream]) -> Option<String> {
    if rounds.checked_mul(streams.len() as u64)? > MOST_IOS {
        return None;
    }
    let mut text = format!("fio version 2 iolog\n{target} add\n{target} open\n");
    for i in 0..rounds {
        for stream in streams {
            let at = stream.at(i)?;
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{target} {verb} {at} {bytes}");
        }
    }
    text += &format!("{target} close\n");
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTE: &str = "the iolog (version 2, no waits) alternates two sequential streams of \
                        4 KiB writes: 2048 pairs, the i-th at bytes i*4096 and 536870912 + i*4096";

    #[test]
    fn two_streams_alternate() {
        let text = from_note(NOTE, "/dev/mapper/mp").unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3 + 2 * 2048 + 1);
        assert_eq!(lines[0], "fio version 2 iolog");
        assert_eq!(lines[1], "/dev/mapper/mp add");
        assert_eq!(lines[3], "/dev/mapper/mp write 0 4096");
        assert_eq!(lines[4], "/dev/mapper/mp write 536870912 4096");
        assert_eq!(lines[5], "/dev/mapper/mp write 4096 4096");
        assert_eq!(lines[4098], "/dev/mapper/mp write 545255424 4096");
    }

    #[test]
    fn other_numbers_are_read_and_other_words_refused() {
        let note = "the iolog alternates three sequential streams of 16 KiB reads: 3 rounds, \
                    the i-th at bytes i*32768, 1000 + i*512 and 7 + i*1";
        let text = from_note(note, "/dev/p0").unwrap();
        assert_eq!(
            text.lines().skip(6).take(3).collect::<Vec<_>>(),
            [
                "/dev/p0 read 32768 16384",
                "/dev/p0 read 1512 16384",
                "/dev/p0 read 8 16384"
            ]
        );
        for bad in [
            "",
            "four emulated CPUs",
            &NOTE.replace("i*4096", "j*4096"),
            &NOTE.replace("KiB", "KB"),
            &NOTE.replace("2048 pairs", "20480000000 pairs"),
            &NOTE.replace("536870912", "18446744073709551615"),
        ] {
            assert_eq!(from_note(bad, "/dev/p0"), None, "{bad}");
        }
    }

    #[test]
    fn names_of_iologs() {
        let job = "[j]\n read_iolog=two.iolog\nreplay_no_stall=1\n";
        assert_eq!(names(job).collect::<Vec<_>>(), ["two.iolog"]);
        assert_eq!(names("[j]\nrw=read\n").count(), 0);
    }
}
