//! Commands of a driver's own, which take a tag and the driver's budget like
//! all others but are not merged, scheduled or counted
//! (`block/blk-mq.c:blk_execute_rq_nowait`, 6.1).

use super::super::io::{DevId, Flags, Op, ReqId};
use super::{BlockEnv, RqEnd, run_queue, single_queue, submit};

/// Sends an internal command to the driver of `dev`, ahead of what waits; none
/// if there is no tag. `end` is told when it is over.
pub fn blk_execute_rq_nowait<K: BlockEnv>(k: &mut K, dev: DevId, end: RqEnd) -> Option<ReqId> {
    if k.block().dev(dev).is_single_queue() {
        return Some(single_queue::request_fn::insert_passthrough(k, dev, end));
    }
    let cpu = k.host().cpu().0;
    let rq = submit::blk_mq_alloc_request(k, dev, cpu, Op::DrvIn, Flags::default())?;
    let now = k.host().now();
    let b = k.block();
    b.reqs[rq].changed = now;
    b.reqs[rq].end = end;
    let hctx = b.reqs[rq].hctx;
    b.hctxs[hctx.index()].dispatch.push_front(&mut b.reqs, rq);
    run_queue::blk_mq_run_hw_queue(k, hctx, true);
    Some(rq)
}
