//! `mpathsim`: a discrete-event simulator of Linux block I/O over
//! device-mapper multipath.
//!
//! Rooms, each knowing only those before it: [`sim`], [`stats`], [`models`],
//! [`observe`], [`formats`], [`scenario`], [`run`], [`sweep`], [`policy`],
//! [`letter`], [`validate`], [`torture`], [`plot`], [`report`], [`cli`].

pub mod cli;
pub mod formats;
pub mod letter;
pub mod models;
pub mod observe;
pub mod plot;
pub mod policy;
pub mod report;
pub mod run;
pub mod scenario;
pub mod sim;
pub mod stats;
pub mod sweep;
pub mod torture;
pub mod validate;

/// Policies of one's own: [`Policy`](sdk::Policy), and how to register one.
pub mod sdk {
    pub use crate::models::io::{Flags, IoPrio, Op};
    pub use crate::models::mpath::policy::{
        Ended, Managed, PathView, Paths, Policy, Registry, SHIPPED, Started, Truth, Tunables,
    };
    pub use crate::models::mpath::selector::{PathSelector, SelectCtx, StatusType};
    pub use crate::sim::Ns;
}
