//! Which queue of cfq is served, which of its requests, and for how long.

use super::super::super::elv::DispatchList;
use super::queue::Flag;
use super::{ASYNC, Cfq, is_sync};
use crate::models::block::elevator::Reqs;
use crate::models::io::ReqId;

/// Queues of a priority level count from this (`CFQ_PRIO_LISTS`), and the usual
/// priority.
const PRIOS: u32 = 8;
const PRIO: u32 = 4;

impl Cfq {
    /// `cfq_choose_req`: whichever the head is nearer to; behind it counts
    /// double, and only so far.
    pub(super) fn choose(
        &self,
        reqs: &Reqs,
        one: Option<ReqId>,
        two: Option<ReqId>,
    ) -> Option<ReqId> {
        let (Some(a), Some(b)) = (one, two) else {
            return one.or(two);
        };
        if a == b {
            return one;
        }
        let sync = |rq: ReqId| is_sync(reqs[rq].op, reqs[rq].flags);
        match (sync(a), sync(b)) {
            (true, false) => return one,
            (false, true) => return two,
            _ => {}
        }
        let last = self.last_position;
        let distance = |sector: u64| match sector {
            s if s >= last => Some(s - last),
            s if s + self.tunables.back_max >= last => {
                Some((last - s) * self.tunables.back_penalty)
            }
            _ => None,
        };
        let (sa, sb) = (reqs[a].sector, reqs[b].sector);
        let first = match (distance(sa), distance(sb)) {
            (Some(da), Some(db)) if da != db => da < db,
            (Some(_), Some(_)) => sa >= sb,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => sa <= sb,
        };
        if first { one } else { two }
    }

    /// What comes after `last` in its queue (`cfq_find_next_rq`).
    pub(super) fn find_next(&self, reqs: &Reqs, q: usize, last: ReqId) -> Option<ReqId> {
        let (sort, sector) = (&self.queues[q].sort, reqs[last].sector);
        let next = sort
            .latter(sector, last)
            .or_else(|| sort.first().filter(|&rq| rq != last));
        self.choose(reqs, next, sort.former(sector, last))
    }

    /// Puts `q` among the queues that wait, by when its turn is
    /// (`cfq_service_tree_add`).
    pub(super) fn resort(&mut self, q: usize, ticks: u64) {
        if !self.queues[q].has(Flag::OnRr) {
            return;
        }
        let busy = self.queues.iter().filter(|q| q.has(Flag::OnRr)).count() as i64;
        let prio_slice = |sync: usize, prio: i64| {
            let base = self.tunables.slice[sync] as i64;
            base + base / 5 * (4 - prio)
        };
        let own = prio_slice(usize::from(self.queues[q].is_sync), i64::from(PRIO));
        let offset = (busy - 1) * (prio_slice(1, 0) - own);
        let key = offset + ticks as i64 + std::mem::take(&mut self.queues[q].slice_resid);
        self.tree.retain(|&(_, t)| usize::from(t) != q);
        let at = self.tree.partition_point(|&(k, _)| k <= key);
        self.tree.insert(at, (key, q as u16));
    }
    /// `q` is next.
    pub(super) fn put_first(&mut self, q: usize) {
        self.tree.retain(|&(_, t)| usize::from(t) != q);
        let at = self.tree.partition_point(|&(k, _)| k <= 0);
        self.tree.insert(at, (0, q as u16));
    }

    /// The slice of the queue in service is over (`cfq_slice_expired`).
    pub(super) fn slice_expired(&mut self, timed_out: bool, ticks: u64) {
        let Some(active) = self.active.take() else {
            return;
        };
        let q = usize::from(active);
        if self.queues[q].has(Flag::WaitRequest) {
            self.cancel_timer();
        }
        let queue = &mut self.queues[q];
        queue.clear(Flag::WaitRequest);
        if timed_out && !queue.has(Flag::SliceNew) {
            queue.slice_resid = queue.slice_end as i64 - ticks as i64;
        }
        self.resort(q, ticks);
        self.active_process = None;
    }

