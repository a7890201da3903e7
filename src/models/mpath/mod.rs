//! To be described.

pub mod selector;
