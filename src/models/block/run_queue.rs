//! When a hardware queue is run: at once, by kblockd, or after a delay
//! (`block/blk-mq.c`, 6.1). What a run does is in [`dispatch`](super::dispatch).

use super::super::host::Cost;
use super::super::io::DevId;
use super::dispatch::RunHw;
use super::hctx::RunWork;
use super::requeue::kick_requeue_list;
use super::{BlockEnv, BlockFrame, BlockTimer, HctxId};
use super::{sched, single_queue, timeout, wbt};
use crate::sim::Ns;

/// `BLK_MQ_RESOURCE_DELAY` and `BLK_MQ_BUDGET_DELAY`
pub(super) const RESOURCE_DELAY: Ns = Ns::from_ms(3);

/// Runs `hctx`, at once in the running task or by kblockd
/// (`blk_mq_run_hw_queue`).
pub fn blk_mq_run_hw_queue<K: BlockEnv>(k: &mut K, hctx: HctxId, is_async: bool) {
    if !need_run(k, hctx) {
        return;
    }
    let (cpu, in_task) = (k.host().cpu().0, k.host().current().is_some());
    let h = k.block().hctx(hctx);
    if !is_async && in_task && !h.blocking && h.cpus.contains(&cpu) {
        k.host().charge(Cost::RunSync);
        let frame = K::block_frame(BlockFrame::RunHw(RunHw::new(hctx)));
        k.host().call(frame);
    } else {
        mod_run_work(k, hctx, Ns::ZERO);
    }
}

/// Runs all hardware queues of `dev` (`blk_mq_run_hw_queues`).
pub fn blk_mq_run_hw_queues<K: BlockEnv>(k: &mut K, dev: DevId, is_async: bool) {
    if k.block().dev(dev).is_single_queue() {
        return single_queue::request_fn::blk_run_queue(k, dev);
    }
    let only = sq_hctx(k, dev);
    for hctx in k.block().dev(dev).hctxs() {
        if only.is_none_or(|h| h == hctx) || !k.block().hctx(hctx).dispatch.is_empty() {
            blk_mq_run_hw_queue(k, hctx, is_async);
        }
    }
}

/// The hardware queue of this CPU, if the scheduler of `dev` gives the same out
/// through each (`blk_mq_get_sq_hctx`).
fn sq_hctx<K: BlockEnv>(k: &mut K, dev: DevId) -> Option<HctxId> {
    let cpu = k.host().cpu().0;
    let d = k.block().dev(dev);
    d.elevator.is_single_queue().then(|| d.hctx_of(cpu))
}

/// Runs all hardware queues of `dev` later, but those that are to run anyway
/// (`blk_mq_delay_run_hw_queues`).
pub(super) fn delay_run_hw_queues<K: BlockEnv>(k: &mut K, dev: DevId) {
    let only = sq_hctx(k, dev);
    for hctx in k.block().dev(dev).hctxs() {
        let h = k.block().hctx(hctx);
        if h.run_work == RunWork::Idle && (only.is_none_or(|o| o == hctx) || !h.dispatch.is_empty())
        {
            mod_run_work(k, hctx, RESOURCE_DELAY);
        }
    }
}

/// Runs all hardware queues of `dev` after `delay`, those for which no run is
/// wanted yet (`blk_mq_delay_run_hw_queues`).
pub fn blk_mq_delay_run_hw_queues<K: BlockEnv>(k: &mut K, dev: DevId, delay: Ns) {
    if k.block().dev(dev).is_single_queue() {
        return single_queue::request_fn::run_later(k, dev, delay);
    }
    for hctx in k.block().dev(dev).hctxs() {
        if k.block().hctx(hctx).run_work == RunWork::Idle {
            mod_run_work(k, hctx, delay);
        }
    }
}

/// Whether anything waits in `hctx` (`blk_mq_hctx_has_pending`).
fn need_run<K: BlockEnv>(k: &mut K, hctx: HctxId) -> bool {
    let b = k.block();
    let h = &b.hctxs[hctx.index()];
    let dev = &b.devs[usize::from(h.dev.0)];
    !dev.quiesced && (!h.dispatch.is_empty() || h.ctx_pending > 0 || dev.elevator.has_work(hctx))
}

/// `kblockd_mod_delayed_work_on`: whatever run was wanted before is forgotten.
pub(super) fn mod_run_work<K: BlockEnv>(k: &mut K, hctx: HctxId, delay: Ns) {
    let at = k.host().jiffies_from_now(delay);
    let h = k.block().hctx(hctx);
    if delay > Ns::ZERO {
        h.run_work = RunWork::Delayed;
        h.timer_generation = h.timer_generation.wrapping_add(1);
        let generation = h.timer_generation;
        k.arm(BlockTimer::RunHw { hctx, generation }, at);
    } else if h.run_work != RunWork::Queued {
        h.run_work = RunWork::Queued;
        k.host().charge(Cost::QueueWork);
        k.kblockd(hctx, BlockFrame::RunHw(RunHw::new(hctx)));
    }
}

/// A timer of the block layer has expired.
pub fn timer_fired<K: BlockEnv>(k: &mut K, timer: BlockTimer) {
    match timer {
        BlockTimer::RunHw { hctx, generation } => {
            let h = k.block().hctx(hctx);
            if h.run_work == RunWork::Delayed && h.timer_generation == generation {
                mod_run_work(k, hctx, Ns::ZERO);
            }
        }
        BlockTimer::Timeout { dev, generation } => timeout::timer_fired(k, dev, generation),
        BlockTimer::Kyber { dev } => sched::kyber_timer_fired(k, dev),
        BlockTimer::Bfq { dev, generation } => sched::bfq_timer_fired(k, dev, generation),
        BlockTimer::Wbt { dev, generation } => wbt::timer_fired(k, dev, generation),
        BlockTimer::SingleQueue(timer) => single_queue::timer_fired(k, timer),
        BlockTimer::Requeue { dev, generation } => {
            if k.block().dev(dev).requeue_generation == generation {
                kick_requeue_list(k, dev);
            }
        }
    }
}
