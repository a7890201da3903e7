//! What the mid-layer does about commands that go wrong. The kernel says most of
//! it only at a higher `scsi_logging_level`; a timeline tells all of it.

use std::fmt;

use super::super::DeviceEnv;
use super::sdev;

/// The most incidents of a disk that are remembered.
const MOST: usize = 10_000;

/// Something that was done about a disk.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Incident {
    /// A command has taken too long.
    TimedOut,
    /// It was aborted, or could not be.
    Abort {
        /// Whether it could.
        succeeds: bool,
    },
    /// Something was reset, or could not be.
    Reset {
        /// Device, target, bus or host, from 0.
        level: usize,
        /// Whether it could.
        succeeds: bool,
    },
    /// Nothing helped: it is offline.
    Offlined,
    /// So many commands are sent to it at once, after TASK SET FULL.
    RampedDown(u32),
    /// So many, long after.
    RampedUp(u32),
    /// A segment of its session is not answered.
    Stalled,
}

impl fmt::Display for Incident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = |succeeds: &bool| if *succeeds { "succeeds" } else { "fails" };
        match self {
            Incident::TimedOut => f.write_str("command timeout"),
            Incident::Abort { succeeds } => write!(f, "abort {}", outcome(succeeds)),
            Incident::Reset { level, succeeds } => {
                let what = ["LUN", "target", "bus", "host"].get(*level);
                let what = what.unwrap_or(&"host");
                write!(f, "{what} reset {}", outcome(succeeds))
            }
            Incident::Offlined => f.write_str("Device offlined"),
            Incident::RampedDown(depth) => write!(f, "queue depth {depth} (TASK SET FULL)"),
            Incident::RampedUp(depth) => write!(f, "queue depth {depth} (ramp-up)"),
            Incident::Stalled => f.write_str("its session stalls"),
        }
    }
}

/// It happens to `disk` now.
#[cold]
pub fn note<K: DeviceEnv>(k: &mut K, disk: u16, incident: Incident) {
    let now = k.host().now();
    let incidents = &mut sdev(k, disk).incidents;
    if incidents.len() < MOST {
        incidents.push((now, incident));
    }
}
