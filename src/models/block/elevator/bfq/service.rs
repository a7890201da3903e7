//! B-WF2Q+ (`bfq-wf2q.c`): in which order queues are served.
//!
//! Each queue has a start and a finish in virtual time, which advances with the
//! sectors served, divided by the weights of those that want to be. Of the
//! queues whose start has come the one with the earliest finish is next. A
//! queue that runs out of requests keeps its finish as long as it lies ahead.

use super::Bfq;
use super::entity::Tree;
use super::queue::{QueueId, Queues};
use super::time::Now;

/// Classes of priority (`BFQ_IOPRIO_CLASSES`).
const CLASSES: usize = 3;
/// Fraction bits of virtual time (`WFQ_SERVICE_SHIFT`).
const SERVICE_SHIFT: u32 = 22;
/// A class is served this long after it last was, ms (`BFQ_CL_IDLE_TIMEOUT`).
const IDLE_CLASS_TIMEOUT_MS: i64 = 200;

/// Virtual time of `service` sectors (`bfq_delta`).
fn delta(service: i64, weight: u64) -> u64 {
    ((service.max(0) as u64) << SERVICE_SHIFT) / weight.max(1)
}

/// Queues of one class (`struct bfq_service_tree`), by finish.
#[derive(Debug, Default)]
struct ServiceTree {
    active: Vec<QueueId>,
    idle: Vec<QueueId>,
    vtime: u64,
    /// Summed weight.
    wsum: u64,
}

/// The group's queues (`struct bfq_sched_data`).
#[derive(Debug)]
pub(super) struct Service {
    trees: [ServiceTree; CLASSES],
    in_service: Option<QueueId>,
    next: Option<QueueId>,
    /// When the idle class was last looked after, jiffies.
    idle_class_served: i64,
    /// Queues that wait, in order of insertion.
    pub(super) active_list: Vec<QueueId>,
}

/// Puts `q` where its finish belongs, behind equals (`bfq_insert`).
fn insert(list: &mut Vec<QueueId>, queues: &Queues, q: QueueId) {
    let finish = queues[q].entity.finish;
    let at = list.partition_point(|&o| queues[o].entity.finish <= finish);
    list.insert(at, q);
}

impl Service {
    /// Nothing to serve.
    pub(super) fn new(now: Now) -> Self {
        Service {
            trees: Default::default(),
            in_service: None,
            next: None,
            idle_class_served: now.jiffies,
            active_list: Vec::new(),
        }
    }
    /// Summed weights down to `class`, each class eight times the next.
    pub(super) fn weights_down_to(&self, class: usize) -> u64 {
        let trees = self.trees[..=class].iter();
        trees.fold(0, |sum, tree| sum * 8 + tree.wsum)
    }
    /// `next_queue_may_preempt`
    pub(super) fn next_may_preempt(&self) -> bool {
        self.next != self.in_service
    }
}

impl Bfq {
    /// `bfq_active_insert`
    fn active_insert(&mut self, q: QueueId) {
        let class = self.queues[q].class;
        insert(&mut self.service.trees[class].active, &self.queues, q);
        self.queues[q].entity.tree = Tree::Active;
        self.service.active_list.push(q);
    }

    /// `bfq_active_extract`, `bfq_idle_extract`
    fn extract(&mut self, q: QueueId) {
        let class = self.queues[q].class;
        let tree = &mut self.service.trees[class];
        let list = match std::mem::take(&mut self.queues[q].entity.tree) {
            Tree::None => return,
            Tree::Active => {
                self.service.active_list.retain(|&o| o != q);
                &mut tree.active
            }
            Tree::Idle => &mut tree.idle,
        };
        list.retain(|&o| o != q);
    }

    fn calc_finish(&mut self, q: QueueId, service: i64) {
        let e = &mut self.queues[q].entity;
        e.finish = e.start + delta(service, u64::from(e.weight));
    }

    /// The weight of `q` leaves the sum (`bfq_forget_entity`).
    fn forget(&mut self, q: QueueId, is_in_service: bool) {
        let queue = &mut self.queues[q];
        queue.entity.on_st_or_in_serv = false;
        let wsum = &mut self.service.trees[queue.class].wsum;
        *wsum = wsum.saturating_sub(u64::from(queue.entity.weight));
        if !is_in_service {
            self.put_queue(q);
        }
    }

