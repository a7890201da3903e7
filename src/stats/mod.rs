//! Statistics of replications: what a few numbers tell of the many they stand
//! for. Knows nothing of storage.

mod interval;

pub use interval::{Interval, Moments, student_t};
