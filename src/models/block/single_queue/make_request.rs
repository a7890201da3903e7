//! From a bio to a request: merged into one that waits, or one of its own
//! (`blk-core.c:__make_request`, 2.6.25).

use super::super::super::host::{Cost, Step, TaskId};
use super::super::super::io::{BioId, BlkStatus, ReqId};
use super::super::complete::bio_endio;
use super::super::submit::account_start;
use super::super::{Action, BlockEnv};
use super::elv::{self, Where};
use super::merge::elv_try_merge;
use super::{bio_sync, get_request, lock, ordered, plug, unlock};

/// Takes `bio`, which the running `task` submits. All of it happens under the
/// queue's lock, but the sleep for a request.
#[inline(never)]
pub fn make_request<K: BlockEnv>(k: &mut K, task: TaskId, bio: BioId) -> Step {
    let b = k.block();
    let o = &b.bios[bio];
    let (dev, barrier) = (o.dev, o.is_flush());
    let d = &b.devs[usize::from(dev.0)];
    if o.sectors > d.limits.max_hw_sectors {
        // "bio too big device" (`generic_make_request`)
        bio_endio(k, bio, BlkStatus::IoErr);
        return Step::Again;
    }
    if barrier && !ordered::is_supported(k, dev) {
        bio_endio(k, bio, BlkStatus::NotSupp);
        return Step::Again;
    }
    lock(k, dev, "__make_request");
    if !barrier && !elv::elv_queue_empty(k, dev) && elv_try_merge(k, task, bio) {
        out(k, bio);
        return Step::Again;
    }
    if let Some(rq) = get_request::get_request_wait(k, task, bio) {
        add(k, bio, rq);
    }
    Step::Again
}

/// Adds `rq`, made for `bio`, to its queue; the lock is free.
pub(super) fn add<K: BlockEnv>(k: &mut K, bio: BioId, rq: ReqId) {
    let dev = k.block().reqs[rq].dev;
    lock(k, dev, "__make_request");
    k.trace(dev, Action::GetRq, |b| b.rq_subject(rq));
    if elv::elv_queue_empty(k, dev) {
        plug::blk_plug_device(k, dev);
    }
    let now = k.host().now();
    let b = k.block();
    account_start(&mut b.devs[usize::from(dev.0)], &mut b.reqs[rq], now);
    k.host().charge(Cost::ElvInsert);
    k.host().charge(Cost::ElvInsertOne);
    let sync = bio_sync(k, bio);
    elv::__elv_add_request(k, rq, Where::Sort);
    unplug_if(k, dev, sync);
    unlock(k, dev);
}

/// The bio is in: a waiting submitter opens the plug.
fn out<K: BlockEnv>(k: &mut K, bio: BioId) {
    let dev = k.block().bios[bio].dev;
    let sync = bio_sync(k, bio);
    unplug_if(k, dev, sync);
    unlock(k, dev);
}

fn unplug_if<K: BlockEnv>(k: &mut K, dev: super::DevId, sync: bool) {
    if sync && k.block().sq(dev).plugged {
        k.block().sq(dev).seen.by_sync += 1;
        plug::__generic_unplug_device(k, dev);
    }
}
