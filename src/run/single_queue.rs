//! What a run over single queues tells beside the rest: who opened the plugs,
//! what stacking requests took, which locks were taken in which order.

use serde::{Deserialize, Serialize};

use crate::models::machine::Machine;

/// A run over single queues.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SingleQueueOutcome {
    /// The kernel.
    pub kernel: String,
    /// How multipath was done.
    pub way: String,
    /// Every device with a queue.
    pub queues: Vec<QueueOutcome>,
    /// Windows that were not read ahead because the device was congested.
    #[serde(default)]
    pub readahead_put_off: u64,
    /// Every map that maps requests.
    pub stacking: Vec<StackingOutcome>,
    /// Every lock.
    pub locks: Vec<LockOutcome>,
    /// Orders of locks that form a circle: `sda queue_lock -> dm-0 queue_lock
    /// (in …)`, a line each.
    pub cycles: Vec<Vec<String>>,
}

/// A queue.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QueueOutcome {
    /// Its device.
    pub device: String,
    /// Its scheduler.
    pub scheduler: String,
    /// Requests of a class it may have.
    pub nr_requests: u32,
    /// Unplugged because enough requests were there.
    pub unplugged_by_threshold: u64,
    /// By the timer.
    pub unplugged_by_timer: u64,
    /// By a bio that somebody waits for.
    pub unplugged_by_sync: u64,
    /// By somebody who waits, or is done submitting.
    pub unplugged_by_waiter: u64,
    /// Requests inserted, clones among them.
    pub inserts: u64,
    /// Tasks that slept for a request.
    pub slept: u64,
    /// Times that a class became congested.
    pub congested: u64,
    /// Clones put past the scheduler.
    pub past_elevator: u64,
    /// Clones refused because they exceed the limits.
    pub over_limit: u64,
    /// Barriers carried out.
    pub barriers: u64,
}

/// A map that maps requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StackingOutcome {
    /// The map.
    pub map: String,
    /// Clones at once, at most.
    pub most_clones: u32,
    /// Times that a request found the pool of clones empty.
    pub deferred: u64,
    /// Times that all paths were busy, and a request stayed where it was.
    pub held_back: u64,
    /// Times the target was asked for a path.
    pub mapped: u64,
    /// Bytes that had reached the application when their request was put back
    /// to be sent again.
    pub early_bytes: u64,
    /// Bytes that were sent again.
    pub retried_bytes: u64,
    /// I/Os that were sent again.
    pub retried: u64,
}

/// A lock.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LockOutcome {
    /// Its name.
    pub name: String,
    /// How often it was taken.
    pub taken: u64,
    /// How often that had to wait.
    pub contended: u64,
    /// How long CPUs spun for it, ns.
    pub waited_ns: u64,
    /// How long it was held, ns.
    pub held_ns: u64,
}

impl SingleQueueOutcome {
    /// Of machine `m`; none if its kernel has no single queues.
    pub fn of<P>(m: &Machine<P>) -> Option<Self> {
        if !m.kernel.is_legacy() {
            return None;
        }
        Some(SingleQueueOutcome {
            kernel: m.kernel.name().into(),
            way: m.way.name().into(),
            queues: queues(m),
            readahead_put_off: m.app.caches.iter().map(|cache| cache.put_off).sum(),
            stacking: stacking(m),
            locks: locks(m),
            cycles: m
                .host
                .locks
                .cycles()
                .iter()
                .map(|c| c.steps.clone())
                .collect(),
        })
    }

    /// Sums `figure` over the queues of the path devices, or of the maps.
    pub fn sum(&self, of_maps: bool, figure: impl Fn(&QueueOutcome) -> u64) -> u64 {
        let queues = self.queues.iter();
        let wanted = queues.filter(|q| q.device.starts_with("dm-") == of_maps);
        wanted.map(figure).sum()
    }
}

fn queues<P>(m: &Machine<P>) -> Vec<QueueOutcome> {
    let with_queue = m.block.devs.iter().filter(|d| d.is_single_queue());
    let outcome = |d: &crate::models::block::BlockDev| {
        let q = &m.block.sqs[usize::from(d.sq.0)];
        QueueOutcome {
            device: d.name.clone(),
            scheduler: q.elevator.name().into(),
            nr_requests: q.rl.nr_requests,
            unplugged_by_threshold: q.seen.by_threshold,
            unplugged_by_timer: q.seen.by_timer,
            unplugged_by_sync: q.seen.by_sync,
            unplugged_by_waiter: q.seen.by_waiter,
            inserts: d.count.inserts,
            slept: q.seen.slept,
            congested: q.seen.congested,
            past_elevator: q.seen.past_elevator,
            over_limit: q.seen.over_limit,
            barriers: q.seen.barriers,
        }
    };
    with_queue.map(outcome).collect()
}

fn stacking<P>(m: &Machine<P>) -> Vec<StackingOutcome> {
    let is_stacked =
        |d: &&crate::models::dm::DmDev| m.block.devs[usize::from(d.dev.0)].is_single_queue();
    let maps = m.dm.devs.iter().filter(is_stacked);
    maps.map(|d| StackingOutcome {
        map: d.name.clone(),
        most_clones: d.stacking.most_clones,
        deferred: d.stacking.deferred,
        held_back: d.stacking.held_back,
        mapped: d.stacking.mapped,
        early_bytes: d.stacking.early_bytes,
        retried_bytes: d.stacking.retried_bytes,
        retried: d.retried,
    })
    .collect()
}

fn locks<P>(m: &Machine<P>) -> Vec<LockOutcome> {
    let locks = m.host.locks.locks().iter();
    locks
        .map(|l| LockOutcome {
            name: l.name.clone(),
            taken: l.taken,
            contended: l.contended,
            waited_ns: l.waited.0,
            held_ns: l.held.0,
        })
        .collect()
}
