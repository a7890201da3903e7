//! Other people's formats, a file each.

pub mod kernel_observation;
