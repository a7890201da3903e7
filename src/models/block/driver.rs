//! What a request must hold before its driver sees it, a tag and a token of
//! the driver's budget, and its start there (`block/blk-mq.c`, 6.1).

use super::super::host::Cost;
use super::super::io::ReqId;
use super::{Action, BlockEnv, HctxId, RqFlags};
use super::{complete, timeout, wbt};

/// Gives back the token of the driver's budget that `rq` holds, if it does.
pub fn put_budget_of<K: BlockEnv>(k: &mut K, rq: ReqId) {
    let r = &mut k.block().reqs[rq];
    let dev = r.dev;
    if std::mem::take(&mut r.budget) {
        k.put_budget(dev);
    }
}

/// Sees to it that `rq` holds a driver tag (`blk_mq_get_driver_tag`).
#[inline]
pub fn blk_mq_get_driver_tag<K: BlockEnv>(k: &mut K, rq: ReqId) -> bool {
    let b = k.block();
    let r = &b.reqs[rq];
    if r.tag {
        return true;
    }
    let hctx = r.hctx;
    let cpu = k.host().cpu().0;
    let nr = k.block().get_driver_tag(hctx, cpu);
    charge_search(k, hctx, false);
    let r = &mut k.block().reqs[rq];
    r.tag = nr.is_some();
    r.tag_nr = nr.unwrap_or(0);
    r.tag
}

/// The last search for a tag of `hctx` takes longer for what it came upon.
#[inline(always)]
pub fn charge_search<K: BlockEnv>(k: &mut K, hctx: HctxId, sched: bool) {
    if k.host().is_free() {
        return;
    }
    let effort = k.block().hctx(hctx).tags_of(sched).effort();
    k.host().charge_n(Cost::TagWord, u64::from(effort.full));
    k.host()
        .charge_n(Cost::TagReclaim, u64::from(effort.reclaimed));
    k.host().charge_n(Cost::TagLast, u64::from(effort.last));
}

/// Gives a driver tag back that was taken for dispatch
/// (`blk_mq_put_driver_tag`); without scheduler a request keeps its tag.
pub fn put_driver_tag<K: BlockEnv>(k: &mut K, rq: ReqId) {
    let b = k.block();
    let r = &mut b.reqs[rq];
    if r.tag && r.sched_tag {
        r.tag = false;
        let (hctx, nr, cpu) = (r.hctx, r.tag_nr, r.cpu);
        k.block().hctx(hctx).tags.clear(nr, cpu);
        complete::put_tag(k, hctx, false);
    }
}

/// The driver starts `rq` (`blk_mq_start_request`).
#[inline(always)]
pub fn blk_mq_start_request<K: BlockEnv>(k: &mut K, rq: ReqId) {
    let dev = k.block().reqs[rq].dev;
    k.host().charge(Cost::Trace);
    k.trace(dev, Action::Issue, |b| b.rq_subject(rq));
    let now = k.host().now();
    let b = k.block();
    let r = &mut b.reqs[rq];
    r.io_start = now;
    r.rqf.set(RqFlags::IN_FLIGHT);
    r.rqf.clear(RqFlags::TIMED_OUT);
    let d = &mut b.devs[usize::from(dev.0)];
    d.count.count_issue(r.sectors, r.op, r.flags);
    let arms = d.timer.is_to_be_armed();
    wbt::issue(d, r, rq);
    if arms {
        timeout::blk_add_timer(k, dev);
    }
}
