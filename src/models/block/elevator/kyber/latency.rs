//! What kyber measures, and what it concludes from it.

use super::OTHER;
use crate::sim::Ns;

/// Targets of reads, writes and discards (`kyber_latency_targets`).
const TARGETS: [Ns; OTHER] = [Ns::from_ms(2), Ns::from_ms(10), Ns::from_secs(5)];
/// A bucket is a fourth of the target wide (`KYBER_LATENCY_SHIFT`).
const SHIFT: u32 = 2;
/// Buckets within the target (`KYBER_GOOD_BUCKETS`).
const GOOD: usize = 1 << SHIFT;
/// All buckets (`KYBER_LATENCY_BUCKETS`).
const BUCKETS: usize = 2 * GOOD;
/// Samples that are enough at any time.
const ENOUGH: u32 = 500;
/// Time after which any number of samples is enough.
const LONG_ENOUGH: Ns = Ns::from_secs(1);

/// From allocation (`KYBER_TOTAL_LATENCY`).
const TOTAL: usize = 0;
/// From issue (`KYBER_IO_LATENCY`).
const IO: usize = 1;

/// Latencies of all domains but the last.
#[derive(Debug, Default)]
pub(super) struct Latency {
    buckets: [[[u32; BUCKETS]; 2]; OTHER],
    /// When the samples of a domain are enough.
    timeout: [Option<Ns>; OTHER],
    /// The last 99th percentile, until it has been made use of.
    p99: [Option<usize>; OTHER],
}

/// What a depth becomes if the 99th percentile of latency lies in bucket `p99`.
pub(super) fn scaled(depth: u32, p99: usize) -> u32 {
    (depth * (p99 as u32 + 1)) >> SHIFT
}

/// The bucket of a latency (`add_latency_sample`).
fn bucket(latency: Ns, target: Ns) -> usize {
    let width = (target.0 >> SHIFT).max(1);
    (latency.0.saturating_sub(1) / width).min(BUCKETS as u64 - 1) as usize
}

impl Latency {
    /// A request took `total` since it was allocated and `io` since it was
    /// issued.
    #[inline]
    pub(super) fn sample(&mut self, domain: usize, total: Ns, io: Ns) {
        let of = &mut self.buckets[domain];
        of[TOTAL][bucket(total, TARGETS[domain])] += 1;
        of[IO][bucket(io, TARGETS[domain])] += 1;
    }

    /// Which domains are to be resized, and by which percentile
    /// (`kyber_timer_fn`): if the device is congested all of which it is known,
    /// else those whose own latency is bad.
    pub(super) fn evaluate(&mut self, now: Ns) -> [Option<usize>; OTHER] {
        let mut bad = false;
        for domain in 0..OTHER {
            bad |= self.percentile(domain, IO, 90, now) >= Some(GOOD);
        }
        std::array::from_fn(|domain| {
            let mut p99 = self.percentile(domain, TOTAL, 99, now);
            if bad {
                p99 = p99.or(self.p99[domain]);
                self.p99[domain] = None;
            } else if p99.is_some() {
                self.p99[domain] = p99;
            }
            p99.filter(|&p99| bad || p99 >= GOOD)
        })
    }

    /// The bucket of a percentile, and an empty histogram; none before there
    /// are samples enough (`calculate_percentile`).
    fn percentile(&mut self, domain: usize, kind: usize, percent: u32, now: Ns) -> Option<usize> {
        let buckets = &mut self.buckets[domain][kind];
        let samples: u32 = buckets.iter().sum();
        if samples == 0 {
            return None;
        }
        let timeout = *self.timeout[domain].get_or_insert(now + LONG_ENOUGH);
        if samples < ENOUGH && now < timeout {
            return None;
        }
        self.timeout[domain] = None;
        let mut left = (samples * percent).div_ceil(100);
        let found = buckets[..BUCKETS - 1].iter().position(|&n| {
            let here = n >= left;
            left = left.saturating_sub(n);
            here
        });
        *buckets = [0; BUCKETS];
        Some(found.unwrap_or(BUCKETS - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_fourths_of_the_target() {
        let target = Ns::from_ms(2);
        let of = |us| bucket(Ns::from_us(us), target);
        assert_eq!([0, 500, 501, 1000, 2000].map(of), [0, 0, 1, 1, 3]);
        assert_eq!([2001, 3500, 3501, 900_000].map(of), [4, 6, 7, 7]);
    }

    #[test]
    fn a_percentile_waits_for_500_samples_or_a_second() {
        let mut l = Latency::default();
        for _ in 0..499 {
            l.sample(0, Ns::from_ms(9), Ns::from_ms(9));
        }
        let begin = Ns::from_ms(100);
        assert_eq!(l.percentile(0, TOTAL, 99, begin), None);
        assert_eq!(l.percentile(0, TOTAL, 99, Ns::from_ms(1099)), None);
        assert_eq!(l.percentile(0, TOTAL, 99, Ns::from_ms(1100)), Some(7));
        assert_eq!(l.percentile(0, TOTAL, 99, Ns::from_ms(1200)), None);
        let mut l = Latency::default();
        for _ in 0..500 {
            l.sample(0, Ns::ZERO, Ns::from_us(600));
        }
        assert_eq!(l.percentile(0, IO, 90, begin), Some(1));
    }

    #[test]
    fn congestion_of_one_domain_throttles_the_good_ones() {
        let mut l = Latency::default();
        for _ in 0..500 {
            l.sample(0, Ns::from_us(1200), Ns::from_us(1200));
        }
        // Reads are well: nothing happens, but it is remembered.
        assert_eq!(l.evaluate(Ns::ZERO), [None; 3]);
        for _ in 0..500 {
            l.sample(1, Ns::from_ms(20), Ns::from_ms(15));
        }
        assert_eq!(l.evaluate(Ns::ZERO), [Some(2), Some(7), None]);
        assert_eq!([scaled(256, 2), scaled(128, 7)], [192, 256]);
        // Of reads nothing new is known.
        for _ in 0..500 {
            l.sample(1, Ns::from_ms(20), Ns::from_ms(15));
        }
        assert_eq!(l.evaluate(Ns::ZERO), [None, Some(7), None]);
    }

    #[test]
    fn a_domain_with_bad_latency_of_its_own_gets_deeper() {
        let mut l = Latency::default();
        for _ in 0..500 {
            l.sample(0, Ns::from_ms(3), Ns::from_ms(1));
        }
        assert_eq!(l.evaluate(Ns::ZERO), [Some(5), None, None]);
    }
}
