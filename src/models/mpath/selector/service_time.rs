//! service-time: the path that would be done first, going by bytes in flight
//! and relative throughput (`dm-ps-service-time.c`, 6.1).

use std::fmt::Write;

use super::list::{Rotation, ValidPaths};
use super::queue_length::rotation;
use super::{PathSelector, SelectCtx, SelectorRules, StatusType, Weight, repeat_count};
use crate::models::mpath::scan::scan_u32;
use crate::sim::Ns;

/// Largest `relative_throughput`.
const MAX_THROUGHPUT: u32 = 100;
/// Sums of bytes from here on are shifted right before they are multiplied.
const MAX_INFLIGHT: u64 = u64::MAX >> SHIFT;
/// Bits of [`MAX_THROUGHPUT`].
const SHIFT: u32 = 7;

#[derive(Copy, Clone, Debug)]
struct PathInfo {
    /// Bytes in flight (`atomic_t`).
    in_flight: i32,
    /// 0 to 100; 0 = only if all others are 0 as well.
    throughput: u32,
    repeat_count: u32,
}

/// A scan for the least estimated service time.
#[derive(Clone, Debug)]
pub struct ServiceTime {
    rules: SelectorRules,
    rotation: Rotation,
    valid: ValidPaths,
    paths: Vec<PathInfo>,
}

impl ServiceTime {
    /// Without paths.
    pub fn new(rules: SelectorRules) -> Self {
        ServiceTime {
            rules,
            rotation: rotation(rules),
            valid: ValidPaths::default(),
            paths: Vec::new(),
        }
    }
}

/// Whether `a` is strictly better than `b` for `size` more bytes
/// (`st_compare_load`).
#[inline]
fn better(a: &PathInfo, b: &PathInfo, size: u32, truncate: bool) -> bool {
    let in_flight = |p: &PathInfo| i64::from(p.in_flight) as u64;
    let (size_a, size_b) = (in_flight(a), in_flight(b));
    if a.throughput == b.throughput {
        return less(size_a, size_b, truncate);
    }
    if size_a == size_b || a.throughput == 0 || b.throughput == 0 {
        return b.throughput < a.throughput;
    }
    let mut sums = [size_a, size_b].map(|s| s.wrapping_add(u64::from(size)));
    if sums.iter().any(|&s| s >= MAX_INFLIGHT) {
        sums = sums.map(|s| s >> SHIFT);
    }
    let time_a = sums[0].wrapping_mul(u64::from(b.throughput));
    let time_b = sums[1].wrapping_mul(u64::from(a.throughput));
    if time_a == time_b {
        return b.throughput < a.throughput;
    }
    less(time_a, time_b, truncate)
}

/// `a < b`, or the sign the kernel sees after cutting the difference to 32
/// bits.
#[inline]
fn less(a: u64, b: u64, truncate: bool) -> bool {
    let difference = a.wrapping_sub(b) as i64;
    if truncate {
        (difference as i32) < 0
    } else {
        difference < 0
    }
}

impl PathSelector for ServiceTime {
    fn name(&self) -> &str {
        "service-time"
    }
    fn add_path(&mut self, args: &[&str], log: &mut Vec<String>) -> Result<(), String> {
        if args.len() > 2 {
            return Err("service-time ps: incorrect number of arguments".into());
        }
        let repeat_count = repeat_count(self.name(), args.first(), self.rules, 1, log)?;
        let throughput = match args.get(1) {
            None => 1,
            Some(text) => scan_u32(text)
                .filter(|&t| t <= MAX_THROUGHPUT)
                .ok_or("service-time ps: invalid relative_throughput value")?,
        };
        self.valid.push_tail(self.paths.len());
        self.paths.push(PathInfo {
            in_flight: 0,
            throughput,
            repeat_count,
        });
        Ok(())
    }
    fn weight(&self) -> Weight {
        Weight::ServiceTime
    }
    #[inline]
    fn select_path(&mut self, ctx: &SelectCtx) -> Option<usize> {
        let (paths, size, truncate) = (
            self.paths.as_slice(),
            ctx.nr_bytes,
            self.rules.st_truncates_compare,
        );
        self.valid.pick(
            self.rotation,
            |path| paths[path],
            |a, b| better(a, b, size, truncate),
            |_| false,
        )
    }
    #[inline]
    fn start_io(&mut self, path: usize, nr_bytes: u32) {
        let in_flight = &mut self.paths[path].in_flight;
        *in_flight = in_flight.wrapping_add(nr_bytes as i32);
    }
    #[inline]
    fn end_io(&mut self, path: usize, nr_bytes: u32, _start: Ns, _now: Ns) {
        let in_flight = &mut self.paths[path].in_flight;
        *in_flight = in_flight.wrapping_sub(nr_bytes as i32);
    }
    fn fail_path(&mut self, path: usize) {
        self.valid.remove(path);
    }
    fn reinstate_path(&mut self, path: usize) {
        self.valid.push_tail(path);
    }
    fn repeat_count(&self, path: usize) -> u32 {
        self.paths[path].repeat_count
    }
    fn status_args(&self, _kind: StatusType) -> u32 {
        2
    }
    fn status(&self, path: Option<usize>, kind: StatusType, out: &mut String) {
        let Some(path) = path else {
            out.push_str("0 ");
            return;
        };
        let p = &self.paths[path];
        let _ = match kind {
            StatusType::Info => write!(out, "{} {} ", p.in_flight, p.throughput),
            StatusType::Table => write!(out, "{} {} ", p.repeat_count, p.throughput),
        };
    }
}
