//! Mapping: where an I/O goes now (`multipath_clone_and_map`,
//! `multipath_map_bio`, 6.1).

use super::errno::Errno;
use super::path::PathIdx;
use super::selector::SelectCtx;
use super::target::{Effects, Multipath};

/// What becomes of a request.
#[must_use]
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum MapRq {
    /// To this path, if it has a tag free: then tell
    /// [`Multipath::start_io`]. The turn is consumed either way.
    Remapped(PathIdx),
    /// Requeued, to be tried again in 100 ms (`DM_MAPIO_DELAY_REQUEUE`).
    DelayRequeue {
        /// Paths are to be activated: see [`Multipath::take_activations`].
        activate: bool,
    },
    /// Failed with `IOERR` (`DM_MAPIO_KILL`).
    Kill,
}

/// What becomes of a bio.
#[must_use]
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum MapBio {
    /// To this path; tell [`Multipath::start_io`].
    Remapped(PathIdx),
    /// To the target's list of queued bios (`DM_MAPIO_SUBMITTED`).
    Queued {
        /// Start the worker that maps queued bios again.
        worker: bool,
        /// Paths are to be activated: see [`Multipath::take_activations`].
        activate: bool,
    },
    /// Held by the dm core until the device resumes (`DM_MAPIO_REQUEUE`).
    Requeue,
    /// Failed with `IOERR` (`DM_MAPIO_KILL`).
    Kill,
}

impl Multipath {
    /// The path for an I/O; the selector is asked unless the group is still
    /// being initialised.
    #[inline(always)]
    fn pgpath(&mut self, ctx: &SelectCtx) -> Option<PathIdx> {
        let path = self.current_pgpath;
        if path.is_some() && (self.queue_io || !self.asks_every_io && self.keeps_path()) {
            return path;
        }
        self.choose_pgpath(ctx)
    }

    /// Counts an I/O against the current path's `repeat_count`; false when it
    /// is the next path's turn (2.6.31 `map_io`).
    #[inline(never)]
    fn keeps_path(&mut self) -> bool {
        let unlimited = self.repeat_count == 0;
        self.repeat_count = self.repeat_count.saturating_sub(1);
        unlimited || self.repeat_count > 0
    }

    /// Whether a request without a path goes back to the queue rather than
    /// failing (`must_push_back_rq`).
    pub fn must_push_back_rq(&self) -> bool {
        self.queue_if_no_path || self.noflush_suspending
    }
    /// Whether a bio without a path goes back to the dm core
    /// (`__must_push_back`); asked only if it is not queued in the target.
    pub fn must_push_back_bio(&self) -> bool {
        self.noflush_suspending
    }

    /// Decides where a request goes.
    #[inline(always)]
    pub fn map_rq(&mut self, ctx: &SelectCtx) -> MapRq {
        match self.pgpath(ctx) {
            Some(_) if self.queue_io || self.pg_init.required => MapRq::DelayRequeue {
                activate: self.pg_init_all_paths(),
            },
            Some(path) => MapRq::Remapped(path),
            None if self.must_push_back_rq() => MapRq::DelayRequeue { activate: false },
            None => MapRq::Kill,
        }
    }

    /// Decides where a bio goes, new or queued before.
    #[inline]
    pub fn map_bio(&mut self, ctx: &SelectCtx) -> MapBio {
        match self.pgpath(ctx) {
            Some(_) if self.queue_io || self.pg_init.required => MapBio::Queued {
                worker: !self.queue_io,
                activate: self.pg_init_all_paths(),
            },
            Some(path) => MapBio::Remapped(path),
            None if self.queue_if_no_path => MapBio::Queued {
                worker: !self.queue_io,
                activate: false,
            },
            None if self.must_push_back_bio() => MapBio::Requeue,
            None => MapBio::Kill,
        }
    }

    /// The path an ioctl goes to (`multipath_prepare_ioctl`); it consumes a
    /// turn of the selector.
    ///
    /// # Errors
    /// `ENOTCONN` if it must wait for a path or for the group, `EIO` if there
    /// is no path.
    pub fn prepare_ioctl(&mut self, ctx: &SelectCtx) -> (Result<PathIdx, Errno>, Effects) {
        let ctx = SelectCtx {
            nr_bytes: 0,
            ..*ctx
        };
        match self.pgpath(&ctx) {
            Some(path) if !self.queue_io => return (Ok(path), Effects::default()),
            None if !self.queue_if_no_path => return (Err(Errno::Eio), Effects::default()),
            _ => {}
        }
        if self.current_pg.is_none() {
            let _ = self.choose_pgpath(&ctx);
        }
        let effects = Effects {
            activate: self.pg_init.required && self.pg_init_all_paths(),
            run_queue: true,
            process_queued: true,
            ..Effects::default()
        };
        (Err(Errno::Enotconn), effects)
    }
}
