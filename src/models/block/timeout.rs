//! Commands that take too long: every started request has a deadline, a queue
//! has one timer for all of them (`block/blk-timeout.c`,
//! `block/blk-mq.c:blk_mq_timeout_work`, 6.1).
//!
//! The timer rolls: armed by the first command when it is not pending, with
//! slack; at each expiry set to the earliest deadline there is. Commands that
//! come and go in between cost nothing but a look at whether it is pending.

use super::super::host::{Step, TaskId};
use super::super::io::{DevId, ReqId};
use super::shared_tags::tag_idle;
use super::{BlockEnv, BlockFrame, BlockTimer, RqFlags, pop};
use crate::sim::Ns;
use crate::sim::arena::Id;

/// A queue's timer.
#[derive(Copy, Clone, Debug)]
pub struct QueueTimer {
    /// How long a command may take (`q->rq_timeout`); [`Ns::NEVER`]: as long as
    /// it wants.
    pub rq_timeout: Ns,
    /// Whether the timer is pending.
    pending: bool,
    /// Which arming is valid.
    generation: u32,
}

impl Default for QueueTimer {
    fn default() -> Self {
        QueueTimer {
            rq_timeout: Ns::NEVER,
            pending: false,
            generation: 0,
        }
    }
}

impl QueueTimer {
    /// Whether a command that starts has to arm it.
    #[inline]
    pub fn is_to_be_armed(&self) -> bool {
        !self.pending && self.rq_timeout != Ns::NEVER
    }
}

/// Seconds after which the timer looks at what is in flight in any case
/// (`BLK_MAX_TIMEOUT`).
const BLK_MAX_TIMEOUT: u64 = 5;

/// A command starts while the timer is not pending: it is armed for that
/// command's deadline plus the slack that is to gather deadlines
/// (`blk_add_timer`, `blk_round_jiffies`, `blk_rq_timeout`).
#[cold]
pub fn blk_add_timer<K: BlockEnv>(k: &mut K, dev: DevId) {
    let timeout = k.block().dev(dev).timer.rq_timeout;
    let h = k.host();
    let now = h.jiffies();
    let slack = h.hz().next_power_of_two();
    let expiry = now + timeout.0.div_ceil(h.jiffy.0) + slack;
    let most = h.round_jiffies_up(now + BLK_MAX_TIMEOUT * h.hz());
    mod_timer(k, dev, expiry.min(most));
}

/// The command of `rq`, which has taken too long, is given as long again
/// (`BLK_EH_RESET_TIMER`).
pub fn blk_reset_timer<K: BlockEnv>(k: &mut K, rq: ReqId) {
    let now = k.host().now();
    let r = &mut k.block().reqs[rq];
    r.io_start = now;
    r.rqf.clear(RqFlags::TIMED_OUT);
    let dev = r.dev;
    if k.block().dev(dev).timer.is_to_be_armed() {
        blk_add_timer(k, dev);
    }
}

fn mod_timer<K: BlockEnv>(k: &mut K, dev: DevId, expires: u64) {
    let at = k.host().timer_fires(expires);
    let t = &mut k.block().dev(dev).timer;
    t.pending = true;
    t.generation = t.generation.wrapping_add(1);
    let generation = t.generation;
    k.arm(BlockTimer::Timeout { dev, generation }, at);
}

/// The queue's timer has expired (`blk_rq_timed_out_timer`): kblockd looks.
#[cold]
pub fn timer_fired<K: BlockEnv>(k: &mut K, dev: DevId, generation: u32) {
    let d = k.block().dev(dev);
    if d.timer.generation == generation && d.timer.pending {
        d.timer.pending = false;
        let hctx = d.hctx0;
        k.kblockd(hctx, BlockFrame::TimeoutWork(dev));
    }
}

/// `blk_mq_timeout_work`: what has passed its deadline is handed to the driver;
/// the timer is set to the earliest deadline of the rest.
#[cold]
pub fn step_timeout_work<K: BlockEnv>(k: &mut K, task: TaskId, dev: DevId) -> Step {
    pop(k, task);
    let timeout = k.block().dev(dev).timer.rq_timeout;
    let now = k.host().jiffies();
    let ticks = timeout.0.div_ceil(k.host().jiffy.0);
    let (mut expired, mut next): (Vec<(u64, ReqId)>, Option<u64>) = (Vec::new(), None);
    for rq in k.block().reqs.ids() {
        let r = &k.block().reqs[rq];
        let (mine, rqf, started) = (r.dev == dev, r.rqf, r.io_start);
        if !mine || !rqf.has(RqFlags::IN_FLIGHT) || rqf.has(RqFlags::TIMED_OUT) {
            continue;
        }
        let deadline = k.host().jiffies_at(started) + ticks;
        if deadline <= now {
            expired.push((deadline, rq));
        } else {
            next = Some(next.map_or(deadline, |next: u64| next.min(deadline)));
        }
    }
    expired.sort_by_key(|&(deadline, rq)| (deadline, rq.index()));
    let nothing_expired = expired.is_empty();
    for (_, rq) in expired {
        k.block().reqs[rq].rqf.set(RqFlags::TIMED_OUT);
        k.timed_out(rq);
    }
    match next {
        Some(next) => mod_timer(k, dev, next),
        None if nothing_expired => tag_idle(k, dev),
        None => {}
    }
    Step::Again
}
