//! A fault campaign: random computers, tables, workloads and faults, each run
//! held against everything that has to be true.
//!
//! A [`Case`](case::Case) is a scenario in parts; [`generate`] makes the one of
//! a seed and a number, [`check`](check::check) runs its *text*, so that what
//! is printed is what was run, and [`shrink`](shrink::shrink) takes out of one
//! that fails what is not needed for it. [`Campaign`] does that many times, on
//! all cores.
//!
//! What is checked, beside the invariants of
//! [`machine`](crate::models::machine): [`witness`] follows every I/O, with
//! [`shadow`] for the choice of paths and [`extents`] for the data; [`status`]
//! reads `dmsetup status` back; [`ledger`] adds the counters up.
//!
//! To try a new part of a scenario, draw it in [`generator`]; to check a new
//! rule, add it to [`check`] under a word of its own.

pub mod campaign;
pub mod case;
pub mod check;
pub mod extents;
pub mod generator;
pub mod ledger;
pub mod shadow;
pub mod shrink;
pub mod status;
pub mod witness;

pub use campaign::{Campaign, Found, Report};
pub use check::{Failure, Tally};
pub use generator::generate;
