//! Probes: what listens to a run.

pub mod blkparse;
pub mod flow;
pub mod gaps;
mod in_driver;
pub mod marks;
pub mod opening;
mod role;
pub mod series;

use crate::models::block::{Action, Subject};
use crate::models::io::DevId;
use crate::models::probe::Probe;
use crate::sim::Ns;

/// The probes of a run, each of which may be absent.
#[derive(Debug, Default)]
pub struct Observers {
    /// blkparse text of every device.
    pub trace: Option<blkparse::Blkparse>,
    /// Completions over time.
    pub series: Option<series::Series>,
    /// Times without a completion.
    pub gaps: Option<gaps::Gaps>,
    /// What came first after each event of the timeline.
    pub marks: Option<marks::Marks>,
    /// What each path is given over time.
    pub flow: Option<flow::Flow>,
    /// The first events.
    pub opening: Option<opening::Opening>,
}

impl Probe for Observers {
    #[inline]
    fn block_event(
        &mut self,
        at: Ns,
        cpu: u8,
        comm: Option<&str>,
        dev: DevId,
        action: Action,
        subject: Subject,
    ) {
        if let Some(trace) = &mut self.trace {
            trace.event(at, cpu, comm, dev, action, subject);
        }
        if let Some(marks) = &mut self.marks {
            marks.block_event(at, dev, action, subject);
        }
        if let Some(flow) = &mut self.flow {
            flow.block_event(at, dev, action, subject);
        }
        if let Some(opening) = &mut self.opening {
            opening.event(at, dev, action, subject);
        }
    }
    #[inline]
    fn io_begun(&mut self, at: Ns, thread: u16) {
        if let Some(gaps) = &mut self.gaps {
            gaps.io_begun(at, thread);
        }
    }
    #[inline]
    fn io_done(&mut self, at: Ns, thread: u16, bytes: u32, errno: i32) {
        if let Some(series) = &mut self.series {
            series.io_done(at, bytes, errno);
        }
        if let Some(gaps) = &mut self.gaps {
            gaps.io_done(at, thread, bytes, errno);
        }
        if let Some(marks) = &mut self.marks {
            marks.io_done(at, errno);
        }
    }
    fn paths_changed(&mut self, at: Ns) {
        if let Some(marks) = &mut self.marks {
            marks.paths_changed(at);
        }
    }
}
