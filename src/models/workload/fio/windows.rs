//! A thread's completions by time: from what can be told where its warm-up ends
//! and how its figures vary within a run. Not a part of fio.

use std::ops::{AddAssign, Range};

use crate::sim::Ns;
use crate::sim::stats::{LatencyStats, Series};

/// Width of the first windows and bins.
const WIDTH: Ns = Ns(100_000);
/// Most windows; beyond, two and two become one.
const WINDOWS: usize = 64;
/// Most bins, likewise: a window is a whole number of them.
const BINS: usize = 512;

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
        self.add(&other);
    }
}

impl Window {
    /// Adds what ended in another.
    pub fn add(&mut self, other: &Window) {
        self.bytes += other.bytes;
        self.latency.merge(&other.latency);
    }
}

/// The same in short, for narrower times.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Bin {
    /// I/Os.
    pub ios: u64,
    /// Sum of what they took, ns.
    pub latency: u64,
}

impl AddAssign for Bin {
    fn add_assign(&mut self, other: Bin) {
        self.ios += other.ios;
        self.latency = self.latency.saturating_add(other.latency);
    }
}

/// A run, from time 0: windows with whole distributions, and narrower bins.
#[derive(Clone, Debug)]
pub struct Windows {
    windows: Series<Window>,
    bins: Series<Bin>,
    /// Buckets that the last window had: the next will need them.
    room: Range<usize>,
}

impl Default for Windows {
    fn default() -> Self {
        Windows {
            windows: Series::new(Ns::ZERO, WIDTH, WINDOWS),
            bins: Series::new(Ns::ZERO, WIDTH, BINS),
            room: 0..0,
        }
    }
}

impl Windows {
    /// Counts an I/O of `bytes` that ended at `now` and took `latency`.
    pub fn completed(&mut self, now: Ns, bytes: u32, latency: Ns) {
        let window = self.windows.at(now);
        if window.latency.count() == 0 {
            window.latency.make_room(self.room.clone());
        }
        window.bytes += u64::from(bytes);
        window.latency.record(latency);
        self.room = window.latency.room();
        let (ios, latency) = (1, latency.0);
        *self.bins.at(now) += Bin { ios, latency };
    }

    /// Adds the windows of another thread.
    pub fn merge(&mut self, other: &Windows) {
        // All widths are the first times a power of two: the wider ones hold the
        // narrower whole.
        if other.windows.width() > self.windows.width() {
            let narrow = std::mem::replace(self, other.clone());
            return self.merge(&narrow);
        }
        for (at, window) in other.windows.bins() {
            self.windows.at(at).add(window);
        }
        for (at, bin) in other.bins.bins() {
            *self.bins.at(at) += *bin;
        }
    }

    /// How wide a window is.
    pub fn width(&self) -> Ns {
        self.windows.width()
    }

    /// How wide a bin is.
    pub fn bin_width(&self) -> Ns {
        self.bins.width()
    }

    /// The windows, up to the last that has something in it.
    pub fn windows(&self) -> impl Iterator<Item = &Window> + '_ {
        self.windows.bins().map(|(_, window)| window)
    }

    /// The bins, likewise.
    pub fn bins(&self) -> impl Iterator<Item = &Bin> + '_ {
        self.bins.bins().map(|(_, bin)| bin)
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
        assert_eq!((&a.windows, &a.bins), (&b.windows, &b.bins));
        let all: u64 = a.windows().map(|w| w.latency.count()).sum();
        let ios: u64 = a.bins().map(|bin| bin.ios).sum();
        assert_eq!((all, ios, a.width()), (3, 3, long.width()));
        assert_eq!(a.width().0 % a.bin_width().0, 0);
    }
}
