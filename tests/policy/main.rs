//! Comparisons, tournaments, sensitivity and regression checks, as a user runs
//! them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bound;
mod bound_by_hand;
mod compare;
mod own_baseline;
mod ranking;
mod regress;
mod support;
mod told;
mod truth;
