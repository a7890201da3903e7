//! fio 3.33 as a pure state machine: which I/O comes next, when it is
//! submitted, reaped and counted.
//!
//! Nothing here knows of a block layer or a CPU: [`FioThread`] is told the time
//! and says which system call comes next; the caller executes it.

pub mod act;
pub mod axmap;
pub mod direction;
pub mod distribution;
pub mod iolog;
pub mod logs;
pub mod offload;
pub mod offset;
pub mod rand;
pub mod rate;
pub mod region;
pub mod report;
pub mod seeds;
pub mod size;
pub mod sleep;
pub mod spec;
pub mod thread;
pub mod windows;

pub use act::{Act, FioError, IoUnit};
pub use report::{DirReport, FioReport};
pub use spec::ThreadSpec;
pub use thread::FioThread;
