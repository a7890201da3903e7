//! What breaks, what waits, what comes back, and what a run tells of it.

#![allow(clippy::unwrap_used, clippy::panic)]

mod multipathd;
mod network;
mod reports;
mod scenarios;
mod support;
mod timeline;
