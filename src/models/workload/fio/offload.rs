//! `io_submit_mode=offload`: which worker thread an io_u goes to
//! (`workqueue.c`, 3.33).

use std::collections::VecDeque;

#[derive(Clone, Debug)]
struct Worker {
    list: VecDeque<u32>,
    /// When it was last given work, in order of giving.
    seq: u64,
    idle: bool,
}

/// The worker threads of one job thread, each with a list of io_us.
#[derive(Clone, Debug)]
pub struct WorkQueue {
    workers: Vec<Worker>,
    next_free: usize,
    seq: u64,
    busy: u32,
}

impl WorkQueue {
    /// So many workers, all idle.
    pub fn new(workers: u32) -> Self {
        let worker = Worker {
            list: VecDeque::new(),
            seq: 0,
            idle: true,
        };
        WorkQueue {
            workers: vec![worker; workers.max(1) as usize],
            next_free: 0,
            seq: 0,
            busy: 0,
        }
    }

    /// Gives `slot` to a worker: an idle one, searched from the one that became
    /// idle last, else the one that was given work longest ago. Which one.
    pub fn enqueue(&mut self, slot: u32) -> u32 {
        let n = self.workers.len();
        let order = (self.next_free..n).chain(0..self.next_free);
        let mut best = self.next_free;
        for w in order {
            if self.workers[w].idle {
                best = w;
                break;
            }
            if self.workers[w].seq < self.workers[best].seq {
                best = w;
            }
        }
        if best == self.next_free {
            self.next_free = (best + 1) % n;
        }
        self.seq += 1;
        let worker = &mut self.workers[best];
        worker.list.push_back(slot);
        worker.seq = self.seq;
        if worker.idle {
            worker.idle = false;
            self.busy += 1;
        }
        best as u32
    }

    /// The next io_u of `worker`; none: it is idle from now on.
    pub fn take(&mut self, worker: u32) -> Option<u32> {
        let w = self.workers.get_mut(worker as usize)?;
        let slot = w.list.pop_front();
        if slot.is_none() && !w.idle {
            w.idle = true;
            self.busy -= 1;
            self.next_free = worker as usize;
        }
        slot
    }

    /// Whether every worker is idle.
    pub fn all_idle(&self) -> bool {
        self.busy == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_ones_in_turn_then_the_oldest() {
        let mut q = WorkQueue::new(3);
        assert_eq!([q.enqueue(0), q.enqueue(1), q.enqueue(2)], [0, 1, 2]);
        assert_eq!(q.take(1), Some(1));
        // None is idle: worker 0 was given work longest ago.
        assert_eq!(q.enqueue(9), 0);
        assert_eq!(q.take(0), Some(0));
        assert_eq!(q.take(0), Some(9));
        assert_eq!(q.take(1), None);
        // The one that became idle last is the first to be asked.
        assert_eq!(q.enqueue(5), 1);
        assert_eq!(q.take(2), Some(2));
        assert_eq!([q.take(0), q.take(1), q.take(2)], [None, Some(5), None]);
        assert_eq!(q.take(1), None);
        assert!(q.all_idle());
    }
}
