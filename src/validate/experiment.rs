//! An observation's inputs as a machine. Nothing here looks at what was
//! observed.

mod devices;
mod iolog;
pub(super) mod queue;

use crate::formats::kernel_observation::{Observation, PathKind, Paths};
use crate::models::config::{MachineConfig, MapConfig, NamedDevice, QueueConfig};
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
/// The group in which blktrace ran instead.
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
/// not rebuilt yet (actions during the run, module parameters).
pub fn machine(observation: &Observation) -> Result<MachineConfig, ExperimentError> {
    refuse_unsupported(observation)?;
    let paths = observation
        .paths
        .as_ref()
        .ok_or(ExperimentError::Missing("paths"))?;
    Ok(MachineConfig {
        seed: 0,
        media: Vec::new(),
        host: host(observation),
        devices: leaf_devices(observation, paths)?,
        maps: maps(observation)?,
        workload: workload(observation, paths)?,
        messages_before_start: observation
            .messages_before_start
            .iter()
            .map(|text| (MAP_NAME.to_owned(), text.clone()))
            .collect(),
    })
}

fn refuse_unsupported(observation: &Observation) -> Result<(), ExperimentError> {
    let set = [
        (
            observation.actions.iter().flatten().next().is_some(),
            "actions",
        ),
        (
            !observation.module_parameters.is_empty(),
            "module_parameters",
        ),
        (observation.scsi_timeout_s.is_some(), "scsi_timeout_s"),
        (observation.set_up.is_some(), "set_up"),
    ];
    match set.iter().find(|(is_set, _)| *is_set) {
        Some((_, name)) => Err(ExperimentError::Unsupported(name)),
        None => Ok(()),
    }
}

fn host(observation: &Observation) -> HostConfig {
    let defaults = HostConfig::default();
    let blktrace = observation.group == BLKTRACED;
    HostConfig {
        cpus: observation.cpus.unwrap_or(defaults.cpus),
        hz: observation.hz.unwrap_or(defaults.hz),
        profile: HOST_PROFILE.to_owned(),
        tracing: !blktrace && !note(observation).contains(UNTRACED),
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
                device: devices::leaf(paths, i, observation.scsi_queue_depth)?,
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
