//! Other people's formats: a file a format, parse and print side by side.

pub mod fio_job;
pub mod fio_json;
pub mod kernel_observation;
pub mod multipath_conf;
pub(crate) mod nearest;
