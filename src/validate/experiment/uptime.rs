//! Since when the computer has been up, which no observation records.

use crate::models::host::HostConfig;
use crate::sim::Ns;

/// What a request queue adds to the timeout of a command, in ticks of a kernel
/// with `HZ` 250 (`blk_round_jiffies`, 6.1).
const SLACK: u64 = 256;
/// Ticks of a bucket of the timer wheel that this far off has no finer ones
/// (`kernel/time/timer.c`, level 2).
const BUCKET: u64 = 64;
/// The first and the last timeout, in ticks, of which the timer is in such a
/// bucket and not cut to five seconds (`blk_rq_timeout`).
const COARSE: std::ops::Range<u64> = 248..994;

/// The uptime of a kernel with `HZ` 250 whose disks give a command so many
/// seconds.
///
/// The timer of a queue is armed with its first command and fires at the end of
/// a bucket of 256 ms: a run is stuck for up to so much longer, by when it began.
/// Here it begins so that the timer falls into the middle of its bucket, where
/// as many runs are stuck for longer as for less.
pub fn uptime(timeout_s: Option<u32>, hz: u32) -> Ns {
    let usual = HostConfig::default().uptime;
    let timeout = u64::from(timeout_s.unwrap_or(0)) * u64::from(hz);
    if hz != 250 || !COARSE.contains(&timeout) {
        return usual;
    }
    let tick = Ns::from_ms(4);
    // Jiffies begin 300 s before they overflow.
    let at_start = (1 << 32) - 300 * 250 + usual.0 / tick.0;
    let off = (at_start + timeout + SLACK) % BUCKET;
    let later = (BUCKET + BUCKET / 2 - off) % BUCKET;
    usual + tick * later
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::host::{CpuCosts, Host};

    #[test]
    fn a_timer_fires_half_a_bucket_late() {
        for seconds in 1..4u32 {
            let mut host: Host<(), ()> = Host::new(1, 250, CpuCosts::none());
            host.uptime = uptime(Some(seconds), 250);
            let expires = host.jiffies() + u64::from(seconds) * 250 + SLACK;
            let late = host.timer_fires(expires) - Ns::from_ms((expires - host.jiffies()) * 4);
            // It began within a tick.
            let into_tick = Ns(host.uptime.0 % 4_000_000);
            assert_eq!(late + into_tick, Ns::from_ms(128), "{seconds}");
        }
    }

    #[test]
    fn other_timeouts_change_nothing() {
        let usual = HostConfig::default().uptime;
        for (seconds, hz) in [(None, 250), (Some(30), 250), (Some(2), 1000)] {
            assert_eq!(uptime(seconds, hz), usual);
        }
    }
}
