//! Block trace events as blkparse prints them.

use crate::models::block::{Action, Subject};
use crate::models::io::{DevId, rwbs};
use crate::sim::Ns;

/// Lines of every device, as they come.
#[derive(Debug, Default)]
pub struct Blkparse {
    devs: Vec<Lines>,
    names: Vec<(u32, u32)>,
}

/// One device's text; its clock starts with its first event.
#[derive(Debug, Default)]
struct Lines {
    started: Option<Ns>,
    seq: u64,
    lines: Vec<String>,
}

impl Blkparse {
    /// For devices of these numbers, by [`DevId`].
    pub fn new(devnos: Vec<(u32, u32)>) -> Self {
        Blkparse {
            devs: devnos.iter().map(|_| Lines::default()).collect(),
            names: devnos,
        }
    }
    /// The text of `dev`.
    pub fn lines(&self, dev: DevId) -> &[String] {
        self.devs
            .get(usize::from(dev.0))
            .map_or(&[], |d| d.lines.as_slice())
    }
    /// Adds an event.
    pub fn event(
        &mut self,
        at: Ns,
        cpu: u8,
        comm: Option<&str>,
        dev: DevId,
        action: Action,
        s: Subject,
    ) {
        let Some(text) = self.body(action, s, comm) else {
            return;
        };
        let (major, minor) = self.names[usize::from(dev.0)];
        let d = &mut self.devs[usize::from(dev.0)];
        let started = *d.started.get_or_insert(at);
        d.seq += 1;
        let pid = u32::from(comm.is_some());
        d.lines.push(format!(
            "{:>7} {cpu:>4} {:>8} {} {pid:>5}  {text}",
            format!("{major},{minor}"),
            d.seq,
            pad(at - started),
        ));
    }

    fn body(&self, action: Action, s: Subject, comm: Option<&str>) -> Option<String> {
        let comm = comm.unwrap_or("swapper");
        let rw = rwbs(s.op, s.flags);
        let range = match s.sectors {
            0 => format!("{}", s.sector),
            n => format!("{} + {n}", s.sector),
        };
        let letter = match action {
            Action::Queue => "Q",
            Action::BackMerge => "M",
            Action::FrontMerge => "F",
            Action::GetRq => "G",
            Action::Insert => "I",
            Action::Issue => "D",
            Action::Requeue => "R",
            Action::Plug => return Some(format!("{:>2}   N [{comm}]", "P")),
            Action::Unplug(n) => return Some(format!("{:>2}   N [{comm}] {n}", "U")),
            Action::UnplugTimer(n) => return Some(format!("{:>2}   N [{comm}] {n}", "UT")),
            Action::Complete => return Some(format!("{:>2} {rw:>3} {range} [0]", "C")),
            Action::Split(at) => {
                return Some(format!("{:>2} {rw:>3} {} / {at} [{comm}]", "X", s.sector));
            }
            Action::Remap(dev, sector) => {
                let (major, minor) = *self.names.get(usize::from(dev.0))?;
                return Some(format!(
                    "{:>2} {rw:>3} {range} <- ({major},{minor}) {sector}",
                    "A"
                ));
            }
            Action::RqMerge => return None, // blkparse shows no line for it
        };
        Some(format!("{letter:>2} {rw:>3} {range} [{comm}]"))
    }
}

/// Time as blkparse prints it.
fn pad(t: Ns) -> String {
    format!("{:>5}.{:09}", t.0 / 1_000_000_000, t.0 % 1_000_000_000)
}
