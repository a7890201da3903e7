//! To be described.

pub mod delay;
pub mod linear;
pub mod message;
pub mod striped;
pub mod table;
