//! The figures, a file a kind.

mod crossover;
mod cut;
mod differences;
mod failover;
mod heat;
mod latency;
mod layers;
mod lines;
mod paths;
mod percentiles;
mod ranking;
mod run_parts;
mod sequence;
mod sweep_axis;
mod sweep_grid;
mod sweep_metric;
mod sweep_slice;
mod sweep_thin;
mod told;

pub use crossover::{Verdict, crossover};
pub use differences::differences;
pub use failover::failover;
pub use heat::heat;
pub use latency::latency;
pub use layers::layers;
pub use lines::lines;
pub use paths::paths;
pub use percentiles::percentiles;
pub use ranking::ranking;
pub use sequence::sequence;
pub use sweep_metric::Metric;
pub use sweep_slice::{Choice, has_names_only, modes};
