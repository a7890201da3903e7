//! What is simulated: one folder a subsystem, named as the kernel or the
//! storage field names it.

pub mod array;
pub mod block;
pub mod config;
pub mod device;
pub mod dm;
pub mod fabric;
pub mod fault;
pub mod host;
pub mod io;
pub mod kernel;
pub mod machine;
pub mod mpath;
pub mod multipathd;
pub mod planted;
pub mod probe;
pub mod san;
pub mod truth;
pub mod workload;
