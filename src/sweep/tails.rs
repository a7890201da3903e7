//! The interval of a percentile of one run, from the shares of its I/Os that take longer
//! than each of the latencies about it.
//!
//! A share is a mean, which parts of the run tell (Woodruff 1952). How well they tell it
//! differs from latency to latency: where two kinds of latency meet, hardly any I/O is
//! between them, and their share is known very well, while that of I/Os beyond a latency a
//! little below may be anything. So each latency is asked by itself whether it may be the
//! percentile, and the interval ends at the nearest that may not (test inversion: Francisco
//! and Fuller 1991).

use super::tables::LEVEL;
use super::within::{Cut, Method};
use crate::sim::stats::LatencyStats;
use crate::stats::{CORRELATED, Moments, neighbours, student_t};

/// Fewest I/Os beyond a quantile, and before it.
const BEYOND: f64 = 200.0;
/// How coarse percentiles are: a bucket of their histogram, as a share of itself.
const BUCKET: f64 = 1.0 / 128.0;

/// How many I/Os took longer than each of some latencies.
pub(super) struct Tails<'r> {
    all: &'r LatencyStats,
    /// The latencies, ns: the greatest of each bucket that holds something.
    limits: Vec<u64>,
    /// The share of all I/Os that took no longer.
    within: Vec<f64>,
    /// The parts of the run, cut in all ways.
    cuts: Vec<CutTails>,
}

/// The same of equal parts of the run.
struct CutTails {
    /// I/Os of every part: all, and those beyond each limit.
    parts: Vec<(f64, Vec<f64>)>,
    /// Standard errors to either side of a mean of the parts.
    reach: f64,
}

impl<'r> Tails<'r> {
    /// Of a run's I/Os, and of the parts of it, cut in all ways.
    pub(super) fn new(all: &'r LatencyStats, cuts: &[Cut]) -> Tails<'r> {
        let mut limits = Vec::new();
        let mut within = Vec::new();
        let mut seen = 0;
        for bucket in all.histogram().buckets() {
            seen += bucket.count;
            limits.push(bucket.highest);
            within.push(seen as f64 / all.count() as f64);
        }
        let cuts = cuts.iter().map(|cut| CutTails::new(cut, &limits));
        Tails {
            all,
            cuts: cuts.collect(),
            limits,
            within,
        }
    }

    /// The interval of a quantile, µs.
    ///
    /// # Errors
    /// The parts do not tell it, and why.
    pub(super) fn quantile(&self, percent: f64) -> Result<[f64; 2], Method> {
        let p = percent / 100.0;
        if (self.all.count() as f64) * p.min(1.0 - p) < BEYOND {
            return Err(Method::TooFewIos);
        }
        let shortest = self.cuts.first().ok_or(Method::TooFewIos)?;
        let found = self.all.percentile(percent);
        let own = self.limits.partition_point(|limit| *limit < found);
        if neighbours(&shortest.off(own)) > CORRELATED {
            return Err(Method::Correlated);
        }
        let half = self.half_width(own);
        if p - half <= 0.0 || p + half >= 1.0 {
            return Err(Method::TooFewIos);
        }
        // The nearest that is too small, surely, and the nearest that is large enough: as
        // sure as parts are of it, and as they are of the percentile that was found.
        let unsure = |at: &usize| self.half_width(*at).max(half);
        let is_less = |at: &usize| self.within[*at] + unsure(at) < p;
        let is_enough = |at: &usize| self.within[*at] - unsure(at) >= p;
        let least = (0..own).rev().find(is_less).map_or(0, |at| at + 1);
        let most = (own..self.limits.len()).find(is_enough);
        let at = |at: usize, step: f64| {
            let limit = self.limits.get(at).copied().unwrap_or(self.all.max());
            let (min, max) = (self.all.min() as f64, self.all.max() as f64);
            (limit as f64 * (1.0 + step)).clamp(min, max) / 1e3
        };
        let last = self.limits.len().saturating_sub(1);
        Ok([at(least, -BUCKET), at(most.unwrap_or(last), BUCKET)])
    }

    /// Half of the interval of the share of I/Os beyond limit number `at`: the widest that
    /// parts tell.
    fn half_width(&self, at: usize) -> f64 {
        let half = |cut: &CutTails| {
            let error = Moments::of(cut.off(at)).standard_error();
            error.map_or(f64::INFINITY, |error| cut.reach * error)
        };
        self.cuts.iter().map(half).fold(0.0, f64::max)
    }
}

impl CutTails {
    fn new(cut: &Cut, limits: &[u64]) -> CutTails {
        let of = |latency: &LatencyStats| {
            let mut left = latency.count();
            let mut buckets = latency.histogram().buckets().peekable();
            let beyond = limits.iter().map(|limit| {
                while let Some(bucket) = buckets.next_if(|bucket| bucket.highest <= *limit) {
                    left -= bucket.count;
                }
                left as f64
            });
            (latency.count() as f64, beyond.collect())
        };
        CutTails {
            parts: cut.parts.iter().map(|part| of(&part.latency)).collect(),
            reach: student_t(LEVEL, cut.parts.len() as f64 - 1.0),
        }
    }

    /// By how much the I/Os of every part that are beyond limit number `at` are more than
    /// their share, over the I/Os of a part.
    fn off(&self, at: usize) -> Vec<f64> {
        let beyond = |part: &(f64, Vec<f64>)| part.1.get(at).copied().unwrap_or(0.0);
        let all: f64 = self.parts.iter().map(|part| part.0).sum();
        let share = self.parts.iter().map(beyond).sum::<f64>() / all;
        let usual = all / self.parts.len() as f64;
        let parts = self.parts.iter();
        parts
            .map(|part| (beyond(part) - share * part.0) / usual)
            .collect()
    }
}
