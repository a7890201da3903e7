//! fio 3.33 as a pure state machine: which I/O comes next, when it is
//! submitted, reaped and counted.
//!
//! Nothing here knows of a block layer or a CPU: [`FioThread`] is told the time
//! and says which system call comes next; the caller executes it.

pub mod seeds;
pub mod spec;
pub mod thread;

pub use spec::ThreadSpec;
pub use thread::{Act, FioError, FioReport, FioThread, IoUnit};
