//! Completion: is the I/O done, or tried again (`multipath_end_io`,
//! `multipath_end_io_bio`, 6.1).

use super::path::PathIdx;
use super::policy::Ended;
use super::target::{Effects, Multipath};
use crate::models::io::BlkStatus;
use crate::models::planted::{self, Defect};
use crate::sim::Ns;

/// What becomes of a request whose clone ended.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum EndIoRq {
    /// It ends with the status of its clone.
    Done,
    /// Back to the head of the queue, tried again at once.
    Requeue,
    /// Back to the queue, tried again in 100 ms.
    DelayRequeue,
}

/// What becomes of a bio whose clone ended.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum EndIoBio {
    /// It ends, with this status.
    Done(BlkStatus),
    /// To the target's list of queued bios, to be mapped again
    /// (`DM_ENDIO_INCOMPLETE`).
    Incomplete {
        /// Start the worker that maps queued bios again.
        worker: bool,
    },
    /// Held by the dm core until the device resumes.
    Requeue,
}

/// One completion, as the target sees it.
#[derive(Copy, Clone, Debug)]
pub struct Completion {
    /// The path it came from; none if it was never mapped.
    pub path: Option<PathIdx>,
    /// Bytes it was mapped with.
    pub nr_bytes: u32,
    /// How it ended.
    pub status: BlkStatus,
    /// When it was started.
    pub start: Ns,
    /// The time.
    pub now: Ns,
}

impl Multipath {
    /// Whether another path could help, as this kernel has it.
    #[inline]
    fn is_path_error(&self, status: BlkStatus) -> bool {
        match self.facts {
            None => status.is_path_error(),
            Some(_) => !matches!(status, BlkStatus::Ok | BlkStatus::NotSupp),
        }
    }

    /// A clone request ended.
    #[inline(always)]
    pub fn end_io_rq(&mut self, io: &Completion) -> (EndIoRq, Effects) {
        match io.status {
            BlkStatus::Ok => {
                self.release(io);
                (EndIoRq::Done, Effects::default())
            }
            _ => self.failed_rq(io),
        }
    }
    #[cold]
    fn failed_rq(&mut self, io: &Completion) -> (EndIoRq, Effects) {
        let mut verdict = EndIoRq::Done;
        let mut effects = Effects::default();
        if self.is_path_error(io.status) {
            if let Some(path) = io.path {
                effects = self.fail_path(path);
            }
            let is_final = planted::has(Defect::PathErrorIsFinal);
            if !is_final && (self.nr_valid_paths > 0 || self.must_push_back_rq()) {
                verdict = match io.status {
                    BlkStatus::Resource => EndIoRq::DelayRequeue,
                    _ => EndIoRq::Requeue,
                };
            }
        }
        self.release(io);
        (verdict, effects)
    }

    /// A clone bio ended.
    #[inline(always)]
    pub fn end_io_bio(&mut self, io: &Completion) -> (EndIoBio, Effects) {
        match io.status {
            BlkStatus::Ok => {
                self.release(io);
                (EndIoBio::Done(BlkStatus::Ok), Effects::default())
            }
            _ => self.failed_bio(io),
        }
    }
    fn failed_bio(&mut self, io: &Completion) -> (EndIoBio, Effects) {
        let mut verdict = EndIoBio::Done(io.status);
        let mut effects = Effects::default();
        let had_paths = self.nr_valid_paths > 0;
        if self.is_path_error(io.status) {
            if let Some(path) = io.path {
                effects = self.fail_path(path);
            }
            // 2.6.25 looks whether there are paths before it fails this one.
            let has_paths = self.nr_valid_paths > 0 || self.facts.is_some() && had_paths;
            verdict = if has_paths || self.queue_if_no_path {
                EndIoBio::Incomplete {
                    worker: !self.queue_io,
                }
            } else if self.must_push_back_bio() {
                EndIoBio::Requeue
            } else {
                EndIoBio::Done(BlkStatus::IoErr)
            };
        }
        self.release(io);
        (verdict, effects)
    }

    #[inline(always)]
    fn release(&mut self, io: &Completion) {
        if planted::has(Defect::LeakedPathIo) && io.status.is_path_error() {
            return;
        }
        if let Some(path) = io.path {
            let ended = Ended {
                nr_bytes: io.nr_bytes,
                start: io.start,
                now: io.now,
                ok: io.status == BlkStatus::Ok,
            };
            self.release_io(path, ended);
        }
    }
}
