//! Statistics of replications: what a few numbers tell of the many they stand
//! for. Knows nothing of storage.

mod batch;
mod bootstrap;
mod difference;
mod holm;
mod interval;
mod proportion;

pub use batch::{BATCHES, CORRELATED, batches, neighbours};
pub use bootstrap::bootstrap;
pub use difference::Difference;
pub use holm::holm;
pub use interval::{Interval, Moments, student_t};
pub use proportion::proportion;
