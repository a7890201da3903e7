//! Which queues have requests, and whether they are to get equal shares.

use super::Bfq;
use super::queue::QueueId;
use super::time::Now;

impl Bfq {
    /// `bfq_add_bfqq_busy`
    pub(super) fn add_busy(&mut self, q: QueueId, now: Now) {
        self.activate(q, now);
        let queue = &mut self.queues[q];
        queue.busy = true;
        queue.busy_class = queue.class;
        self.busy_queues[queue.class] += 1;
        let raised = queue.wr.coeff > 1;
        if queue.dispatched == 0 && !raised {
            self.weights_add(q);
        }
        self.wr_busy_queues += u32::from(raised);
        if let Some(waker) = self.queues[q].waker {
            let woken = &mut self.queues[waker].woken;
            woken.retain(|&o| o != q);
            woken.push(q);
        }
    }

    /// `bfq_del_bfqq_busy`
    pub(super) fn del_busy(&mut self, q: QueueId, expiration: bool, now: Now) {
        let queue = &mut self.queues[q];
        queue.busy = false;
        self.busy_queues[queue.busy_class] -= 1;
        if queue.wr.coeff > 1 {
            self.wr_busy_queues -= 1;
        }
        self.deactivate(q, expiration, now);
        if self.queues[q].dispatched == 0 {
            self.weights_remove(q);
        }
    }

    /// `bfq_tot_busy_queues`
    pub(super) fn tot_busy_queues(&self) -> u32 {
        self.busy_queues.iter().sum()
    }

    /// `bfq_weights_tree_add`
    pub(super) fn weights_add(&mut self, q: QueueId) {
        let queue = &mut self.queues[q];
        if queue.counted_weight.is_some() {
            return;
        }
        let weight = queue.entity.weight;
        queue.counted_weight = Some(weight);
        match self.weights.binary_search_by_key(&weight, |&(w, _)| w) {
            Ok(i) => self.weights[i].1 += 1,
            Err(i) => self.weights.insert(i, (weight, 1)),
        }
    }

    /// `bfq_weights_tree_remove`
    pub(super) fn weights_remove(&mut self, q: QueueId) {
        let Some(weight) = self.queues[q].counted_weight.take() else {
            return;
        };
        if let Ok(i) = self.weights.binary_search_by_key(&weight, |&(w, _)| w) {
            self.weights[i].1 -= 1;
            if self.weights[i].1 == 0 {
                self.weights.remove(i);
            }
        }
        self.put_queue(q);
    }

    /// Whether some queue is to get more than `q` or another
    /// (`bfq_asymmetric_scenario`).
    pub(super) fn is_asymmetric(&self, q: QueueId) -> bool {
        let smallest = self.weights.first().map(|&(w, _)| w);
        let counted = self.queues[q].counted_weight;
        let is_smallest = counted.is_some() && counted == smallest;
        let classes = self.busy_queues.iter().filter(|&&n| n > 0).count();
        !is_smallest && self.weights.len() > 1 || classes > 1
    }
}
