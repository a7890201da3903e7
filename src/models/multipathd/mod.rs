//! The daemon `multipathd` (multipath-tools 0.9 to 0.14): it checks paths,
//! fails and reinstates them in the kernel, switches priority groups and ends
//! queueing when no path comes back.
//!
//! A pure state machine, one [`Daemon`] a map. It is told the time, what its
//! checks found and what the kernel's status says, and answers with
//! [`MpdCommand`]s; when to wake it, [`Daemon::next_wake`] says. Source
//! comments name functions of multipath-tools.
//!
//! Not modelled: checks of one map are not spread over time as 0.14 does, and
//! the loop runs exactly once a second, as with `strict_timing`; without it the
//! real loop also takes the time of its own work.

mod checker;
mod command;
mod daemon;
mod failback;
mod grouping;
mod marginal;
pub mod presets;
mod priority;
mod retry;
mod san_path_err;
mod settings;
mod table;
mod values;

pub use checker::{CheckClock, PathState};
pub use command::{
    CheckDone, KernelEvent, MapStatus, MpdCommand, PathId, PathInfo, PathStatus, Tpgs,
};
pub use daemon::Daemon;
pub use failback::{FailbackTimer, PathNews};
pub use grouping::{Member, Rank, best_group, group_paths, rank};
pub use marginal::{BATCH_EVERY, CONCURRENT_READS, Marginal, MarginalState, READ_TIMEOUT, Verdict};
pub use priority::{Access, AccessState, priority};
pub use retry::{Queueing, Retry};
pub use san_path_err::{SanPathErr, SanPathErrState};
pub use settings::{Layer, Settings};
pub use table::{TableFacts, TablePath, assemble};
pub use values::{
    Checker, DevLoss, Failback, FastIoFail, GroupingPolicy, MarginalPathgroups, NoPathRetry, Prio,
    RrWeight,
};
