//! Other people's formats, a file each.

pub mod kernel_observation;
//! Other people's formats: a file a format, parse and print side by side.

pub mod fio_job;
