//! The tick, and when a timer of the timer wheel that counts in ticks fires
//! (`kernel/time/timer.c`, 6.1).

use super::{CpuId, Host};
use crate::sim::Ns;

/// Bits by which the levels of the wheel grow coarser (`LVL_CLK_SHIFT`).
const LVL_CLK_SHIFT: u32 = 3;
/// Buckets of a level but one (`LVL_SIZE - 1`).
const LVL_REACH: u64 = 63;
/// Levels of the wheel (`LVL_DEPTH`).
const LVL_DEPTH: u32 = 9;
/// Seconds before the counter's 32-bit overflow at which it starts
/// (`INITIAL_JIFFIES`).
const BEFORE_OVERFLOW: u64 = 300;

/// When the timer of a tick that is stopped is to expire: with some timer of the timer
/// wheel, of which there is hardly ever none (`tick_nohz_next_event`).
const SLEEPING_TICK: Ns = Ns::from_secs(1);

impl<F: Copy, I: Copy> Host<F, I> {
    /// Ticks in a second (`HZ`).
    pub fn hz(&self) -> u64 {
        1_000_000_000 / self.jiffy.0
    }
    /// The counter of ticks at boot.
    fn initial_jiffies(&self) -> u64 {
        (1 << 32) - BEFORE_OVERFLOW * self.hz()
    }
    /// The counter of ticks at `t`, a time of the run.
    pub fn jiffies_at(&self, t: Ns) -> u64 {
        self.initial_jiffies() + (self.uptime + t).0 / self.jiffy.0
    }
    /// The counter of ticks.
    pub fn jiffies(&self) -> u64 {
        self.jiffies_at(self.clock)
    }
    /// When the next tick is due.
    pub fn next_tick(&self) -> Ns {
        let ticks = (self.uptime + self.clock).0 / self.jiffy.0 + 1;
        Ns(ticks * self.jiffy.0).saturating_sub(self.uptime)
    }
    /// The timer of the tick of `cpu`, which does not run: the tick has come.
    pub fn tick_is_over(&mut self, cpu: CpuId) {
        self.cpus[cpu.index()].tick_at = None;
    }
    /// The timer of the tick of `cpu` is set anew, to the next or, if the tick is
    /// stopped, to a later one (`tick_sched_timer`, `tick_nohz_stop_tick`,
    /// `tick_nohz_restart`).
    pub fn restart_tick(&mut self, cpu: CpuId) {
        let stopped = self.cpus[cpu.index()].tick_stopped;
        let at = if stopped {
            self.clock + SLEEPING_TICK
        } else {
            self.next_tick()
        };
        self.set_tick(cpu, at);
    }
    /// What it takes is in what a tick costs.
    fn set_tick(&mut self, cpu: CpuId, at: Ns) {
        let c = &mut self.cpus[cpu.index()];
        if let Some(before) = c.tick_at.replace(at) {
            c.timers.cancel(before);
        }
        c.timers.add(at);
    }
    /// `jiffies` rounded up to a whole second (`round_jiffies_up`, CPU 0).
    pub fn round_jiffies_up(&self, jiffies: u64) -> u64 {
        jiffies - jiffies % self.hz() + self.hz()
    }
    /// When a timer fires that is armed now for tick `expires`: the further
    /// off, the coarser its bucket, and never early (`calc_wheel_index`).
    pub fn timer_fires(&self, expires: u64) -> Ns {
        let now = self.jiffies();
        let delta = expires.saturating_sub(now);
        let level = (0..LVL_DEPTH - 1)
            .find(|level| delta < LVL_REACH << (LVL_CLK_SHIFT * level))
            .unwrap_or(LVL_DEPTH - 1);
        let shift = LVL_CLK_SHIFT * level;
        let bucket = ((expires.max(now) >> shift) + 1) << shift;
        let since_boot = (bucket - self.initial_jiffies()) * self.jiffy.0;
        Ns(since_boot).saturating_sub(self.uptime)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CpuCosts, Host};
    use crate::sim::Ns;

    fn host() -> Host<(), ()> {
        let mut h = Host::new(1, 250, CpuCosts::none());
        h.uptime = Ns::from_secs(60);
        h
    }

    #[test]
    fn a_timer_close_by_fires_at_the_tick_after_the_next() {
        let mut h = host();
        h.set_clock(Ns::from_us(9_000));
        let two = h.timer_fires(h.jiffies() + 2);
        assert_eq!(two, Ns::from_ms(20)); // ticks at 8, 12, 16, 20 ms
        assert_eq!(two, h.jiffies_from_now(Ns::from_ms(8)));
    }

    #[test]
    fn a_timer_far_off_is_late_by_up_to_a_bucket() {
        let mut h = host();
        for ms in (0..600).step_by(7) {
            h.set_clock(Ns::from_ms(ms));
            let late = |ticks: u64| {
                let due = Ns((Ns::from_ms(ms).0 / h.jiffy.0 + ticks) * h.jiffy.0);
                (h.timer_fires(h.jiffies() + ticks) - due).0 / h.jiffy.0
            };
            assert!((1..=8).contains(&late(500)), "{}", late(500));
            assert!((1..=64).contains(&late(756)), "{}", late(756));
        }
    }
}
