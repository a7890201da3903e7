//! Completions over time, in bins whose number is bounded.

use crate::sim::Ns;

/// The most bins that are kept; beyond, two and two become one.
const MAX_BINS: usize = 4096;

/// A bin of the series.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Bin {
    /// I/Os that ended with success.
    pub ios: u64,
    /// Their bytes.
    pub bytes: u64,
    /// I/Os that ended with an error.
    pub errors: u64,
}

/// The series.
#[derive(Clone, Debug)]
pub struct Series {
    /// Width of a bin.
    pub width: Ns,
    /// The bins, from time 0.
    pub bins: Vec<Bin>,
}

impl Series {
    /// An empty series with bins of `width` (at least 1 ns).
    pub fn new(width: Ns) -> Self {
        Series {
            width: width.max(Ns(1)),
            bins: Vec::new(),
        }
    }
    /// Counts an I/O that ended at `at`.
    #[inline]
    pub fn io_done(&mut self, at: Ns, bytes: u32, errno: i32) {
        let mut i = (at.0 / self.width.0) as usize;
        while i >= MAX_BINS {
            self.halve();
            i = (at.0 / self.width.0) as usize;
        }
        if i >= self.bins.len() {
            self.bins.resize(i + 1, Bin::default());
        }
        let bin = &mut self.bins[i];
        if errno == 0 {
            bin.ios += 1;
            bin.bytes += u64::from(bytes);
        } else {
            bin.errors += 1;
        }
    }
    fn halve(&mut self) {
        self.width = self.width * 2;
        let halved = self.bins.chunks(2).map(|pair| {
            pair.iter().fold(Bin::default(), |a, b| Bin {
                ios: a.ios + b.ios,
                bytes: a.bytes + b.bytes,
                errors: a.errors + b.errors,
            })
        });
        self.bins = halved.collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_keeps_the_totals() {
        let mut s = Series::new(Ns(1));
        for i in 0..20_000 {
            s.io_done(Ns(i), 512, i32::from(i % 5 == 0));
        }
        assert!(s.bins.len() <= MAX_BINS);
        assert_eq!(s.bins.iter().map(|b| b.ios).sum::<u64>(), 16_000);
        assert_eq!(s.bins.iter().map(|b| b.errors).sum::<u64>(), 4_000);
        assert_eq!(s.bins.iter().map(|b| b.bytes).sum::<u64>(), 16_000 * 512);
    }
}
