//! Hardware contexts and the software queues that feed them.

use super::super::io::DevId;
use super::request::ReqList;
use super::shared_tags::SharedTagsId;
use super::tags::Tags;
use crate::sim::unlikely;

/// A hardware queue of some device.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct HctxId(pub u16);

impl HctxId {
    /// Its place in the list of all hardware queues.
    #[inline]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// Whether a run of the queue is waiting for kblockd.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum RunWork {
    /// No run is wanted.
    #[default]
    Idle,
    /// It is in kblockd's list.
    Queued,
    /// Its timer is armed.
    Delayed,
}

/// A hardware context (`struct blk_mq_hw_ctx`).
#[derive(Debug)]
pub struct Hctx {
    /// Its device.
    pub dev: DevId,
    /// Left-overs, flushes and passthrough: they go first.
    pub dispatch: ReqList,
    /// Software queue of every CPU; those of CPUs it does not serve are empty.
    pub ctxs: Vec<ReqList>,
    /// Requests in all of `ctxs`.
    pub ctx_pending: u32,
    /// The CPU whose software queue is looked at next.
    pub dispatch_from: u8,
    /// Moving average of being refused (`dispatch_busy`).
    pub dispatch_busy: u32,
    /// `BLK_MQ_S_SCHED_RESTART`: the next freed request runs the queue.
    pub restart: bool,
    /// Driver tags; if they are shared, how many it holds.
    pub tags: Tags,
    /// The set that it shares with queues of other devices.
    pub shared: Option<SharedTagsId>,
    /// Whether it counts as using that set (`BLK_MQ_S_TAG_ACTIVE`).
    pub tag_active: bool,
    /// Scheduler tags; none without a scheduler.
    pub sched_tags: Option<Tags>,
    /// Whether kblockd is to run it.
    pub run_work: RunWork,
    /// Which arming of its timer is valid.
    pub timer_generation: u32,
    /// CPUs it serves.
    pub cpus: Vec<u8>,
    /// Whether queue_rq may sleep (`BLK_MQ_F_BLOCKING`): runs go to kblockd.
    pub blocking: bool,
}

/// Weight of the moving average (`BLK_MQ_DISPATCH_BUSY_EWMA_WEIGHT`).
const EWMA_WEIGHT: u32 = 8;
/// Its unit (`1 << BLK_MQ_DISPATCH_BUSY_EWMA_FACTOR`).
const EWMA_FACTOR: u32 = 16;

impl Hctx {
    /// An idle hardware queue of `dev` that serves `cpus` of `nr_cpus`.
    pub fn new(dev: DevId, cpus: Vec<u8>, nr_cpus: usize, tags: Tags) -> Self {
        Hctx {
            dev,
            dispatch: ReqList::default(),
            ctxs: vec![ReqList::default(); nr_cpus],
            ctx_pending: 0,
            dispatch_from: 0,
            dispatch_busy: 0,
            restart: false,
            tags,
            shared: None,
            tag_active: false,
            sched_tags: None,
            run_work: RunWork::Idle,
            timer_generation: 0,
            cpus,
            blocking: false,
        }
    }
    /// Its scheduler tags, if they are meant and it has any; else its driver
    /// tags.
    #[inline]
    pub fn tags_of(&mut self, sched: bool) -> &mut Tags {
        match &mut self.sched_tags {
            Some(tags) if sched => tags,
            _ => &mut self.tags,
        }
    }
    /// `blk_mq_update_dispatch_busy`
    #[inline]
    pub fn update_dispatch_busy(&mut self, busy: bool) {
        let ewma = self.dispatch_busy;
        if unlikely(ewma != 0 || busy) {
            self.learn_busy(busy);
        }
    }
    #[cold]
    fn learn_busy(&mut self, busy: bool) {
        let ewma = self.dispatch_busy;
        let sum = ewma * (EWMA_WEIGHT - 1) + if busy { EWMA_FACTOR } else { 0 };
        self.dispatch_busy = sum / EWMA_WEIGHT;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k67_dispatch_busy_sequence() {
        let mut h = Hctx::new(DevId(0), vec![0], 1, Tags::new(1));
        let mut seen = Vec::new();
        for _ in 0..10 {
            h.update_dispatch_busy(true);
            seen.push(h.dispatch_busy);
        }
        assert_eq!(seen, [2, 3, 4, 5, 6, 7, 8, 9, 9, 9]);
        seen.clear();
        while h.dispatch_busy > 0 {
            h.update_dispatch_busy(false);
            seen.push(h.dispatch_busy);
        }
        assert_eq!(seen, [7, 6, 5, 4, 3, 2, 1, 0]);
    }
}
