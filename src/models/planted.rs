//! Defects that can be planted, to see whether the checks find them. Only with
//! the feature `planted-defects`, which is for tests; without it every question
//! is answered no, at compile time.

/// A defect.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Defect {
    /// A bio whose path failed is not queued to be mapped again.
    LostBioInRequeue,
    /// A bio of bio-based device-mapper that failed ends twice.
    DoubleCompletion,
    /// Whoever sleeps for a tag is not woken.
    MissedWakeUp,
    /// round-robin stays with the path that it has chosen.
    WrongRotation,
    /// The first path that comes back does not start the bio worker.
    MissedReinstateKick,
    /// queue-length keeps failed paths in its list.
    FailedPathStaysListed,
    /// An I/O that failed on a path is counted as in flight there for ever.
    LeakedPathIo,
    /// A bio that failed for good is said to have gone well.
    ErrorSwallowed,
    /// A request whose path failed is not tried on another.
    PathErrorIsFinal,
    /// What came while a device was suspended is not submitted afterwards.
    DeferredForgotten,
    /// The timer of delayed requeues is not armed.
    LostRequeueTimer,
    /// Groups that are bypassed are used like others.
    BypassIgnored,
    /// The status shows failed paths as active.
    StatusHidesFailure,
    /// queue-length chooses the path with the most I/Os in flight.
    FullestQueueChosen,
    /// A suspend does not wait for what is in flight.
    SuspendDoesNotWait,
    /// A bio is tried again with half of its sectors.
    ShortRetry,
    /// A request that is requeued keeps the token of the driver's budget.
    LeakedBudget,
    /// A command that was aborted is neither tried again nor ended.
    AbortedCommandLost,
    /// A flush lets only the first go on that waited for it.
    FlushWaiterLost,
    /// Of several requests that are requeued together the second is lost.
    RequeuedRequestLost,
}

impl Defect {
    /// All of them.
    pub const ALL: [Defect; 20] = [
        Defect::LostBioInRequeue,
        Defect::DoubleCompletion,
        Defect::MissedWakeUp,
        Defect::WrongRotation,
        Defect::MissedReinstateKick,
        Defect::FailedPathStaysListed,
        Defect::LeakedPathIo,
        Defect::ErrorSwallowed,
        Defect::PathErrorIsFinal,
        Defect::DeferredForgotten,
        Defect::LostRequeueTimer,
        Defect::BypassIgnored,
        Defect::StatusHidesFailure,
        Defect::FullestQueueChosen,
        Defect::SuspendDoesNotWait,
        Defect::ShortRetry,
        Defect::LeakedBudget,
        Defect::AbortedCommandLost,
        Defect::FlushWaiterLost,
        Defect::RequeuedRequestLost,
    ];
}

#[cfg(feature = "planted-defects")]
thread_local! {
    static PLANTED: std::cell::Cell<Option<Defect>> = const { std::cell::Cell::new(None) };
}

/// From now on this thread's machines have `defect`.
#[cfg(feature = "planted-defects")]
pub fn plant(defect: Option<Defect>) {
    PLANTED.set(defect);
}

/// Whether this thread's machines have `defect`.
#[cfg(feature = "planted-defects")]
pub fn has(defect: Defect) -> bool {
    PLANTED.get() == Some(defect)
}

/// Whether this thread's machines have `defect`: never.
#[cfg(not(feature = "planted-defects"))]
#[inline(always)]
pub const fn has(_defect: Defect) -> bool {
    false
}
