//! What listens to a run. A probe never changes it.

use super::block::{Action, Subject};
use super::io::DevId;
use crate::sim::Ns;

/// A listener; with [`NoProbe`] its calls compile away.
pub trait Probe {
    /// Whether it wants to hear of block trace events at all.
    const LISTENS: bool = true;

    /// Something happened to a bio or request of `dev` on `cpu`, while the task
    /// called `comm` was running (none: in an interrupt).
    fn block_event(
        &mut self,
        at: Ns,
        cpu: u8,
        comm: Option<&str>,
        dev: DevId,
        action: Action,
        subject: Subject,
    );
    /// An I/O of the application begins. Threads are numbered as the
    /// application has them, scripted tasks after fio's.
    fn io_begun(&mut self, at: Ns, thread: u16);
    /// An I/O of the application has ended.
    fn io_done(&mut self, at: Ns, thread: u16, bytes: u32, errno: i32);
    /// A path or group of a multipath device has changed its state.
    fn paths_changed(&mut self, _at: Ns) {}
}

/// Nobody listens.
#[derive(Copy, Clone, Debug, Default)]
pub struct NoProbe;

impl Probe for NoProbe {
    const LISTENS: bool = false;

    #[inline]
    fn block_event(&mut self, _: Ns, _: u8, _: Option<&str>, _: DevId, _: Action, _: Subject) {}
    #[inline]
    fn io_begun(&mut self, _: Ns, _: u16) {}
    #[inline]
    fn io_done(&mut self, _: Ns, _: u16, _: u32, _: i32) {}
}
