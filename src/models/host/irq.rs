//! The timer interrupt, in passes (`hrtimer.c:hrtimer_interrupt`, 6.1).
//!
//! A pass runs all timers that had expired when it began. After three passes
//! that each found more, the CPU is left alone for as long as they took.

use super::run::{run_at, run_cpu};
use super::{Cost, CpuId, Host, HostEnv, HostEvent};
use crate::sim::{Ns, unlikely};

/// Passes before the CPU is left alone.
const MAX_PASSES: u8 = 3;
/// The longest that it is left alone.
const MAX_HANG: Ns = Ns::from_ms(100);

/// A timer of `cpu` has expired, now.
#[inline(always)]
pub fn irq<K: HostEnv>(k: &mut K, cpu: CpuId, item: K::Irq) {
    let h = k.host();
    let now = h.clock;
    let free = h.costs.is_free();
    let i = &mut h.cpus[cpu.index()].irq;
    if free && !i.active && i.pending.is_empty() && now >= i.hang_until {
        // What is the first to be handled, and at once, need not be listed. Where
        // code takes no time, interrupts are never off.
        begin(h, cpu);
        k.handle_irq(item);
        return leave(k, cpu);
    }
    if i.active || now < i.held_until(now) {
        let (active, at) = (i.active, i.held_until(now));
        let first = i.pending.is_empty();
        i.pending.push_back((now, item));
        if first && !active {
            k.schedule(at, HostEvent::RunIrq(cpu));
        }
        return;
    }
    i.pending.push_back((now, item));
    enter(k, cpu);
}

/// The interrupt of `cpu` goes on, now, or is entered after having been held
/// off.
pub(super) fn resume<K: HostEnv>(k: &mut K, cpu: CpuId) {
    let h = k.host();
    let now = h.clock;
    let i = &h.cpus[cpu.index()].irq;
    if i.active {
        if i.resume_at == now {
            h.cpu = cpu;
            passes(k, cpu);
        }
    } else if !i.pending.is_empty() {
        let at = i.held_until(now);
        if now >= at {
            return enter(k, cpu);
        }
        k.schedule(at, HostEvent::RunIrq(cpu));
    }
}

/// A timer of `cpu` that may have come early has not, and is due.
pub fn range_due<K: HostEnv>(k: &mut K, cpu: CpuId) {
    let h = k.host();
    let now = h.clock;
    let ranges = &mut h.cpus[cpu.index()].ranges;
    if let Some(n) = ranges.iter().position(|r| r.1 <= now) {
        let (_, _, item) = ranges.remove(n);
        irq(k, cpu, item);
    }
}

/// The next timer that had expired when the pass began.
#[inline]
fn due_now<F: Copy, I: Copy>(h: &mut Host<F, I>, cpu: CpuId) -> Option<I> {
    let i = &mut h.cpus[cpu.index()].irq;
    match i.pending.front() {
        Some(&(expiry, item)) if expiry <= i.pass_now => {
            i.pending.pop_front();
            remove_timer(h, cpu, expiry);
            Some(item)
        }
        Some(_) => None,
        None => early(h, cpu),
    }
}

/// A timer that may come now that others do.
#[inline]
fn early<F: Copy, I: Copy>(h: &mut Host<F, I>, cpu: CpuId) -> Option<I> {
    let c = &mut h.cpus[cpu.index()];
    if c.ranges.is_empty() {
        return None;
    }
    let now = c.irq.pass_now;
    // Only the first of all timers is looked at.
    let first = c.timers.first();
    let may = |r: &(Ns, Ns, I)| r.0 <= now && first.is_none_or(|first| r.1 <= first);
    let n = c.ranges.iter().position(may)?;
    let (_, latest, item) = c.ranges.remove(n);
    remove_timer(h, cpu, latest);
    Some(item)
}

/// The timer that expires at `expires`, the first, is taken out of the tree
/// (`hrtimer.c:__run_hrtimer`).
#[inline]
fn remove_timer<F: Copy, I: Copy>(h: &mut Host<F, I>, cpu: CpuId, expires: Ns) {
    if !h.is_free()
        && let Some(work) = h.cpus[cpu.index()].timers.expire(expires)
    {
        h.charge_n(Cost::TimerTree, work);
    }
}

#[inline]
fn enter<K: HostEnv>(k: &mut K, cpu: CpuId) {
    begin(k.host(), cpu);
    passes(k, cpu);
}

