//! The multipath target of device-mapper (`dm-mpath.c`, Linux 6.1): paths,
//! priority groups, which path takes an I/O, what becomes of one that failed.
//!
//! Pure decisions: nothing here knows of queues, CPUs or events. The
//! device-mapper core asks [`Multipath`] and does what it is told
//! ([`Effects`]).

pub mod balancer;
mod choose;
mod end_io;
mod errno;
mod fail;
mod group;
mod lookup;
mod map;
mod message;
mod params;
mod path;
mod pg_init;
pub mod policy;
mod scan;
pub mod selector;
mod status;
mod target;

pub use end_io::{Completion, EndIoBio, EndIoRq};
pub use errno::Errno;
pub use group::Group;
pub use lookup::{DeviceInfo, DeviceLookup, get_device};
pub use map::{MapBio, MapRq};
pub use path::{Path, PathIdx};
pub use pg_init::{Activation, DhResult};
pub use scan::{ArgSet, CtrError, scan_devno, scan_u32, scan_u64, split_args};
pub use target::{CtrEnv, Effects, LegacyRules, Multipath, QueueMode, Timer};

#[cfg(test)]
mod tests;
