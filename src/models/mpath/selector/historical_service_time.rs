//! historical-service-time: the path that would be done first, going by a
//! moving average of what it took so far (`dm-ps-historical-service-time.c`,
//! 6.1). Integer fixed point throughout, as in the kernel.

use std::cmp::Ordering;
use std::fmt::Write;

use super::list::{Rotation, ValidPaths};
use super::{PathSelector, SelectCtx, StatusType, Weight};
use crate::models::mpath::scan::scan_u32;
use crate::sim::Ns;

/// Fraction bits: 1 is 1024.
const SHIFT: u32 = 10;
const ONE: u64 = 1 << SHIFT;
/// Largest service time that enters the average, fixed point.
const MAX: u64 = (1 << (64 - SHIFT)) - 1;
/// Outstanding I/Os from which on averages are compared without fraction.
const MAX_OUTSTANDING: u64 = ONE;
/// Buckets of service time, each with its own weight.
const BUCKETS: usize = 64;
/// log₂ of a bucket's width: 16.8 ms.
const BUCKET_SHIFT: u32 = 24;
/// Weight of the past when `base_weight` is not given: 0.95.
const DEFAULT_BASE_WEIGHT: u32 = 972;

#[derive(Copy, Clone, Debug)]
struct PathInfo {
    /// Average service time, ns in fixed point.
    hst: u64,
    /// When its figure is out of date, ns.
    stale_after: u64,
    /// When it last completed an I/O, ns.
    last_finish: u64,
    outstanding: u64,
}

/// A scan for the least estimated service time, which goes back to a path
/// nothing was heard of for a while.
#[derive(Clone, Debug)]
pub struct HistoricalServiceTime {
    valid: ValidPaths,
    paths: Vec<PathInfo>,
    threshold_multiplier: u32,
    weights: Box<[u64; BUCKETS]>,
}

impl HistoricalServiceTime {
    /// From the group's arguments: `[base_weight [threshold_multiplier]]`,
    /// `base_weight` 0 to 1023 (default 972), `threshold_multiplier` default 0.
    /// None if they are refused.
    pub fn parse(args: &[&str]) -> Option<Self> {
        let arg = |at: usize, default| args.get(at).map_or(Some(default), |text| scan_u32(text));
        let base_weight = u64::from(arg(0, DEFAULT_BASE_WEIGHT)?);
        let threshold_multiplier = arg(1, 0)?;
        if args.len() > 2 || base_weight >= ONE {
            return None;
        }
        let mut weights = Box::new([0; BUCKETS]);
        for (i, weight) in weights.iter_mut().take(BUCKETS - 1).enumerate() {
            *weight = fixed_power(base_weight, i as u32 + 1);
        }
        Some(HistoricalServiceTime {
            valid: ValidPaths::default(),
            paths: Vec::new(),
            threshold_multiplier,
            weights,
        })
    }

    /// The weight of the past after a service time of `st` ns.
    fn weight(&self, st: u64) -> u64 {
        self.weights[((st >> BUCKET_SHIFT) as usize).min(BUCKETS - 1)]
    }
}

/// Fixed-point product, rounded.
fn fixed_mul(a: u64, b: u64) -> u64 {
    (a * b + ONE / 2) >> SHIFT
}

/// `x` to the power `n` in fixed point, by squaring, each product rounded.
fn fixed_power(mut x: u64, mut n: u32) -> u64 {
    let mut result = ONE;
    while n > 0 {
        if n & 1 == 1 {
            result = fixed_mul(result, x);
        }
        n >>= 1;
        if n > 0 {
            x = fixed_mul(x, x);
        }
    }
    result
}

/// Moving average: `weight` of the past, the rest of `next` (`fixed_ema`).
fn fixed_ema(last: u64, next: u64, weight: u64) -> u64 {
    last.wrapping_mul(weight)
        .wrapping_add(next.wrapping_mul(ONE - weight))
        .wrapping_add(ONE / 2)
        >> SHIFT
}

