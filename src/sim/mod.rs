//! The engine: time, the pending-event set, random draws, arenas and
//! streaming statistics.
//!
//! This room has never heard of storage; it could be lifted into another
//! simulator as it stands.

pub mod arena;
pub mod calendar;
pub mod dist;
pub mod draw;
pub mod events;
pub mod fifo;
pub mod hint;
pub mod servers;
pub mod stats;
pub mod time;
pub mod units;

pub use arena::Arena;
pub use dist::Distribution;
pub use draw::{Draws, Purpose};
pub use events::EventQueue;
pub use fifo::Fifo;
pub use hint::unlikely;
pub use time::Ns;
