//! Tags of a host adapter, which the queues of all its disks share
//! (`BLK_MQ_F_TAG_QUEUE_SHARED`: `block/blk-mq.h`, `block/blk-mq-tag.c`, 6.1).
//!
//! A queue that is in use may hold its part of them and no more. It counts as
//! in use until its timer finds nothing in flight.

use super::super::host::TaskId;
use super::super::io::DevId;
use super::tags::Tags;
use super::{BlockEnv, BlockLayer, HctxId, run_queue};

/// Its place in the list of all shared sets.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct SharedTagsId(pub u16);

/// Who waits for a tag of the set.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Waiter {
    /// A submitter, where there is no scheduler.
    Task(TaskId),
    /// A hardware queue (`hctx->dispatch_wait`).
    Queue(HctxId),
}

/// What a queue may hold of the set at the least (`hctx_may_queue`).
const LEAST: u32 = 4;

/// The tags of a host adapter.
#[derive(Debug)]
pub struct SharedTags {
    tags: Tags<Waiter>,
    /// `active_queues`
    active_queues: u32,
}

impl SharedTags {
    /// A set of `depth` tags.
    pub fn new(depth: u32) -> Self {
        SharedTags {
            tags: Tags::new(depth),
            active_queues: 0,
        }
    }

    /// Only `depth` of them are given out.
    pub fn resize(&mut self, depth: u32) {
        self.tags.resize(depth);
    }

    /// How many are taken.
    pub fn used(&self) -> u32 {
        self.tags.used()
    }

    /// Whether a queue that holds `held` may have one more (`hctx_may_queue`).
    fn may_queue(&self, held: u32) -> bool {
        let depth = self.tags.depth();
        let part = depth.div_ceil(self.active_queues.max(1)).max(LEAST);
        depth == 1 || held < part
    }

    /// A queue is in use, or no longer (`blk_mq_update_wake_batch`).
    fn count_queue(&mut self, comes: bool) {
        self.active_queues = match comes {
            true => self.active_queues + 1,
            false => self.active_queues.saturating_sub(1),
        };
        self.tags.share_among(self.active_queues.max(1));
    }
}

impl BlockLayer {
    /// Takes a driver tag of `hctx` on `cpu`, if it may have one; which, where that
    /// matters (`__blk_mq_alloc_driver_tag`).
    #[inline]
    pub fn get_driver_tag(&mut self, hctx: HctxId, cpu: u8) -> Option<u32> {
        let h = &mut self.hctxs[hctx.index()];
        match h.shared {
            None => h.tags.get_shallow(cpu, None),
            Some(set) => self.get_shared_tag(hctx, set).then_some(0),
        }
    }

    #[inline(never)]
    fn get_shared_tag(&mut self, hctx: HctxId, set: SharedTagsId) -> bool {
        let h = &mut self.hctxs[hctx.index()];
        let set = &mut self.shared_tags[usize::from(set.0)];
        if !std::mem::replace(&mut h.tag_active, true) {
            set.count_queue(true); // blk_mq_tag_busy
        }
        set.may_queue(h.tags.used()) && set.tags.get() && h.tags.get()
    }

    /// `task` sleeps for a tag of `hctx`: of its scheduler, if it has one, else
    /// of its driver.
    pub fn wait_for_tag(&mut self, hctx: HctxId, task: TaskId) {
        let h = &mut self.hctxs[hctx.index()];
        match (&mut h.sched_tags, h.shared) {
            (Some(tags), _) => tags.wait(task),
            (None, None) => h.tags.wait(task),
            (None, Some(set)) => {
                let set = &mut self.shared_tags[usize::from(set.0)];
                set.tags.wait(Waiter::Task(task));
            }
        }
    }

    /// Whether `task` waits for a tag of `hctx` and has not been woken.
    pub fn waits_for_tag(&self, hctx: HctxId, task: TaskId) -> bool {
        let h = &self.hctxs[hctx.index()];
        match (&h.sched_tags, h.shared) {
            (Some(tags), _) => tags.is_waiting(task),
            (None, None) => h.tags.is_waiting(task),
            (None, Some(set)) => {
                let set = &self.shared_tags[usize::from(set.0)];
                set.tags.is_waiting(Waiter::Task(task))
            }
        }
    }

    /// `task` has a tag of `hctx` now (`sbitmap_finish_wait`).
    pub fn finish_wait(&mut self, hctx: HctxId, task: TaskId) {
        let h = &mut self.hctxs[hctx.index()];
        match (&mut h.sched_tags, h.shared) {
            (Some(tags), _) => tags.finish_wait(task),
            (None, None) => h.tags.finish_wait(task),
            (None, Some(set)) => {
                let set = &mut self.shared_tags[usize::from(set.0)];
                set.tags.finish_wait(Waiter::Task(task));
            }
        }
    }