/// The first pass begins.
#[inline]
fn begin<F: Copy, I: Copy>(h: &mut Host<F, I>, cpu: CpuId) {
    h.cpu = cpu;
    let entered = h.clock;
    let c = &h.cpus[cpu.index()];
    let halted = c.idle && entered >= c.irq.off.1;
    h.charge(if halted {
        Cost::IrqEntryIdle
    } else {
        Cost::IrqEntry
    });
    let now = h.clock;
    let i = &mut h.cpus[cpu.index()].irq;
    i.active = true;
    i.entered = entered;
    i.first_now = now;
    i.pass_now = now;
    i.ends_pass = false;
    i.passes = 1;
    h.charge(Cost::IrqBegin);
}

#[inline]
fn passes<K: HostEnv>(k: &mut K, cpu: CpuId) {
    loop {
        let h = k.host();
        let now = h.clock;
        let i = &h.cpus[cpu.index()].irq;
        let (entered, resumed) = (i.entered, i.resume_at);
        // Timers that expire while one is handled must be on the list before
        // it is looked at again. Having been let in once for this instant, they
        // are.
        if now > entered && now != resumed && k.next_event() <= now {
            k.host().cpus[cpu.index()].irq.resume_at = now;
            k.schedule(now, HostEvent::RunIrq(cpu));
            return;
        }
        if let Some(item) = due_now(k.host(), cpu) {
            k.handle_irq(item);
            continue;
        }
        let i = &mut k.host().cpus[cpu.index()].irq;
        match i.pending.front() {
            // Timers that expire until the next is programmed are found.
            _ if !i.ends_pass => {
                i.ends_pass = true;
                k.host().charge(Cost::IrqPassEnd);
            }
            None => {
                if !k.host().is_free() {
                    k.host().cpus[cpu.index()].irq.set_clock_event(now);
                }
                return leave(k, cpu);
            }
            Some(_) if i.passes == MAX_PASSES => {
                let now = read_again(k.host());
                let i = &mut k.host().cpus[cpu.index()].irq;
                let spent = now - i.first_now;
                i.hang_until = now + spent.min(MAX_HANG);
                let at = i.hang_until;
                k.schedule(at, HostEvent::RunIrq(cpu));
                k.host().charge(Cost::IrqHang);
                return leave(k, cpu);
            }
            Some(_) => {
                i.passes += 1;
                let now = read_again(k.host());
                let i = &mut k.host().cpus[cpu.index()].irq;
                i.pass_now = now;
                i.ends_pass = false;
                k.host().charge(Cost::IrqPass);
            }
        }
    }
}

/// The clock, read anew as the next timer has expired.
fn read_again<F: Copy, I: Copy>(h: &mut Host<F, I>) -> Ns {
    h.charge(Cost::IrqRetry);
    h.clock
}

#[inline(always)]
fn leave<K: HostEnv>(k: &mut K, cpu: CpuId) {
    let h = k.host();
    let idle = h.cpus[cpu.index()].idle;
    h.charge(if idle {
        Cost::IrqExitIdle
    } else {
        Cost::IrqExit
    });
    let now = h.clock;
    let c = &mut h.cpus[cpu.index()];
    c.irq.active = false;
    c.irq.off = (now, now);
    let spent = now - c.irq.entered;
    c.used.irq += spent;
    if unlikely(c.late.is_some())
        && let Some(late) = &mut c.late
        && late.at > c.irq.entered
    {
        late.at += spent;
    }
    if c.busy_until > c.irq.entered {
        c.busy_until += spent; // what was interrupted ends later
        let at = c.busy_until;
        return run_at(k, cpu, at);
    }
    run_cpu(k, cpu);
}

#[cfg(test)]
mod tests {
    use super::super::CpuCosts;
    use super::*;

    /// A CPU in a pass of its timer interrupt at 20 ns, with a timer for each of
    /// `latest`, of which the first may come from `soonest` on.
    fn in_a_pass(soonest: u64, latest: &[u64]) -> Host<(), u8> {
        let mut h: Host<(), u8> = Host::new(1, 250, CpuCosts::lab());
        let c = &mut h.cpus[0];
        c.irq.pass_now = Ns(20);
        for &at in latest {
            c.timers.add(Ns(at));
        }
        c.ranges.push((Ns(soonest), Ns(latest[0]), 7));
        h
    }

    #[test]
    fn a_timer_with_slack_comes_early_if_it_is_the_first_of_all() {
        let mut h = in_a_pass(10, &[60, 90]);
        assert_eq!(early(&mut h, CpuId(0)), Some(7));
        assert_eq!(early(&mut h, CpuId(0)), None);
        assert_eq!(early(&mut in_a_pass(10, &[60, 50]), CpuId(0)), None);
        assert_eq!(early(&mut in_a_pass(30, &[60, 90]), CpuId(0)), None);
    }
}
