//! Another map, whose disks share ports and host adapters with those of the map
//! that is looked at.

use std::fmt;

use super::{Device, Job, SECTORS};

/// A map of two paths to a LUN of its own, `lun1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Its disks.
    pub devices: Vec<Device>,
    /// Its features.
    pub features: &'static str,
    /// Its selector.
    pub selector: &'static str,
    /// What is done on it.
    pub job: Job,
}

impl fmt::Display for Neighbour {
    /// Its tables of the scenario file, but the job.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for device in &self.devices {
            write!(f, "\n{device}")?;
        }
        let (features, selector, n) = (self.features, self.selector, self.devices.len());
        let paths: String = self
            .devices
            .iter()
            .map(|device| format!(" /dev/{}", device.name))
            .collect();
        writeln!(
            f,
            "\n[[map]]\nname = \"other\"\n\
             table = \"0 {SECTORS} multipath {features} 0 1 1 {selector} 0 {n} 0{paths}\""
        )
    }
}
