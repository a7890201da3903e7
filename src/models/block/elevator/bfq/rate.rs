//! How fast the device is, at its best: budgets and times follow from it.

use super::super::Reqs;
use super::queue::QueueId;
use super::raise::REF_RATE;
use super::time::Now;
use super::{Bfq, MIN_TT};
use crate::models::io::ReqId;

/// Fraction bits of a rate (`BFQ_RATE_SHIFT`).
const RATE_SHIFT: u32 = 16;
/// Fewest samples (`BFQ_RATE_MIN_SAMPLES`).
const MIN_SAMPLES: u64 = 32;
/// Shortest time to measure in, ns (`BFQ_RATE_MIN_INTERVAL`).
const MIN_INTERVAL: u64 = 300_000_000;
/// The time to measure in, ns (`BFQ_RATE_REF_INTERVAL`).
const REF_INTERVAL: u64 = 1_000_000_000;
/// A pause that ends a measurement, ns.
const PAUSE: u64 = 100_000_000;
/// Sectors beyond which a request is far from the last (`BFQQ_SEEK_THR`).
const SEEK_THR: u64 = 800;
/// Sectors of a request that is large on a device that does not rotate, for
/// which distance does not matter (`BFQQ_SECT_THR_NONROT`).
pub(super) const SECT_THR_NONROT: u32 = 64;

/// The measurement of the device's rate.
#[derive(Debug)]
pub(super) struct Rate {
    /// 2⁻¹⁶ sectors/µs (`peak_rate`).
    pub(super) peak: u64,
    samples: u64,
    sequential: u64,
    sectors: u64,
    max_size: u64,
    first_dispatch: u64,
    last_dispatch: u64,
    delta_from_first: u64,
    /// When a request last left the driver, ns.
    pub(super) last_completion: u64,
}

impl Default for Rate {
    fn default() -> Self {
        Rate {
            peak: REF_RATE * 2 / 3,
            samples: 0,
            sequential: 0,
            sectors: 0,
            max_size: 0,
            first_dispatch: 0,
            last_dispatch: 0,
            delta_from_first: 0,
            last_completion: 0,
        }
    }
}

impl Rate {
    /// `bfq_reset_rate_computation`
    fn restart(&mut self, first: Option<u32>, now: Now) {
        match first {
            Some(sectors) => {
                self.first_dispatch = now.ns;
                self.last_dispatch = now.ns;
                self.samples = 1;
                self.sequential = 0;
                self.sectors = u64::from(sectors);
                self.max_size = u64::from(sectors);
            }
            None => self.samples = 0,
        }
    }

    /// Takes what has been measured into the estimate, if it is of use
    /// (`bfq_update_rate_reset`); whether it has changed.
    fn conclude(&mut self) -> bool {
        if self.samples < MIN_SAMPLES || self.delta_from_first < MIN_INTERVAL {
            return false;
        }
        let busy = self.last_completion.saturating_sub(self.first_dispatch);
        self.delta_from_first = self.delta_from_first.max(busy);
        let rate = (self.sectors << RATE_SHIFT) / (self.delta_from_first / 1000);
        let rarely_sequential = self.sequential < (3 * self.samples) >> 2;
        if rarely_sequential && rate <= self.peak || rate > 20 << RATE_SHIFT {
            return false;
        }
        let weight = 9 * self.sequential / self.samples;
        let weight = (weight * self.delta_from_first / REF_INTERVAL).min(8);
        let divisor = 10 - weight;
        self.peak = (self.peak * (divisor - 1) / divisor + rate / divisor).max(1);
        true
    }
}

/// Whether `rq` is far from `last`, where a queue or the device last was
/// (`BFQ_RQ_SEEKY`).
fn is_seeky(reqs: &Reqs, rq: ReqId, last: u64) -> bool {
    let r = &reqs[rq];
    last != 0 && r.sector.abs_diff(last) > SEEK_THR && r.sectors < SECT_THR_NONROT
}

impl Bfq {
    fn conclude_rate(&mut self, first: Option<u32>, now: Now) {
        if self.rate.conclude() {
            // bfq_calc_max_budget
            let ms = self.clock.to_ms(self.timeout()) as u64;
            self.bfq_max_budget = ((self.rate.peak * 1000 * ms) >> RATE_SHIFT) as i64;
        }
        self.rate.restart(first, now);
    }

    /// `rq` goes to the driver (`bfq_update_peak_rate`).
    pub(super) fn update_peak_rate(&mut self, reqs: &Reqs, q: QueueId, rq: ReqId, now: Now) {
        let sectors = reqs[rq].sectors;
        let seeky = is_seeky(reqs, rq, self.last_position);
        let is_idle = self.rq_in_driver == 0;
        let rate = &mut self.rate;
        if rate.samples == 0 {
            rate.restart(Some(sectors), now);
        } else if is_idle && now.ns.saturating_sub(rate.last_dispatch) > PAUSE {
            self.conclude_rate(Some(sectors), now);
        } else {
            rate.samples += 1;
            let in_time = now.ns.saturating_sub(rate.last_completion) < MIN_TT;
            if (!is_idle || in_time) && !seeky {
                rate.sequential += 1;
            }
            rate.sectors += u64::from(sectors);
            rate.max_size = match rate.samples % 32 {
                0 => u64::from(sectors),
                _ => rate.max_size.max(u64::from(sectors)),
            };
            rate.delta_from_first = now.ns.saturating_sub(rate.first_dispatch);
            if rate.delta_from_first >= REF_INTERVAL {
                self.conclude_rate(Some(sectors), now);
            }
        }
        self.last_position = reqs[rq].sector + u64::from(sectors);
        if self.in_service == Some(q) {
            self.in_serv_last_pos = self.last_position;
        }
        self.rate.last_dispatch = now.ns;
    }

    /// A request has left the driver: one that took very long ends the
    /// measurement.
    pub(super) fn note_completion(&mut self, now: Now) {
        let us = now.ns.saturating_sub(self.rate.last_completion) / 1000;
        let slow =
            us > MIN_TT / 1000 && (self.rate.max_size << RATE_SHIFT) / us < 1 << (RATE_SHIFT - 10);
        if slow {
            self.conclude_rate(None, now);
        }
        self.rate.last_completion = now.ns;
    }

    /// `rq` has come for `q`: whether it is far from the one before
    /// (`bfq_update_io_seektime`).
    pub(super) fn update_seek_history(&mut self, reqs: &Reqs, q: QueueId, rq: ReqId, now: Now) {
        let rt = self.is_raised_as_rt(q);
        let queue = &mut self.queues[q];
        let seeky = is_seeky(reqs, rq, queue.last_request_pos);
        queue.seek_history = queue.seek_history << 1 | u32::from(seeky);
        if queue.wr.coeff > 1 && rt && queue.is_totally_seeky() {
            self.end_rt(q, now);
        }
    }
}
