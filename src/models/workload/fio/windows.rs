//! A thread's completions by time: from what can be told where its warm-up ends
//! and how its figures vary within a run. Not a part of fio.

use std::ops::AddAssign;

use crate::sim::Ns;
use crate::sim::stats::{LatencyStats, Series};

/// Width of the first windows.
const WIDTH: Ns = Ns(100_000);
/// Most windows; beyond, two and two become one.
const MOST: usize = 256;

/// What ended with success in a window of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    /// Bytes.
    pub bytes: u64,
    /// How long each I/O took, start to completion.
    pub latency: LatencyStats,
}

impl AddAssign for Window {
    fn add_assign(&mut self, other: Window) {
        self.bytes += other.bytes;
        self.latency.merge(&other.latency);
    }
}

/// Windows of a run, from time 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Windows(Series<Window>);

impl Default for Windows {
    fn default() -> Self {
        Windows(Series::new(Ns::ZERO, WIDTH, MOST))
    }
}

impl Windows {
    /// Counts an I/O of `bytes` that ended at `now` and took `latency`.
    pub fn completed(&mut self, now: Ns, bytes: u32, latency: Ns) {
        let window = self.0.at(now);
        window.bytes += u64::from(bytes);
        window.latency.record(latency);
    }

    /// Adds the windows of another thread.
    pub fn merge(&mut self, other: &Windows) {
        // Both are the first width times a power of two: the wider one's
        // windows hold the other's whole.
        let (wide, narrow) = match self.0.width() >= other.0.width() {
            true => (self.0.clone(), &other.0),
            false => (other.0.clone(), &self.0),
        };
        let mut sum = wide;
        for (at, window) in narrow.bins() {
            *sum.at(at) += window.clone();
        }
        self.0 = sum;
    }

    /// How wide each is.
    pub fn width(&self) -> Ns {
        self.0.width()
    }

    /// Each of them with its start, up to the last that has something in it.
    pub fn iter(&self) -> impl Iterator<Item = (Ns, &Window)> + '_ {
        self.0.bins()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_of_different_length_add_up() {
        let mut short = Windows::default();
        short.completed(Ns(150_000), 512, Ns(10));
        let mut long = Windows::default();
        long.completed(Ns(50_000), 512, Ns(10));
        long.completed(Ns::from_ms(100), 512, Ns(20));
        assert!(long.width() > short.width());
        let mut a = short.clone();
        a.merge(&long);
        let mut b = long.clone();
        b.merge(&short);
        assert_eq!(a, b);
        let all: u64 = a.iter().map(|(_, w)| w.latency.count()).sum();
        assert_eq!((all, a.width()), (3, long.width()));
    }
}