    /// `bfq_forget_idle`
    fn forget_idle(&mut self, class: usize) {
        let tree = &mut self.service.trees[class];
        let finish = |q: &QueueId| self.queues[*q].entity.finish;
        if tree.active.is_empty()
            && let Some(last) = tree.idle.last().map(finish)
            && last <= tree.vtime
        {
            tree.vtime = last;
        }
        if let Some(&first) = tree.idle.first()
            && finish(&first) <= tree.vtime
        {
            self.extract(first);
            let is_in_service = self.service.in_service == Some(first);
            self.forget(first, is_in_service);
        }
    }

    /// Weight and class become what they are to be
    /// (`__bfq_entity_update_weight_prio`).
    pub(super) fn update_weight_prio(&mut self, q: QueueId, class_too: bool) {
        if !self.queues[q].entity.prio_changed {
            return;
        }
        let queue = &mut self.queues[q];
        let old_class = queue.class;
        let e = &mut queue.entity;
        let wsum = &mut self.service.trees[old_class].wsum;
        *wsum = wsum.saturating_sub(u64::from(e.weight));
        e.orig_weight = e.new_weight;
        if class_too {
            queue.class = queue.new_class;
        }
        e.prio_changed = queue.class != queue.new_class;
        let (before, weight) = (e.weight, e.orig_weight * queue.wr.coeff);
        if before != weight {
            self.weights_remove(q);
        }
        let queue = &mut self.queues[q];
        queue.entity.weight = weight;
        if before != weight && queue.wr.coeff == 1 {
            self.weights_add(q);
        }
        let queue = &mut self.queues[q];
        let tree = &mut self.service.trees[queue.class];
        tree.wsum += u64::from(weight);
        if queue.class != old_class {
            queue.entity.start = tree.vtime;
        }
    }

    /// `q` has got `served` sectors (`bfq_bfqq_served`).
    pub(super) fn served(&mut self, q: QueueId, served: i64, now: Now) {
        let queue = &mut self.queues[q];
        if queue.service_from_backlogged == 0 {
            queue.first_io_time = now.jiffies;
        }
        if queue.wr.coeff > 1 {
            queue.wr.service += served;
        }
        queue.service_from_backlogged += served;
        queue.entity.service += served;
        let class = queue.class;
        let tree = &mut self.service.trees[class];
        tree.vtime += delta(served, tree.wsum);
        self.forget_idle(class);
    }

    /// `bfq_update_fin_time_enqueue`
    fn update_fin_time_enqueue(&mut self, q: QueueId, backshifted: bool) {
        self.update_weight_prio(q, true);
        let budget = self.queues[q].entity.budget;
        self.calc_finish(q, budget);
        let queue = &mut self.queues[q];
        let vtime = self.service.trees[queue.class].vtime;
        if backshifted && vtime > queue.entity.finish {
            let late = (vtime - queue.entity.finish) / u64::from(queue.wr.coeff);
            queue.entity.start += late;
            queue.entity.finish += late;
        }
        self.active_insert(q);
    }

    /// `__bfq_activate_entity`
    fn activate_entity(&mut self, q: QueueId, non_blocking_wait_rq: bool) {
        let queue = &mut self.queues[q];
        let tree = &mut self.service.trees[queue.class];
        let e = &mut queue.entity;
        let backshifted = non_blocking_wait_rq && tree.vtime > e.finish;
        let min_vstart = if backshifted { e.finish } else { tree.vtime };
        if e.tree == Tree::Idle {
            e.start = min_vstart.max(e.finish);
            self.extract(q);
        } else {
            e.start = min_vstart;
            tree.wsum += u64::from(e.weight);
            e.on_st_or_in_serv = true;
        }
        self.update_fin_time_enqueue(q, backshifted);
    }

    /// `__bfq_requeue_entity`
    fn requeue_entity(&mut self, q: QueueId) {
        if self.service.in_service == Some(q) {
            let service = self.queues[q].entity.service;
            self.calc_finish(q, service);
            let e = &mut self.queues[q].entity;
            e.start = e.finish;
        }
        self.extract(q);
        self.update_fin_time_enqueue(q, false);
    }

    /// `bfq_activate_bfqq`
    pub(super) fn activate(&mut self, q: QueueId, now: Now) {
        let non_blocking = std::mem::take(&mut self.queues[q].non_blocking_wait_rq);
        let waits = self.queues[q].entity.tree == Tree::Active;
        if self.service.in_service == Some(q) || waits {
            self.requeue_entity(q);
        } else {
            self.activate_entity(q, non_blocking);
        }
        self.update_next_in_service(Some(q), false, now);
    }

