//! Propositions about Linux 6.1, 2.6.25 and 2.6.31, by number, each tried on a whole machine: what
//! reaches which queue, in what order and when.
//!
//! What can be said of the multipath target or a selector alone is tested
//! beside them.
#![allow(clippy::unwrap_used, clippy::panic)]

mod acts;
mod bfq;
mod daemon;
mod dmsetup;
mod failure;
mod flushes;
mod groups;
mod held;
mod kyber;
mod legacy;
mod merging;
mod pressure;
mod rig;
mod scheduling;
mod scsi;
mod selectors;
