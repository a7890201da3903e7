//! An observation's inputs as a machine. Of what was observed, nothing is looked
//! at but when the status was asked for.

mod actions;
mod devices;
pub(super) mod interface;
mod iolog;
pub(super) mod queue;
mod uptime;

use crate::formats::kernel_observation::{Observation, PathKind, Paths};
use crate::models::config::{MachineConfig, MapConfig, NamedDevice, QueueConfig};
use crate::models::fault::DmMultipathParams;
use crate::models::host::HostConfig;
use crate::models::workload::WorkloadConfig;

/// Name of the device under test, as in `/dev/mapper/mp`.
const MAP_NAME: &str = "mp";
/// Kernel name of the device under test.
pub const MAP_KERNEL_NAME: &str = "dm-0";
/// Major and minor number of the device under test.
const MAP_DEVNO: (u32, u32) = (254, 0);
/// What is charged for code paths: the host the observations come from.
const HOST_PROFILE: &str = "lab";
/// The group in which blktrace ran, too.
const BLKTRACED: &str = "trace";
/// How a note says that requests were not being traced.
const UNTRACED: &str = "without the tracing triggers";

/// Why an experiment cannot be rebuilt.
#[derive(Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum ExperimentError {
    /// A member the simulator needs is absent.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A kind of set-up that is not rebuilt yet.
    #[error("`{0}` is not supported yet")]
    Unsupported(&'static str),
    /// Something was done during the run that is not known here.
    #[error("the action `{0}` is not supported")]
    UnknownAction(String),
    /// A value is not understood.
    #[error("{what}: {message}")]
    Value {
        /// Where it stands.
        what: String,
        /// What is wrong with it.
        message: String,
    },
    /// The job reads an iolog that no note describes.
    #[error("fio job: the note does not describe the iolog `{0}`")]
    Iolog(String),
}

/// The machine on which `observation` was made, from its inputs alone.
///
/// # Errors
/// A member is missing or not understood, or the set-up is of a kind that is
/// not rebuilt yet.
pub fn machine(observation: &Observation) -> Result<MachineConfig, ExperimentError> {
    if observation.set_up.is_some() {
        return Err(ExperimentError::Unsupported("set_up"));
    }
    let paths = observation
        .paths
        .as_ref()
        .ok_or(ExperimentError::Missing("paths"))?;
    Ok(MachineConfig {
        host: host(observation),
        devices: leaf_devices(observation, paths)?,
        maps: maps(observation)?,
        workload: workload(observation, paths)?,
        messages_before_start: observation
            .messages_before_start
            .iter()
            .map(|text| (MAP_NAME.to_owned(), text.clone()))
            .collect(),
        actions: actions::timeline(observation)?,
        dm_multipath: dm_multipath(observation)?,
        ..MachineConfig::default()
    })
}

/// The parameters of the modules; dm-multipath's are the only ones that matter
/// here.
fn dm_multipath(observation: &Observation) -> Result<DmMultipathParams, ExperimentError> {
    let mut params = DmMultipathParams::default();
    for (name, value) in &observation.module_parameters {
        let wrong = |message: &str| ExperimentError::Value {
            what: format!("module_parameters.{name}"),
            message: message.to_owned(),
        };
        if name != "dm_multipath.queue_if_no_path_timeout_secs" {
            return Err(wrong("this parameter is not supported"));
        }
        let secs = value.as_u64().and_then(|secs| u32::try_from(secs).ok());
        params.queue_if_no_path_timeout_secs = secs.ok_or_else(|| wrong("not a number"))?;
    }
    Ok(params)
}

fn host(observation: &Observation) -> HostConfig {
    let defaults = HostConfig::default();
    let blktrace = observation.group == BLKTRACED;
    let hz = observation.hz.unwrap_or(defaults.hz);
    HostConfig {
        cpus: observation.cpus.unwrap_or(defaults.cpus),
        hz,
        uptime: uptime::uptime(observation.scsi_timeout_s, hz),
        profile: HOST_PROFILE.to_owned(),
        tracing: !note(observation).contains(UNTRACED),
        blktrace,
        ..HostConfig::default()
    }
}

fn note(observation: &Observation) -> &str {
    observation.note.as_deref().unwrap_or_default()
}

fn leaf_devices(
    observation: &Observation,
    paths: &Paths,
) -> Result<Vec<NamedDevice>, ExperimentError> {
    let mut queue = queue::settings("path_queue", observation.path_queue.as_ref())?;
    queue.limits_before_maps = limits_before_maps(observation, &queue);
    (0..paths.n)
        .map(|i| {
            Ok(NamedDevice {
                name: paths.name(i),
                devno: devno(paths.kind, i),
                device: devices::leaf(observation, paths, i)?,
                queue: queue.clone(),
            })
        })
        .collect()
}

/// null_blk was the first dynamic major, 253; sd disks have sixteen minors each.
fn devno(kind: PathKind, i: u16) -> (u32, u32) {
    match kind {
        PathKind::NullBlk => (253, u32::from(i)),
        PathKind::ScsiDebug => (8, 16 * u32::from(i)),
    }
}

/// Whether the paths' `max_sectors_kb` was set before the table was loaded, so
/// that the map inherited it: the note says so, or else the map's own limit,
/// unless that was set as well.
fn limits_before_maps(observation: &Observation, path_queue: &QueueConfig) -> bool {
    let Some(kb) = path_queue.max_sectors_kb else {
        return false;
    };
    if note(observation).contains("before dm table load") {
        return true;
    }
    let map_set = observation
        .dm_queue
        .as_ref()
        .is_some_and(|q| q.contains_key("max_sectors_kb"));
    let map_has = observation
        .limits
        .get(MAP_KERNEL_NAME)
        .and_then(|limits| limits.get("max_sectors_kb"));
    !map_set && map_has.is_some_and(|text| *text == kb.to_string())
}

fn maps(observation: &Observation) -> Result<Vec<MapConfig>, ExperimentError> {
    let Some(table) = &observation.table else {
        return Ok(Vec::new());
    };
    Ok(vec![MapConfig {
        name: MAP_NAME.to_owned(),
        devno: MAP_DEVNO,
        table: table.clone(),
        queue: queue::settings("dm_queue", observation.dm_queue.as_ref())?,
    }])
}

fn workload(observation: &Observation, paths: &Paths) -> Result<WorkloadConfig, ExperimentError> {
    let fio_job = observation
        .fio_job
        .clone()
        .ok_or(ExperimentError::Missing("fio_job"))?;
    let target = match observation.table {
        Some(_) => format!("/dev/mapper/{MAP_NAME}"),
        None => format!("/dev/{}", paths.name(0)),
    };
    let iologs = iolog::names(&fio_job)
        .map(|name| match iolog::from_note(note(observation), &target) {
            Some(text) => Ok((name.to_owned(), text)),
            None => Err(ExperimentError::Iolog(name.to_owned())),
        })
        .collect::<Result<_, _>>()?;
    Ok(WorkloadConfig {
        fio_job,
        iologs,
        ..WorkloadConfig::default()
    })
}

#[cfg(test)]
mod tests;
