//! What a scheduler is told of its requests once it has given them out, and
//! what it wants done (`block/blk-mq-sched.h`, 6.1).

use super::super::host::TaskId;
use super::super::io::{DevId, ReqId};
use super::elevator::Elevator;
use super::elevator::bfq::Wish;
use super::request::ElvPriv;
use super::run_queue::{blk_mq_run_hw_queue, blk_mq_run_hw_queues};
use super::{BlockEnv, BlockTimer, single_queue};
use crate::sim::Ns;

/// Time in which kyber gathers samples (`HZ / 10`).
const KYBER_WINDOW: Ns = Ns::from_ms(100);

/// A request that a scheduler knew is freed (`finish_request`).
#[inline(never)]
pub fn finish_request<K: BlockEnv>(k: &mut K, rq: ReqId) {
    let now = k.host().now();
    let b = k.block();
    let r = &b.reqs[rq];
    match &mut b.devs[usize::from(r.dev.0)].elevator {
        Elevator::None => {}
        Elevator::MqDeadline(dd) => dd.finish(r),
        Elevator::Kyber(_) => put_domain_token(k, rq),
        Elevator::Bfq(bfq) => {
            let dev = r.dev;
            let wish = bfq.finish(&mut b.reqs, rq, now);
            grant(k, dev, wish);
        }
    }
}

/// `rq` is to be inserted anew (`requeue_request`).
pub fn requeue_request<K: BlockEnv>(k: &mut K, rq: ReqId) {
    match k.block().dev_of(rq).elevator {
        Elevator::None | Elevator::MqDeadline(_) => {}
        Elevator::Kyber(_) | Elevator::Bfq(_) => finish_request(k, rq),
    }
}

/// Does what bfq wants done.
fn grant<K: BlockEnv>(k: &mut K, dev: DevId, wish: Wish) {
    match wish {
        Wish::Nothing => {}
        Wish::RunQueues => blk_mq_run_hw_queues(k, dev, true),
        Wish::Timer { after, generation } => {
            let at = k.host().now() + after;
            k.arm(BlockTimer::Bfq { dev, generation }, at);
        }
    }
}

/// Gives the token of `rq` back; hardware queues that waited for one are run.
fn put_domain_token<K: BlockEnv>(k: &mut K, rq: ReqId) {
    let b = k.block();
    let r = b.reqs[rq];
    b.reqs[rq].elv = ElvPriv::None;
    let Elevator::Kyber(kyber) = &mut b.dev(r.dev).elevator else {
        return;
    };
    for _ in 0..kyber.finish(&r) {
        let Elevator::Kyber(kyber) = &mut k.block().dev(r.dev).elevator else {
            return;
        };
        match kyber.next_waiter(&r) {
            Some(hctx) => blk_mq_run_hw_queue(k, hctx, true),
            None => return,
        }
    }
}

/// `rq` is complete (`completed_request`).
#[inline(never)]
pub fn completed_request<K: BlockEnv>(k: &mut K, rq: ReqId) {
    let now = k.host().now();
    let b = k.block();
    let r = &b.reqs[rq];
    let dev = r.dev;
    if let Elevator::Kyber(kyber) = &mut b.devs[usize::from(dev.0)].elevator
        && kyber.completed(r, now)
    {
        let at = k.host().jiffies_from_now(KYBER_WINDOW);
        k.arm(BlockTimer::Kyber { dev }, at);
    }
}

/// kyber's timer has fired.
pub fn kyber_timer_fired<K: BlockEnv>(k: &mut K, dev: DevId) {
    let (now, jiffy) = (k.host().now(), k.host().jiffy);
    let tick = Ns(now.0 - now.0 % jiffy.0);
    if let Elevator::Kyber(kyber) = &mut k.block().dev(dev).elevator {
        kyber.timer_fired(tick);
    }
}

/// bfq's timer has fired.
pub fn bfq_timer_fired<K: BlockEnv>(k: &mut K, dev: DevId, generation: u32) {
    let now = k.host().now();
    let b = k.block();
    if let Elevator::Bfq(bfq) = &mut b.devs[usize::from(dev.0)].elevator {
        let wish = bfq.timer_fired(&b.reqs, generation, now);
        grant(k, dev, wish);
    }
}

/// `task` is over: nobody waits for its next request (`exit_io_context`).
pub fn exit_task<K: BlockEnv>(k: &mut K, task: TaskId) {
    let now = k.host().now();
    for i in 0..k.block().devs.len() {
        let b = k.block();
        if let Elevator::Bfq(bfq) = &mut b.devs[i].elevator {
            let wish = bfq.exit(&b.reqs, task, now);
            grant(k, DevId(i as u16), wish);
        }
    }
    single_queue::exit_task(k, task);
}
