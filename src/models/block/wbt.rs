//! Write-back throttling (`block/blk-wbt.c`, `block/blk-rq-qos.c`, 6.1): how
//! many buffered writes a queue lets in, so that reads do not drown in them.
//!
//! The depth starts at 16. Every window of 100 ms the queue looks at what it
//! has seen: reads that took too long beside writes make it shallower, nothing
//! but writes makes it deeper.

mod depth;

pub use depth::Wbt;

use super::super::host::TaskId;
use super::super::io::{Bio, BioId, DevId, Flags, Op, ReqId};
use super::{BlockDev, BlockEnv, BlockTimer, Request};
use crate::sim::Ns;

/// How a request is counted (`enum wbt_flags`).
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Tracked {
    /// Not at all.
    #[default]
    No,
    /// As a read, whose latency matters.
    Read,
    /// As a throttled write.
    Write,
    /// As a throttled discard.
    Discard,
}

impl Tracked {
    /// How a bio is counted (`bio_to_wbt_flags`): of writes, all but direct
    /// ones.
    #[inline]
    fn of(bio: &Bio) -> Tracked {
        match bio.op {
            Op::Read => Tracked::Read,
            Op::Discard => Tracked::Discard,
            Op::Write if bio.flags.has(Flags::SYNC) && bio.flags.has(Flags::IDLE) => Tracked::No,
            Op::Write => Tracked::Write,
            Op::Flush | Op::DrvIn => Tracked::No,
        }
    }
    /// Which wait queue it is for.
    #[inline]
    fn queue(self) -> Option<usize> {
        match self {
            Tracked::Write => Some(0),
            Tracked::Discard => Some(1),
            Tracked::No | Tracked::Read => None,
        }
    }
}

fn wbt<K: BlockEnv>(k: &mut K, dev: DevId) -> Option<&mut Wbt> {
    k.block().dev(dev).wbt.as_deref_mut()
}

/// `task` is about to get a request for `bio`: whether it may
/// (`wbt_wait`, `rq_qos_wait`). If not, it is on the list of those who wait and
/// is to sleep until [`granted`].
#[inline]
pub fn throttle<K: BlockEnv>(k: &mut K, task: TaskId, bio: BioId) -> bool {
    let now = k.host().now();
    let b = k.block();
    let o = &b.bios[bio];
    let Some(w) = &mut b.devs[usize::from(o.dev.0)].wbt else {
        return true;
    };
    let tracked = Tracked::of(o);
    if tracked == Tracked::Read {
        w.last_other = Some(now);
    }
    let Some(queue) = tracked.queue() else {
        return true;
    };
    if !w.waits[queue].waiters.is_empty() || !w.enter(queue, o.op, o.flags, now) {
        w.waits[queue].waiters.push_back((task, o.op, o.flags));
        return false;
    }
    let dev = o.dev;
    start_window(k, dev);
    true
}

/// Whether `task`, which waits with `bio`, has been let in.
pub fn granted<K: BlockEnv>(k: &mut K, task: TaskId, bio: BioId) -> bool {
    let o = k.block().bios[bio];
    let Some(w) = wbt(k, o.dev) else { return true };
    let Some(queue) = Tracked::of(&o).queue() else {
        return true;
    };
    let granted = &mut w.waits[queue].granted;
    let Some(i) = granted.iter().position(|&t| t == task) else {
        return false;
    };
    granted.swap_remove(i);
    start_window(k, o.dev);
    true
}

/// A window begins unless one is under way (`rwb_arm_timer`).
fn start_window<K: BlockEnv>(k: &mut K, dev: DevId) {
    let Some(w) = wbt(k, dev).filter(|w| !w.timer_active) else {
        return;
    };
    w.timer_active = true;
    w.window = Default::default();
    w.window_len = w.next_window();
    w.timer_generation = w.timer_generation.wrapping_add(1);
    let (len, generation) = (w.window_len, w.timer_generation);
    let at = k.host().jiffies_from_now(len);
    k.arm(BlockTimer::Wbt { dev, generation }, at);
}

/// The request that `bio` got, of `dev`, is counted as the bio is
/// (`wbt_track`).
#[inline]
pub fn track(dev: &BlockDev, r: &mut Request, bio: &Bio) {
    if dev.wbt.is_some() {
        r.wbt = Tracked::of(bio);
    }
}

/// `rq`, of `dev`, is issued (`wbt_issue`).
#[inline]
pub fn issue(dev: &mut BlockDev, r: &Request, rq: ReqId) {
    if r.wbt == Tracked::Read
        && let Some(w) = &mut dev.wbt
        && w.sync.is_none()
    {
        w.sync = Some((rq, r.io_start));
    }
}

/// `rq` was refused (`wbt_requeue`).
pub fn requeue<K: BlockEnv>(k: &mut K, rq: ReqId) {
    let b = k.block();
    if let Some(w) = &mut b.dev_of(rq).wbt
        && w.sync.is_some_and(|(r, _)| r == rq)
    {
        w.sync = None;
    }
}

/// `rq`, of `dev`, is over, or has been merged into another: its place is free
/// (`wbt_done`). The queue whose sleepers are to be [woken](wake_all), if any.
#[inline]
pub fn done(dev: &mut BlockDev, r: &mut Request, rq: ReqId, now: Ns) -> Option<usize> {
    let w = dev.wbt.as_deref_mut()?;
    tracked_done(w, dev.write_cache, r, rq, now)
}

#[inline(never)]
fn tracked_done(
    w: &mut Wbt,
    write_cache: bool,
    r: &mut Request,
    rq: ReqId,
    now: Ns,
) -> Option<usize> {
    let tracked = std::mem::take(&mut r.wbt);
    if tracked == Tracked::No {
        return None;
    }
    let Some(queue) = tracked.queue() else {
        if w.sync.is_some_and(|(r, _)| r == rq) {
            w.sync = None;
        }
        if tracked == Tracked::Read {
            w.last_other = Some(now);
        }
        return None;
    };
    w.leave(queue, write_cache).then_some(queue)
}

/// Lets in whoever waits in `queue` of `dev` and may (`wbt_rqw_done`).
#[cold]
pub fn wake_all<K: BlockEnv>(k: &mut K, dev: DevId, queue: usize) {
    let now = k.host().now();
    while let Some(task) = wbt(k, dev).and_then(|w| w.grant(queue, now)) {
        k.wake(task);
    }
}

/// A window of `dev` is over.
pub fn timer_fired<K: BlockEnv>(k: &mut K, dev: DevId, generation: u32) {
    let now = k.host().now();
    let Some(w) = wbt(k, dev).filter(|w| w.timer_active && w.timer_generation == generation) else {
        return;
    };
    w.timer_active = false;
    let (wake, again) = w.end_window(now);
    if wake {
        for queue in 0..2 {
            wake_all(k, dev, queue);
        }
    }
    if again {
        start_window(k, dev);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn direct_writes_pass() {
        let mut bio = Bio::new(DevId(0), Op::Write, Flags::SYNC, 0, 8, 1);
        assert_eq!(Tracked::of(&bio), Tracked::Write);
        bio.flags = bio.flags.with(Flags::IDLE);
        assert_eq!(Tracked::of(&bio), Tracked::No);
    }
}
