//! `mpathsim`: a discrete-event simulator of Linux block I/O over
//! device-mapper multipath.
//!
//! Rooms, each knowing only those before it: [`sim`], [`models`],
//! [`observe`], [`formats`], [`scenario`], [`run`], [`validate`], `torture`,
//! [`cli`].

pub mod cli;
pub mod formats;
pub mod models;
pub mod observe;
pub mod run;
pub mod scenario;
pub mod sim;
#[cfg(feature = "planted-defects")]
pub mod torture;
pub mod validate;