    /// `hctx` waits for a tag, unless it does already
    /// (`blk_mq_mark_tag_wait`).
    pub fn queue_waits(&mut self, hctx: HctxId, set: SharedTagsId) -> bool {
        let tags = &mut self.shared_tags[usize::from(set.0)].tags;
        let waits = tags.is_waiting(Waiter::Queue(hctx));
        tags.wait(Waiter::Queue(hctx));
        !waits
    }

    /// `hctx` no longer waits.
    pub fn queue_has_one(&mut self, hctx: HctxId, set: SharedTagsId) {
        let tags = &mut self.shared_tags[usize::from(set.0)].tags;
        tags.finish_wait(Waiter::Queue(hctx));
    }
}

/// A tag of `set` that `hctx` held is free; wakes who waited for one
/// (`blk_mq_put_tag`).
pub fn put<K: BlockEnv>(k: &mut K, hctx: HctxId, set: SharedTagsId) {
    let b = k.block();
    b.hctxs[hctx.index()].tags.put();
    let n = b.shared_tags[usize::from(set.0)].tags.put();
    wake(k, set, n);
}

/// Nothing of `dev` is in flight, or it is gone: its queues are not in use, and
/// the others may have more (`__blk_mq_tag_idle`).
pub fn tag_idle<K: BlockEnv>(k: &mut K, dev: DevId) {
    let hctxs: Vec<HctxId> = k.block().dev(dev).hctxs().collect();
    for hctx in hctxs {
        let b = k.block();
        let h = &mut b.hctxs[hctx.index()];
        let Some(set) = h.shared else { continue };
        if std::mem::take(&mut h.tag_active) {
            b.shared_tags[usize::from(set.0)].count_queue(false);
            wake(k, set, u32::MAX);
        }
    }
}

fn wake<K: BlockEnv>(k: &mut K, set: SharedTagsId, n: u32) {
    for _ in 0..n {
        let waiter = k.block().shared_tags[usize::from(set.0)].tags.next_waiter();
        match waiter {
            Some(Waiter::Task(task)) => k.wake(task),
            Some(Waiter::Queue(hctx)) => run_queue::blk_mq_run_hw_queue(k, hctx, true),
            None => break,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Hctx;
    use super::*;

    /// `n` queues that share `depth` tags.
    fn layer(n: usize, depth: u32) -> BlockLayer {
        let mut b = BlockLayer::default();
        b.shared_tags.push(SharedTags::new(depth));
        for _ in 0..n {
            let mut h = Hctx::new(DevId(0), vec![0], 1, Tags::new(depth));
            h.shared = Some(SharedTagsId(0));
            b.hctxs.push(h);
        }
        b
    }

    /// How many tags `hctx` gets.
    fn most(b: &mut BlockLayer, hctx: u16) -> usize {
        (0..)
            .take_while(|_| b.get_driver_tag(HctxId(hctx), 0).is_some())
            .count()
    }

    #[test]
    fn a_queue_that_is_alone_has_them_all() {
        assert_eq!(most(&mut layer(2, 10), 0), 10);
    }

    #[test]
    fn queues_in_use_have_equal_parts_rounded_up() {
        let mut b = layer(3, 10);
        for hctx in 0..3 {
            assert!(b.get_driver_tag(HctxId(hctx), 0).is_some());
        }
        // ceil(10 / 3) = 4 each, of which one is taken.
        assert_eq!(most(&mut b, 0), 3);
        assert_eq!(most(&mut b, 1), 3);
        // There are no more than ten.
        assert_eq!(most(&mut b, 2), 1);
    }

    #[test]
    fn a_part_is_four_at_the_least() {
        let mut b = layer(8, 16);
        for hctx in 0..8 {
            assert!(b.get_driver_tag(HctxId(hctx), 0).is_some());
        }
        assert_eq!(most(&mut b, 0), 3);
    }

    #[test]
    fn no_queue_has_more_than_what_one_of_them_wants() {
        let mut b = layer(2, 10);
        b.shared_tags[0].resize(3);
        assert_eq!(most(&mut b, 0), 3);
        assert_eq!(most(&mut b, 1), 0);
    }

    #[test]
    fn a_queue_waits_once() {
        let mut b = layer(1, 1);
        assert!(b.queue_waits(HctxId(0), SharedTagsId(0)));
        assert!(!b.queue_waits(HctxId(0), SharedTagsId(0)));
        b.queue_has_one(HctxId(0), SharedTagsId(0));
        assert!(b.queue_waits(HctxId(0), SharedTagsId(0)));
    }
}