/// Less if `a` is to be preferred at `now` (`hst_compare`).
#[inline]
fn compare(a: &PathInfo, b: &PathInfo, now: u64, threshold_multiplier: u32) -> Ordering {
    let (high, low) = if a.hst > b.hst {
        (a.hst, b.hst)
    } else {
        (b.hst, a.hst)
    };
    let by_load = a.outstanding.cmp(&b.outstanding);
    if high <= low.wrapping_mul(u64::from(threshold_multiplier)) {
        return by_load;
    }
    let (idle_a, idle_b) = (a.outstanding == 0, b.outstanding == 0);
    let (stale_a, stale_b) = (a.stale_after < now, b.stale_after < now);
    if (idle_a && stale_a) || (idle_b && stale_b) || (idle_a && idle_b) {
        let term = |counts: bool, p: &PathInfo| if counts { p.stale_after } else { 0 };
        return (term(idle_b, a).wrapping_sub(term(idle_a, b)) as i64).cmp(&0);
    }
    let b_better = if a.outstanding == b.outstanding {
        a.hst > b.hst
    } else {
        let cut = a.outstanding >= MAX_OUTSTANDING || b.outstanding >= MAX_OUTSTANDING;
        let load = |p: &PathInfo| {
            let hst = if cut { p.hst >> SHIFT } else { p.hst };
            (1 + p.outstanding).wrapping_mul(hst)
        };
        load(a) > load(b)
    };
    match (b_better, if b_better { stale_b } else { stale_a }) {
        (_, true) => by_load,
        (true, false) => Ordering::Greater,
        (false, false) => Ordering::Less,
    }
}

impl PathSelector for HistoricalServiceTime {
    fn name(&self) -> &str {
        "historical-service-time"
    }
    fn weight(&self) -> Weight {
        Weight::Timed
    }
    /// The repeat count is read and forgotten.
    fn add_path(&mut self, args: &[&str], _log: &mut Vec<String>) -> Result<(), String> {
        if args.len() > 1 {
            return Err("historical-service-time ps: incorrect number of arguments".into());
        }
        if args.first().is_some_and(|text| scan_u32(text).is_none()) {
            return Err("historical-service-time ps: invalid repeat count".into());
        }
        self.valid.push_tail(self.paths.len());
        self.paths.push(PathInfo {
            hst: ONE,
            stale_after: 0,
            last_finish: 0,
            outstanding: 0,
        });
        Ok(())
    }
    #[inline]
    fn select_path(&mut self, ctx: &SelectCtx) -> Option<usize> {
        // A kernel's clock is past zero when paths are made: fresh ones are stale.
        let now = ctx.now.0.max(1);
        let (paths, multiplier) = (&self.paths, self.threshold_multiplier);
        self.valid.pick(
            Rotation::ChosenLast,
            |path| paths[path],
            |a, b| compare(a, b, now, multiplier).is_lt(),
            |_| false,
        )
    }
    #[inline]
    fn start_io(&mut self, path: usize, _nr_bytes: u32) {
        self.paths[path].outstanding += 1;
    }
    /// Overlapping I/Os are charged only what each adds: the time since the
    /// path's previous completion.
    #[inline]
    fn end_io(&mut self, path: usize, _nr_bytes: u32, start: Ns, now: Ns) {
        let valid_paths = self.valid.len() as u64;
        let p = &self.paths[path];
        let st = now.0.saturating_sub(start.0.max(p.last_finish));
        let weight = self.weight(st);
        let p = &mut self.paths[path];
        p.outstanding = p.outstanding.saturating_sub(1);
        p.last_finish = now.0;
        p.hst = fixed_ema(p.hst, st.saturating_mul(ONE).min(MAX), weight);
        p.stale_after = now.0.wrapping_add(valid_paths.wrapping_mul(p.hst >> SHIFT));
    }
    fn fail_path(&mut self, path: usize) {
        self.valid.remove(path);
    }
    fn reinstate_path(&mut self, path: usize) {
        self.valid.push_tail(path);
    }
    fn status_args(&self, kind: StatusType) -> u32 {
        match kind {
            StatusType::Info => 3,
            StatusType::Table => 1,
        }
    }
    fn status(&self, path: Option<usize>, kind: StatusType, out: &mut String) {
        let _ = match (path.map(|p| &self.paths[p]), kind) {
            (None, _) => write!(out, "2 {} {} ", self.weights[0], self.threshold_multiplier),
            (Some(p), StatusType::Info) => {
                write!(out, "{} {} {} ", p.hst, p.outstanding, p.stale_after)
            }
            (Some(_), StatusType::Table) => write!(out, "0 "),
        };
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn weights_fall_from_bucket_to_bucket() {
        let hst = HistoricalServiceTime::parse(&[]).unwrap();
        let first = [972, 923, 876, 832, 790, 750, 712, 676, 642, 609];
        assert_eq!(hst.weights[..10], first);
        assert_eq!(hst.weights[62..], [39, 0]);
    }

    #[test]
    fn group_arguments_are_checked() {
        for bad in [&["1024"][..], &["x"], &["1", "x"], &["1", "2", "3"]] {
            assert!(HistoricalServiceTime::parse(bad).is_none(), "{bad:?}");
        }
        assert!(HistoricalServiceTime::parse(&["0", "5"]).is_some());
    }
}
