//! The simulator against the kernel.

pub mod experiment;
