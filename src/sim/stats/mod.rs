//! Streaming statistics: memory does not grow with the number of samples, and
//! nothing is a float until it is read.

mod histogram;
mod latency;
mod level;
mod series;
mod warmup;

pub use histogram::{Bucket, Histogram};
pub use latency::LatencyStats;
pub use level::TimeWeighted;
pub use series::Series;
pub use warmup::{Counter, mser5};
