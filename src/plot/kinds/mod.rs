//! The figures, a file a kind.

mod cut;
mod failover;
mod latency;
mod layers;
mod paths;
mod percentiles;
mod ranking;
mod run_parts;
mod sequence;
mod sweep;
mod sweep_maps;

pub use failover::failover;
pub use latency::latency;
pub use layers::layers;
pub use paths::paths;
pub use percentiles::percentiles;
pub use ranking::ranking;
pub use sequence::sequence;
pub use sweep::{Choice, lines};
pub use sweep_maps::{crossover, heat};
