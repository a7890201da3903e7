//! From a scenario to the machines that are simulated: one for each queue
//! mode, and one without multipath.

use super::table::{self, Line, device_name};
use super::{Scenario, job};
use crate::models::config::{MachineConfig, MapConfig, NamedDevice};
use crate::models::fault::{Action, TimedAction};
use crate::models::kernel::Way;
use crate::models::workload::WorkloadConfig;

/// Which of the siblings of a scenario is built.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Every multipath table in bio mode.
    Bio,
    /// Every multipath table in request mode (`mq`).
    Request,
    /// The first path of the table alone, without device-mapper.
    Single,
}

impl Mode {
    /// As it is called in options and files.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Bio => "bio",
            Mode::Request => "request",
            Mode::Single => "single",
        }
    }
}

/// Why a sibling cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// There is no path that the workload could run on alone.
    #[error(
        "no single-path baseline: the jobs do not all run on one multipath map over leaf devices"
    )]
    NoBaseline,
    /// `multipath = "bio"` of an old kernel.
    #[error(
        "no request mode: multipath = \"bio\" is this kernel as it was released; \
         \"rq-2008\" or \"block-layer\" has one"
    )]
    NoRequestMode,
}

/// The machine of `scenario` in `mode`.
///
/// # Errors
/// [`BuildError::NoBaseline`] for [`Mode::Single`] where the jobs run on
/// several devices, or on maps over maps; [`BuildError::NoRequestMode`] for
/// [`Mode::Request`] where `multipath = "bio"`.
pub fn build(scenario: &Scenario, mode: Mode) -> Result<MachineConfig, BuildError> {
    let devices = scenario.devices.iter().map(|device| NamedDevice {
        name: device.name.clone(),
        devno: device.devno,
        device: device.kind.clone(),
        queue: device.queue.clone(),
    });
    let machine = MachineConfig {
        kernel: scenario.kernel,
        way: way(scenario, mode),
        patches: scenario.patches,
        dm_multipath: scenario.dm_multipath,
        multipathd: scenario.multipathd.clone(),
        seed: scenario.seed,
        host: scenario.host.clone(),
        devices: devices.collect(),
        media: scenario.media.clone(),
        san: scenario.san.clone(),
        maps: Vec::new(),
        workload: scenario.workload.clone(),
        messages_before_start: Vec::new(),
        policies: scenario.policies.clone(),
        ..MachineConfig::default()
    };
    match mode {
        Mode::Single => single(scenario, machine),
        Mode::Bio => Ok(with_maps(scenario, machine, "bio")),
        Mode::Request if scenario.way == Way::Bio => Err(BuildError::NoRequestMode),
        Mode::Request => Ok(with_maps(scenario, machine, "mq")),
    }
}

/// How multipath is done in `mode` over single queues.
fn way(scenario: &Scenario, mode: Mode) -> Way {
    match mode {
        Mode::Bio => Way::Bio,
        Mode::Request | Mode::Single => scenario.way,
    }
}

/// `table` in the queue mode of the run, where a table says so.
fn table_in_mode(scenario: &Scenario, table: &str, queue_mode: &str) -> String {
    match scenario.kernel.is_legacy() {
        true => table::without_queue_mode(table),
        false => table::with_queue_mode(table, queue_mode),
    }
}

fn with_maps(scenario: &Scenario, machine: MachineConfig, queue_mode: &str) -> MachineConfig {
    let maps = scenario.maps.iter().map(|map| MapConfig {
        name: map.name.clone(),
        devno: map.devno,
        table: table_in_mode(scenario, &map.table, queue_mode),
        queue: map.queue.clone(),
    });
    MachineConfig {
        maps: maps.collect(),
        messages_before_start: scenario.messages.clone(),
        actions: scenario
            .timeline
            .iter()
            .map(|timed| in_mode(scenario, timed, queue_mode))
            .collect(),
        ..machine
    }
}

/// A table of the timeline is loaded in the queue mode of the run.
fn in_mode(scenario: &Scenario, timed: &TimedAction, queue_mode: &str) -> TimedAction {
    let mut timed = timed.clone();
    if let Action::LoadTable { table, .. } = &mut timed.action {
        *table = table_in_mode(scenario, table, queue_mode);
    }
    timed
}

fn single(scenario: &Scenario, machine: MachineConfig) -> Result<MachineConfig, BuildError> {
    let (map, device) = scenario.baseline().ok_or(BuildError::NoBaseline)?;
    let fio_job = job::retarget(&scenario.workload.fio_job, map, device);
    let on_devices = scenario
        .timeline
        .iter()
        .filter(|t| t.action.map().is_none());
    Ok(MachineConfig {
        actions: on_devices.cloned().collect(),
        workload: WorkloadConfig {
            fio_job: fio_job.ok_or(BuildError::NoBaseline)?,
            ..machine.workload
        },
        ..machine
    })
}

impl Scenario {
    /// The map that all jobs run on, and the first path of its first group;
    /// none if the jobs run on anything else than one multipath map over leaf
    /// devices.
    pub fn baseline(&self) -> Option<(&str, &str)> {
        self.maps.iter().find_map(|map| {
            job::retarget(&self.workload.fio_job, &map.name, "")?;
            let lines = table::lines(&map.table).ok()?;
            let [Line::Multipath(multipath)] = lines.as_slice() else {
                return None;
            };
            let word = multipath.groups.first()?.devices.first()?.text;
            let device = self.devices.iter().find(|device| {
                let (major, minor) = device.devno;
                device.name == device_name(word) || word == format!("{major}:{minor}")
            })?;
            Some((map.name.as_str(), device.name.as_str()))
        })
    }
}
