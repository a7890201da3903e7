//! Read or write (`io_u.c:get_rw_ddir`, 3.33).

use super::rand::Taus32;
use super::seeds;
use super::spec::{Dir, ThreadSpec};

/// A thread's source of directions.
#[derive(Clone, Debug)]
pub struct Directions {
    /// The only direction of a job that does not mix.
    only: Option<Dir>,
    rand: Taus32,
    /// Shares of reads and writes, percent.
    mix: [u64; 2],
    current: Dir,
    /// I/Os of the current direction before the next draw.
    until: u64,
}

/// The other direction of a mix.
pub fn other(dir: Dir) -> Dir {
    if dir == Dir::Read {
        Dir::Write
    } else {
        Dir::Read
    }
}

impl Directions {
    /// The source of `spec`.
    pub fn new(spec: &ThreadSpec) -> Self {
        let p = spec.pattern;
        let read = u64::from(spec.rwmix_read.min(100));
        Directions {
            only: match (p.read, p.write) {
                (true, true) => None,
                (true, false) => Some(Dir::Read),
                (false, true) => Some(Dir::Write),
                (false, false) => Some(Dir::Trim),
            },
            rand: Taus32::new(spec.seeds[seeds::MIX]),
            mix: [read, 100 - read],
            current: Dir::Read,
            until: 0,
        }
    }

    /// The generator as it was at first.
    pub fn reseed(&mut self, spec: &ThreadSpec) {
        self.rand = Taus32::new(spec.seeds[seeds::MIX]);
    }

    /// The next I/O may draw, whatever was issued.
    pub fn restart(&mut self) {
        self.until = 0;
    }

    /// Whether reads and writes are mixed.
    #[inline]
    pub fn mixed(&self) -> bool {
        self.only.is_none()
    }

    /// Share of a direction of a mix, percent.
    #[inline]
    pub fn share(&self, dir: Dir) -> u64 {
        self.mix.get(dir as usize).copied().unwrap_or(0)
    }

    /// The direction of the next I/O, after so many of each were issued.
    #[inline]
    pub fn next(&mut self, issued: impl Fn(Dir) -> u64) -> Dir {
        if let Some(dir) = self.only {
            return dir;
        }
        if issued(self.current) >= self.until {
            let dir = if u64::from(self.rand.percent()) <= self.mix[0] {
                Dir::Read
            } else {
                Dir::Write
            };
            if dir != self.current {
                self.until = issued(self.current) * self.share(dir) / 100;
            }
            self.current = dir;
        }
        self.current
    }

    /// The rate made it `dir` instead.
    #[inline]
    pub fn switched(&mut self, dir: Dir) {
        self.current = dir;
    }
}
