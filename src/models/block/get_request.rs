//! How the submitter of a bio comes by a request: it may be throttled, find no
//! tag, or have to flush its plug first (`blk-mq-tag.c:blk_mq_get_tag`, 6.1).

use super::super::host::{Cost, Step, TaskId};
use super::super::io::{BioId, ReqId};
use super::submit::{alloc_request, hctx_of_bio, issue_or_queue};
use super::{BlockEnv, BlockFrame, plug, pop, replace, run_queue, wbt};

/// `blk_mq_submit_bio`, from the point where the submitter may have to sleep.
#[derive(Copy, Clone, Debug)]
pub struct GetRequest {
    bio: BioId,
    stage: Stage,
}

/// How far it has come.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    /// Write-back throttling has not let it in yet.
    Throttled,
    /// No tag was free: the queue has been kicked.
    Kicked,
    /// Nor was one then: it is on the list of those who wait.
    Prepared,
    /// There was none again: it is about to sleep.
    Sleeping,
    /// It has slept.
    Woken,
    /// The plug is full: once it is flushed, this request is added.
    Plug(ReqId),
}

/// The submitter's next step goes on with `bio` from `stage`.
pub(super) fn call<K: BlockEnv>(k: &mut K, bio: BioId, stage: Stage) -> Step {
    let frame = K::block_frame(BlockFrame::GetRequest(GetRequest { bio, stage }));
    k.host().call(frame);
    Step::Again
}

/// A request for `bio`, now or when a tag is free
/// (`blk_mq_get_new_requests`).
#[inline]
pub(super) fn get_request<K: BlockEnv>(k: &mut K, task: TaskId, bio: BioId) -> Step {
    k.host().charge(Cost::SeekTag);
    match alloc_request(k, bio) {
        Some(rq) => issue_or_queue(k, task, bio, rq),
        None => {
            let step = call(k, bio, Stage::Kicked);
            k.host().charge(Cost::TagMiss);
            kick(k, bio);
            step
        }
    }
}

/// The submitter goes on after having been kept from a request.
pub fn step_get_request<K: BlockEnv>(k: &mut K, task: TaskId, f: GetRequest) -> Step {
    if let Stage::Plug(rq) = f.stage {
        pop(k, task);
        plug::blk_add_rq_to_plug(k, task, rq);
        return Step::Again;
    }
    if f.stage == Stage::Throttled {
        if wbt::granted(k, task, f.bio) {
            pop(k, task);
            return get_request(k, task, f.bio);
        }
        if plug::must_flush_to_sleep(k, task) {
            plug::call_flush(k, true);
            return Step::Again;
        }
        return Step::Block;
    }
    wait_for_tag(k, task, f)
}

/// No tag was free: running the queue may free one.
fn kick<K: BlockEnv>(k: &mut K, bio: BioId) {
    let hctx = hctx_of_bio(k, bio);
    k.host().charge(Cost::TagKick);
    run_queue::blk_mq_run_hw_queue(k, hctx, false);
}

/// One more step of the wait for a tag: it is looked for after the queue has been
/// kicked, and once more before the task sleeps (`blk-mq-tag.c:blk_mq_get_tag`).
fn wait_for_tag<K: BlockEnv>(k: &mut K, task: TaskId, f: GetRequest) -> Step {
    let hctx = hctx_of_bio(k, f.bio);
    let goes_on = |k: &mut K, stage| {
        replace(k, task, BlockFrame::GetRequest(GetRequest { stage, ..f }));
        Step::Again
    };
    match f.stage {
        Stage::Sleeping if k.block().waits_for_tag(hctx, task) => {
            if plug::must_flush_to_sleep(k, task) {
                plug::call_flush(k, true);
                return Step::Again;
            }
            goes_on(k, Stage::Woken);
            Step::Block
        }
        Stage::Sleeping | Stage::Woken => {
            k.block().finish_wait(hctx, task);
            k.host().charge(Cost::TagWoken);
            let step = goes_on(k, Stage::Kicked);
            kick(k, f.bio); // whose frame comes above
            step
        }
        _ => match alloc_request(k, f.bio) {
            Some(rq) => {
                k.block().finish_wait(hctx, task);
                k.host().charge(Cost::TagFound);
                pop(k, task);
                issue_or_queue(k, task, f.bio, rq)
            }
            None if f.stage == Stage::Kicked => {
                k.host().charge(Cost::TagMiss);
                k.host().charge(Cost::TagPrepare);
                k.block().wait_for_tag(hctx, task);
                goes_on(k, Stage::Prepared)
            }
            None => {
                k.host().charge(Cost::TagMiss);
                goes_on(k, Stage::Sleeping)
            }
        },
    }
}
