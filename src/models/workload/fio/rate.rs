//! `rate` and `rate_iops`: when the next I/O may start (`io_u.c:rate_ddir`,
//! `backend.c:usec_for_io`, 3.33).
//!
//! Times are whole microseconds since the thread's epoch, as fio keeps them.

use super::direction::{self, Directions};
use super::rand::Taus32;
use super::seeds;
use super::spec::{Dir, PerDir, RateProcess, ThreadSpec};

/// What the rate says to an I/O.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Go.
    Go(Dir),
    /// Wait so many µs first.
    Wait(Dir, u64),
}

/// The rate of a thread.
#[derive(Clone, Debug)]
pub struct Rate {
    active: bool,
    process: RateProcess,
    /// Bytes a second.
    bps: PerDir<u64>,
    /// Mean Poisson gap, µs, truncated.
    gap: PerDir<u64>,
    issued: PerDir<u64>,
    next: PerDir<u64>,
    last: PerDir<u64>,
    poisson: PerDir<Taus32>,
}

impl Rate {
    /// The rate of `spec`.
    pub fn new(spec: &ThreadSpec) -> Self {
        let bps = PerDir(Dir::ALL.map(|d| match spec.rate[d] {
            0 => spec.rate_iops[d].saturating_mul(spec.sizes[d].min),
            rate => rate,
        }));
        let gap = PerDir(Dir::ALL.map(|d| {
            let iops = bps[d] / spec.sizes[d].min.max(1);
            1_000_000u64.checked_div(iops).unwrap_or(0)
        }));
        Rate {
            active: Dir::ALL.iter().any(|d| bps[*d] > 0),
            process: spec.rate_process,
            bps,
            gap,
            issued: PerDir::all(0),
            next: PerDir::all(0),
            last: PerDir::all(0),
            poisson: poisson(spec),
        }
    }

    /// The generators as they were at first.
    pub fn reseed(&mut self, spec: &ThreadSpec) {
        self.poisson = poisson(spec);
    }

    /// Counts from now on (end of `ramp_time`).
    pub fn restart(&mut self) {
        self.issued = PerDir::all(0);
        self.next = PerDir::all(0);
        self.last = PerDir::all(0);
    }

    /// Whether there is a rate at all.
    #[inline]
    pub fn active(&self) -> bool {
        self.active
    }

    /// So many bytes were issued.
    #[inline]
    pub fn issued(&mut self, dir: Dir, bytes: u64) {
        self.issued[dir] += bytes;
    }

    /// An I/O that was issued is not.
    pub fn unissued(&mut self, dir: Dir, bytes: u64) {
        self.issued[dir] = self.issued[dir].saturating_sub(bytes);
    }

    /// After an I/O of `dir` was submitted: sets the time of the next.
    pub fn schedule(&mut self, dir: Dir) {
        let bps = self.bps[dir];
        self.next[dir] = match self.process {
            RateProcess::Poisson => {
                self.last[dir] += gap(self.gap[dir], &mut self.poisson[dir]);
                self.last[dir]
            }
            RateProcess::Linear if bps > 0 => {
                (u128::from(self.issued[dir]) * 1_000_000 / u128::from(bps)) as u64
            }
            RateProcess::Linear => 0,
        };
    }

    /// Whether an I/O of `dir`, or in a mixed job one of the other direction,
    /// may start at `now` (µs since the epoch).
    #[inline]
    pub fn verdict(&self, dir: Dir, now: u64, mix: &Directions) -> Verdict {
        if self.next[dir] <= now {
            return Verdict::Go(dir);
        }
        let other = direction::other(dir);
        if mix.mixed() && mix.share(other) > 0 {
            if self.next[other] <= now {
                return Verdict::Go(other);
            }
            if self.next[other] < self.next[dir] {
                return Verdict::Wait(other, self.next[other] - now);
            }
        }
        Verdict::Wait(dir, self.next[dir] - now)
    }
}

fn poisson(spec: &ThreadSpec) -> PerDir<Taus32> {
    PerDir(seeds::POISSON.map(|i| Taus32::new(spec.seeds[i])))
}

/// An exponential gap of mean `mean` µs, in single precision as fio computes
/// it.
fn gap(mean: u64, rand: &mut Taus32) -> u64 {
    // Rounded once from double: differs from glibc's logf, which is not always
    // the nearest, by 1 µs in one gap of a million.
    let log = libm::log(f64::from(rand.unit() as f32)) as f32;
    (mean as f32 * -log) as u64
}

/// Mean Poisson gap of `spec` in the direction `dir`, µs: in whole ones, as fio
/// keeps it; 0 without a rate.
pub fn mean_gap(spec: &ThreadSpec, dir: Dir) -> f64 {
    Rate::new(spec).gap[dir] as f64
}

/// I/Os of the direction `dir` that the Poisson arrivals of `spec` let start in the
/// first `us` µs.
pub fn arrivals(spec: &ThreadSpec, dir: Dir, us: u64) -> u64 {
    let mut rate = Rate::new(spec);
    if rate.gap[dir] == 0 {
        return u64::MAX;
    }
    let mut count = 1;
    rate.schedule(dir);
    while rate.next[dir] <= us {
        count += 1;
        rate.schedule(dir);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poisson_at(iops: u64) -> Rate {
        Rate::new(&ThreadSpec {
            rate_iops: PerDir([iops, 0, 0]),
            rate_process: RateProcess::Poisson,
            seeds: seeds::from_randseed(7, 1),
            ..ThreadSpec::default()
        })
    }

    #[test]
    fn poisson_gaps_have_their_mean() {
        let mut rate = poisson_at(1000);
        for _ in 0..100_000 {
            rate.schedule(Dir::Read);
        }
        let mean = rate.next[Dir::Read] as f64 / 100_000.0;
        assert!((mean - 1000.0).abs() < 10.0, "{mean}");
    }

    #[test]
    fn linear_times_are_issued_bytes_over_rate() {
        let mut rate = Rate::new(&ThreadSpec {
            rate_iops: PerDir([7500, 0, 0]),
            ..ThreadSpec::default()
        });
        let mut times = Vec::new();
        for _ in 0..4 {
            rate.issued(Dir::Read, 4096);
            rate.schedule(Dir::Read);
            times.push(rate.next[Dir::Read]);
        }
        assert_eq!(times, [133, 266, 400, 533]);
    }

    #[test]
    fn a_direction_that_is_late_goes_first() {
        let spec = ThreadSpec {
            pattern: super::super::spec::Pattern {
                read: true,
                write: true,
                ..Default::default()
            },
            rate_iops: PerDir([1000, 1000, 0]),
            ..ThreadSpec::default()
        };
        let (mut rate, mix) = (Rate::new(&spec), Directions::new(&spec));
        rate.issued(Dir::Read, 8192);
        rate.schedule(Dir::Read);
        assert_eq!(rate.verdict(Dir::Read, 500, &mix), Verdict::Go(Dir::Write));
        rate.issued(Dir::Write, 4096);
        rate.schedule(Dir::Write);
        assert_eq!(
            rate.verdict(Dir::Read, 500, &mix),
            Verdict::Wait(Dir::Write, 500)
        );
        assert_eq!(rate.verdict(Dir::Read, 2000, &mix), Verdict::Go(Dir::Read));
    }
}
