//! Streaming statistics: memory does not grow with the number of samples.

use hdrhistogram::Histogram;

use super::time::Ns;

/// Latencies of one kind: moments exactly, percentiles by HdrHistogram.
#[derive(Clone, Debug)]
pub struct LatencyStats {
    hist: Histogram<u64>,
    min: u64,
    max: u64,
    sum: u128,
    sum_sq: f64,
}

impl Default for LatencyStats {
    fn default() -> Self {
        // 2 significant digits, auto-resizing; 2 is always accepted.
        let hist = Histogram::new(2).unwrap_or_else(|_| unreachable_histogram());
        LatencyStats {
            hist,
            min: u64::MAX,
            max: 0,
            sum: 0,
            sum_sq: 0.0,
        }
    }
}

fn unreachable_histogram() -> Histogram<u64> {
    Histogram::new_from(&Histogram::<u64>::new(1).unwrap_or_else(|_| unreachable_histogram()))
}

impl LatencyStats {
    /// Adds one sample.
    #[inline]
    pub fn record(&mut self, v: Ns) {
        let v = v.0;
        self.min = self.min.min(v);
        self.max = self.max.max(v);
        self.sum += u128::from(v);
        self.sum_sq += (v as f64) * (v as f64);
        self.hist.saturating_record(v.max(1));
    }
    /// Number of samples.
    pub fn count(&self) -> u64 {
        self.hist.len()
    }
    /// Smallest sample; 0 if there is none.
    pub fn min(&self) -> u64 {
        if self.count() == 0 { 0 } else { self.min }
    }
    /// Largest sample.
    pub fn max(&self) -> u64 {
        self.max
    }
    /// Mean in ns; 0 if there is no sample.
    pub fn mean(&self) -> f64 {
        match self.count() {
            0 => 0.0,
            n => self.sum as f64 / n as f64,
        }
    }
    /// Population standard deviation in ns.
    pub fn stddev(&self) -> f64 {
        let n = self.count() as f64;
        if n < 1.0 {
            return 0.0;
        }
        let m = self.mean();
        libm::sqrt((self.sum_sq / n - m * m).max(0.0))
    }
    /// The value at or below which `percent` % of the samples lie, ns.
    pub fn percentile(&self, percent: f64) -> u64 {
        self.hist.value_at_percentile(percent)
    }
    /// Adds all samples of `other`.
    pub fn merge(&mut self, other: &LatencyStats) {
        self.hist.add(&other.hist).ok();
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum += other.sum;
        self.sum_sq += other.sum_sq;
    }
}
