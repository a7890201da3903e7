//! Path selectors: which path of a priority group takes the next I/O.
//!
//! One file a policy. Built-in policies are variants of [`Selector`] and are
//! dispatched statically; [`Selector::Custom`] takes a policy from outside the
//! crate.

use crate::sim::Ns;

/// What a selector may look at when it is asked.
#[derive(Copy, Clone, Debug, Default)]
pub struct SelectCtx {
    /// Bytes of this request (request mode) or bio (bio mode).
    pub nr_bytes: u32,
    /// The CPU that asks.
    pub cpu: u16,
    /// NUMA node of that CPU.
    pub node: u16,
    /// The time.
    pub now: Ns,
}

/// A path selector (`struct path_selector_type`).
///
/// Paths are named by their index within the priority group, in table order.
pub trait PathSelector {
    /// The path that takes the next I/O; none if no path is usable
    /// (`select_path`).
    fn select_path(&mut self, ctx: &SelectCtx) -> Option<usize>;
    /// An I/O was mapped to `path` (`start_io`).
    fn start_io(&mut self, path: usize, nr_bytes: u32);
    /// An I/O left `path` (`end_io`). `start` is when it was started.
    fn end_io(&mut self, path: usize, nr_bytes: u32, start: Ns, now: Ns);
    /// `path` failed (`fail_path`).
    fn fail_path(&mut self, path: usize);
    /// `path` is usable again (`reinstate_path`).
    fn reinstate_path(&mut self, path: usize);
}