    /// The device is kept idle for the process of `q` (`cfq_arm_slice_timer`).
    pub(super) fn arm_slice_timer(&mut self, q: usize) {
        let slice_idle = self.tunables.slice_idle;
        if slice_idle == 0 || !self.queues[q].has(Flag::IdleWindow) {
            return;
        }
        let Some(p) = self
            .active_process
            .and_then(|t| self.processes.get(t.index()))
        else {
            return;
        };
        if p.is_over {
            return;
        }
        let hz = self.tunables.slice[1] * 10;
        let ticks = p.idles_for(slice_idle, hz);
        self.queues[q].set(Flag::WaitRequest);
        self.timer = (true, self.timer.1.wrapping_add(1));
        self.wants.timer = Some(ticks);
    }
    /// The idle timer is stopped.
    pub(super) fn cancel_timer(&mut self) {
        self.timer = (false, self.timer.1.wrapping_add(1));
        self.wants.timer = None;
    }
    /// It has expired (`cfq_idle_slice_timer`).
    pub(in super::super) fn idle_timer_fired(&mut self, generation: u32, ticks: u64) {
        if self.timer != (true, generation) {
            return;
        }
        self.timer.0 = false;
        let Some(active) = self.active else {
            return self.schedule_dispatch();
        };
        let queue = &self.queues[usize::from(active)];
        let used = queue.slice_used(ticks);
        if !used && !self.has_busy() {
            return; // nobody else wants the device
        }
        if used || queue.is_empty() {
            self.slice_expired(false, ticks);
        }
        self.schedule_dispatch();
    }

    /// The queue to be served now; none if the device is to stay idle
    /// (`cfq_select_queue`).
    fn select(&mut self, ticks: u64) -> Option<usize> {
        if let Some(active) = self.active {
            let queue = &self.queues[usize::from(active)];
            if !queue.slice_used(ticks) {
                if !queue.is_empty() {
                    return Some(usize::from(active));
                }
                let awaited = queue.dispatched > 0 && queue.has(Flag::IdleWindow);
                if self.timer.0 || awaited {
                    return None;
                }
            }
            self.slice_expired(false, ticks);
        }
        let &(_, first) = self.tree.first()?;
        self.active = Some(first);
        let queue = &mut self.queues[usize::from(first)];
        queue.slice_end = 0;
        queue.clear(Flag::MustAllocSlice);
        queue.clear(Flag::FifoExpire);
        queue.set(Flag::SliceNew);
        Some(usize::from(first))
    }

    /// `cfq_dispatch_requests`
    pub(in super::super) fn dispatch(
        &mut self,
        list: &mut DispatchList<'_>,
        ticks: u64,
        force: bool,
    ) -> u32 {
        if force {
            return self.drain(list, ticks);
        }
        let quantum = self.tunables.quantum;
        let mut dispatched = 0;
        while self.has_busy()
            && let Some(q) = self.select(ticks)
        {
            let queue = &self.queues[q];
            let others = self.queues.iter().filter(|q| q.has(Flag::OnRr)).count() > 1;
            if queue.dispatched >= quantum && (others || queue.dispatched >= 4 * quantum) {
                break;
            }
            if self.sync_flight > 0 && !queue.is_sync {
                break;
            }
            self.queues[q].clear(Flag::WaitRequest);
            self.cancel_timer();
            dispatched += self.dispatch_some(list, q, ticks);
        }
        dispatched
    }

    /// A round of `q` (`__cfq_dispatch_requests`).
    fn dispatch_some(&mut self, list: &mut DispatchList<'_>, q: usize, ticks: u64) -> u32 {
        let mut dispatched = 0;
        while dispatched < self.tunables.quantum {
            let expired = self.check_fifo(list.reqs, q, ticks);
            let Some(rq) = expired.or(self.queues[q].next) else {
                break;
            };
            let task = list.reqs[rq].icq;
            self.dispatch_insert(list, rq);
            dispatched += 1;
            self.active_process = self.active_process.or(task);
            if self.queues[q].is_empty() {
                break;
            }
        }
        let others = self.queues.iter().filter(|q| q.has(Flag::OnRr)).count() > 1;
        let base = self.tunables.slice_async_rq;
        let most = 2 * (base + base * (PRIOS - 1 - PRIO));
        if others && q == ASYNC && dispatched >= most {
            self.queues[q].slice_end = ticks + 1;
            self.slice_expired(false, ticks);
        }
        dispatched
    }

    /// The oldest request, if it has expired; looked at once a slice
    /// (`cfq_check_fifo`).
    fn check_fifo(&mut self, reqs: &Reqs, q: usize, ticks: u64) -> Option<ReqId> {
        let queue = &mut self.queues[q];
        if queue.has(Flag::FifoExpire) {
            return None;
        }
        queue.set(Flag::FifoExpire);
        let oldest = queue.fifo.head?;
        let expire = self.tunables.fifo_expire[usize::from(queue.is_sync)];
        (ticks >= reqs[oldest].fifo_time.0 + expire).then_some(oldest)
    }

    /// Everything goes to `list` (`cfq_forced_dispatch`).
    fn drain(&mut self, list: &mut DispatchList<'_>, ticks: u64) -> u32 {
        let mut dispatched = 0;
        while let Some(&(_, q)) = self.tree.first() {
            let Some(rq) = self.queues[usize::from(q)].sort.first() else {
                break;
            };
            self.dispatch_insert(list, rq);
            dispatched += 1;
        }
        self.slice_expired(false, ticks);
        dispatched
    }
}
