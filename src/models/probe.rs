//! What listens to a run. A probe never changes it.

use super::block::{Action, Subject};
use super::io::{BlkStatus, DevId};
use super::mpath::selector::SelectCtx;
use super::mpath::{MapBio, Multipath, PathIdx};
use crate::sim::Ns;

/// A listener; with [`NoProbe`] its calls compile away.
pub trait Probe {
    /// Whether it wants to hear of anything but the application's I/Os.
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
    /// A bio or request of `dev`, or a part of one, has ended: what the event
    /// [`Action::Complete`] does not say.
    fn ended(&mut self, _dev: DevId, _subject: Subject, _status: BlkStatus) {}
    /// The host has given up a command of `dev`, issued at `issued`, that the
    /// device carries out all the same, at `due`.
    fn given_up(&mut self, _at: Ns, _dev: DevId, _subject: Subject, _issued: Ns, _due: Ns) {}
    /// Something happened to the multipath target of the map `dm`, which is now
    /// as `target` says.
    fn target_event(&mut self, _at: Ns, _dm: u16, _event: TargetEvent<'_>, _target: &Multipath) {}
    /// An I/O of the application begins. Threads are numbered as the
    /// application has them, scripted tasks after fio's.
    fn io_begun(&mut self, at: Ns, thread: u16);
    /// An I/O of the application has ended.
    fn io_done(&mut self, at: Ns, thread: u16, bytes: u32, errno: i32);
    /// A call of the application that empties a device's cache has returned
    /// (`fsync(2)`).
    fn synced(&mut self, _thread: u16, _errno: i32) {}
    /// Whether the rest of the run does not matter any more.
    #[inline]
    fn has_seen_enough(&self) -> bool {
        false
    }
    /// A path or group of a multipath device has changed its state.
    fn paths_changed(&mut self, _at: Ns) {}
}

/// What happens to a multipath target.
#[derive(Copy, Clone, Debug)]
pub enum TargetEvent<'a> {
    /// It is new: its table has just been made live.
    Table,
    /// It has taken a message.
    Message(&'a str),
    /// A path, a group or what is queued has changed.
    Changed,
    /// It was asked where an I/O goes.
    Mapped(Mapped, SelectCtx),
    /// An I/O of so many bytes goes to a path.
    Began(PathIdx, u32),
    /// An I/O of so many bytes has left a path, refused before it had begun.
    Refused(PathIdx, u32),
    /// An I/O of so many bytes has left a path: how it ended there, and whether
    /// it is over now or is to be mapped again.
    Left {
        /// The path.
        path: PathIdx,
        /// Its bytes.
        nr_bytes: u32,
        /// How it ended.
        status: BlkStatus,
        /// Whether it is over.
        is_over: bool,
    },
}

/// Where an I/O goes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Mapped {
    /// To this path.
    To(PathIdx),
    /// It is held, to be mapped again.
    Held,
    /// Back to the core, until the device resumes.
    PushedBack,
    /// It fails.
    Killed,
}

impl From<MapBio> for Mapped {
    fn from(verdict: MapBio) -> Self {
        match verdict {
            MapBio::Remapped(path) => Mapped::To(path),
            MapBio::Queued { .. } => Mapped::Held,
            MapBio::Requeue => Mapped::PushedBack,
            MapBio::Kill => Mapped::Killed,
        }
    }
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
