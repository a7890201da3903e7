//! Sequential streams: which reads continue one, and what was fetched ahead.

use crate::sim::time::Ns;

/// Streams of one LUN that are followed at once.
const STREAMS: usize = 16;
/// Windows fetched ahead that are remembered of a stream.
const WINDOWS: usize = 3;

/// Streams as one place sees them: the LUN, a controller or a port.
#[derive(Clone, Debug, Default)]
pub struct Detector {
    /// Least recently used first.
    streams: Vec<Stream>,
}

/// A stream of reads, each where the one before it ended.
#[derive(Copy, Clone, Debug)]
pub struct Stream {
    /// Where it goes on.
    pub next: u64,
    /// Reads so far.
    pub run: u32,
    /// Fetched ahead: first sector, sector behind the last, and since when.
    windows: [(u64, u64, Ns); WINDOWS],
}

impl Detector {
    /// A read of `sector..end`: the stream it belongs to, which may be a new
    /// one. It may begin up to `tolerance` sectors before or behind where the
    /// stream goes on.
    pub fn see(&mut self, sector: u64, end: u64, tolerance: u64) -> &mut Stream {
        let continues = |s: &Stream| s.next.abs_diff(sector) <= tolerance;
        let stream = match self.streams.iter().rposition(continues) {
            Some(n) => {
                let mut stream = self.streams.remove(n);
                stream.run = stream.run.saturating_add(1);
                stream.next = stream.next.max(end);
                stream
            }
            None => {
                if self.streams.len() == STREAMS {
                    self.streams.remove(0);
                }
                Stream {
                    next: end,
                    run: 1,
                    windows: [(0, 0, Ns::ZERO); WINDOWS],
                }
            }
        };
        self.streams.push(stream);
        let last = self.streams.len() - 1;
        &mut self.streams[last]
    }
}

impl Stream {
    /// The sector behind what has been fetched ahead.
    pub fn fetched_to(&self) -> u64 {
        self.windows[WINDOWS - 1].1
    }
    /// `from..to` is fetched and there at `ready`.
    pub fn fetched(&mut self, from: u64, to: u64, ready: Ns) {
        self.windows.rotate_left(1);
        self.windows[WINDOWS - 1] = (from, to, ready);
    }
    /// When all of `sector..end` that was fetched ahead is there.
    pub fn ready(&self, sector: u64, end: u64) -> Ns {
        let over = self.windows.iter().filter(|w| w.0 < end && sector < w.1);
        over.map(|w| w.2).max().unwrap_or(Ns::ZERO)
    }
    /// Whether `sector` was fetched ahead and is remembered.
    pub fn has(&self, sector: u64) -> bool {
        self.windows.iter().any(|w| w.0 <= sector && sector < w.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_streams_are_followed_at_once() {
        let mut d = Detector::default();
        for k in 0..10 {
            for stream in 0..8 {
                let sector = stream * 100_000 + k * 8;
                assert_eq!(u64::from(d.see(sector, sector + 8, 0).run), k + 1);
            }
        }
    }

    #[test]
    fn a_share_of_a_stream_is_a_stream_only_to_the_tolerant() {
        // Every fourth read arrives here.
        let run = |tolerance| {
            let mut d = Detector::default();
            let runs = (0..10).map(|k| d.see(k * 32, k * 32 + 8, tolerance).run);
            runs.last().unwrap()
        };
        assert_eq!(run(0), 1);
        assert_eq!(run(24), 10);
    }

    #[test]
    fn streams_that_pause_are_forgotten() {
        let mut d = Detector::default();
        d.see(0, 8, 0);
        for k in 1..=16 {
            d.see(k * 1000, k * 1000 + 8, 0);
        }
        assert_eq!(d.see(8, 16, 0).run, 1);
    }
}
