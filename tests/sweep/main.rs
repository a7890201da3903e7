//! Sweeps as a user runs them: the program, its files, and what happens when it
//! is killed, stopped, or has no room.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod axes;
mod bad_input;
mod folders;
mod interrupted;
mod results;
mod shards;
mod single_run;
mod support;
