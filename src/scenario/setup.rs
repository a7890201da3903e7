//! How a scenario is wired at its start: which job works on which device, and what
//! each map stands on.

use serde::{Deserialize, Serialize};

use super::table::{self, Line, device_name};
use super::{Map, Scenario};
use crate::formats::fio_job;

/// A job, and the device it works on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSetup {
    /// Its name; threads of the same name and device are one.
    pub name: String,
    /// The device, without its folder.
    pub device: String,
}

/// A device-mapper device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapSetup {
    /// Its name.
    pub name: String,
    /// Its target: `multipath`, `linear`, …
    pub target: String,
    /// The path selector of its first group, with its arguments; absent if the
    /// target is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,
    /// What it stands on, in order of the table.
    pub on: Vec<PathSetup>,
}

/// A device under a map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathSetup {
    /// The device.
    pub device: String,
    /// Its priority group, from 1; 0 where there are none.
    pub group: u32,
}

impl Scenario {
    /// All jobs, in order.
    pub fn job_setups(&self) -> Vec<JobSetup> {
        let mut jobs = Vec::new();
        let mut add = |name: &str, device: &str| {
            let job = JobSetup {
                name: name.into(),
                device: device_name(device).into(),
            };
            if !jobs.contains(&job) {
                jobs.push(job);
            }
        };
        if let Ok(file) = fio_job::of(&self.workload) {
            for thread in &file.threads {
                add(&thread.name, thread.filename.as_deref().unwrap_or(""));
            }
        }
        for script in &self.workload.scripts {
            add(&script.name, &script.device);
        }
        jobs
    }

    /// All maps, by their tables at the start.
    pub fn map_setups(&self) -> Vec<MapSetup> {
        self.maps.iter().map(|map| self.map_setup(map)).collect()
    }

    fn map_setup(&self, map: &Map) -> MapSetup {
        let mut setup = MapSetup {
            name: map.name.clone(),
            target: "multipath".into(),
            selector: table::selector(&map.table),
            on: Vec::new(),
        };
        for line in table::lines(&map.table).unwrap_or_default() {
            match line {
                Line::Multipath(multipath) => {
                    for (group, n) in multipath.groups.iter().zip(1..) {
                        let devices = group.devices.iter();
                        let devices = devices.filter_map(|word| self.device_of(word.text));
                        setup
                            .on
                            .extend(devices.map(|device| PathSetup { device, group: n }));
                    }
                }
                Line::Other { target, args } => {
                    setup.target = target.text.into();
                    let devices = args.iter().filter_map(|word| self.device_of(word.text));
                    setup
                        .on
                        .extend(devices.map(|device| PathSetup { device, group: 0 }));
                }
            }
        }
        setup
    }

    /// The device or map that a word of a table means.
    fn device_of(&self, word: &str) -> Option<String> {
        let leaves = self.devices.iter().map(|d| (&d.name, d.devno));
        let mut all = leaves.chain(self.maps.iter().map(|m| (&m.name, m.devno)));
        let found = all.find(|(name, (major, minor))| {
            *name == device_name(word) || word == format!("{major}:{minor}")
        });
        found.map(|(name, _)| name.clone())
    }
}
