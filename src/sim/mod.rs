//! The engine: time, the pending-event set, random draws, arenas and
//! streaming statistics.
//!
//! This room has never heard of storage; it could be lifted into another
//! simulator as it stands.

pub mod arena;
pub mod events;
pub mod stats;
pub mod time;

pub use arena::Arena;
pub use events::EventQueue;
pub use time::Ns;