    /// `bfq_requeue_bfqq`
    pub(super) fn requeue(&mut self, q: QueueId, expiration: bool, now: Now) {
        let waits = self.queues[q].entity.tree == Tree::Active;
        if self.service.in_service == Some(q) || waits {
            self.requeue_entity(q);
        } else {
            self.activate_entity(q, false);
        }
        self.update_next_in_service(Some(q), expiration, now);
    }

    /// `bfq_deactivate_bfqq`
    pub(super) fn deactivate(&mut self, q: QueueId, expiration: bool, now: Now) {
        if !self.queues[q].entity.on_st_or_in_serv {
            return;
        }
        let is_in_service = self.service.in_service == Some(q);
        let service = self.queues[q].entity.service;
        self.calc_finish(q, service);
        if is_in_service {
            self.service.in_service = None;
        } else {
            self.queues[q].entity.service = 0;
        }
        self.extract(q);
        let queue = &mut self.queues[q];
        let tree = &mut self.service.trees[queue.class];
        if queue.entity.finish > tree.vtime {
            queue.entity.tree = Tree::Idle;
            insert(&mut tree.idle, &self.queues, q);
        } else {
            self.forget(q, is_in_service);
        }
        if self.service.next == Some(q) {
            self.update_next_in_service(None, expiration, now);
        }
    }

    /// Who is next, now that `new` has come or moved
    /// (`bfq_update_next_in_service`).
    fn update_next_in_service(&mut self, new: Option<QueueId>, expiration: bool, now: Now) {
        if let Some(new) = new
            && self.service.next != Some(new)
        {
            let n = &self.queues[new];
            let is_better = match self.service.next {
                None => true,
                Some(next) => {
                    let next = &self.queues[next];
                    n.class == next.class
                        && n.entity.start <= self.service.trees[n.class].vtime
                        && next.entity.finish > n.entity.finish
                }
            };
            if is_better {
                self.service.next = Some(new);
                return;
            }
        }
        self.service.next = self.lookup_next(expiration, now);
    }

    /// `bfq_lookup_next_entity`
    fn lookup_next(&mut self, expiration: bool, now: Now) -> Option<QueueId> {
        const IDLE: usize = CLASSES - 1;
        let mut first_class = 0;
        let timeout = self.clock.ms(IDLE_CLASS_TIMEOUT_MS);
        if self.service.idle_class_served + timeout < now.jiffies {
            if !self.service.trees[IDLE].active.is_empty() {
                first_class = IDLE;
            }
            self.service.idle_class_served = now.jiffies;
        }
        let in_service = self.service.in_service.is_some() && !expiration;
        (first_class..CLASSES).find_map(|class| self.lookup_next_of(class, in_service))
    }

    /// The first whose start has come; if nothing is in service, time jumps to
    /// where there is one (`__bfq_lookup_next_entity`).
    fn lookup_next_of(&mut self, class: usize, in_service: bool) -> Option<QueueId> {
        let tree = &mut self.service.trees[class];
        let starts = tree.active.iter().map(|&q| self.queues[q].entity.start);
        let vtime = tree.vtime.max(starts.min()?);
        if !in_service && vtime > tree.vtime {
            tree.vtime = vtime;
            self.forget_idle(class);
        }
        let active = self.service.trees[class].active.iter();
        active
            .copied()
            .find(|&q| self.queues[q].entity.start <= vtime)
    }

    /// Takes the next queue into service (`bfq_get_next_queue`).
    pub(super) fn get_next_queue(&mut self, now: Now) -> Option<QueueId> {
        if self.tot_busy_queues() == 0 {
            return None;
        }
        let q = self.service.next?;
        self.service.in_service = Some(q);
        self.extract(q);
        self.update_next_in_service(None, false, now);
        Some(q)
    }

    /// The queue in service no longer is (`__bfq_bfqd_reset_in_service`).
    pub(super) fn reset_in_service(&mut self) {
        let Some(q) = self.in_service.take() else {
            return;
        };
        self.queues[q].wait_request = false;
        self.cancel_timer();
        self.service.in_service = None;
        if !self.queues[q].entity.on_st_or_in_serv {
            self.put_queue(q);
        }
    }
}
