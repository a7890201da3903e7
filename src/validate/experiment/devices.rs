//! Leaf devices from configfs attributes and module parameters.

use serde_json::{Map, Value};

use super::ExperimentError;
use crate::formats::kernel_observation::{Observation, PathKind, Paths};
use crate::models::device::{DeviceConfig, ScsiDebugConfig};
use crate::sim::Ns;

/// Path `i`: what all have in common, overridden by its own.
pub(super) fn leaf(
    observation: &Observation,
    paths: &Paths,
    i: u16,
) -> Result<DeviceConfig, ExperimentError> {
    match paths.kind {
        PathKind::NullBlk => null_blk(paths, i),
        PathKind::ScsiDebug => scsi_debug(observation, &paths.params),
    }
}

fn null_blk(paths: &Paths, i: u16) -> Result<DeviceConfig, ExperimentError> {
    let mut attributes = paths.common.clone();
    if let Some(own) = paths.per.get(usize::from(i)) {
        attributes.extend(own.clone());
    }
    config(attributes, &paths.name(i)).map(DeviceConfig::NullBlk)
}

/// `add_host` is the number of paths and `per_host_store` 0: one LUN, whose
/// data nobody looks at.
fn scsi_debug(
    observation: &Observation,
    params: &Map<String, Value>,
) -> Result<DeviceConfig, ExperimentError> {
    let mut params = params.clone();
    params.remove("add_host");
    params.remove("per_host_store");
    let mut scsi: ScsiDebugConfig = config(params, "scsi_debug")?;
    scsi.queue_depth = observation.scsi_queue_depth;
    if let Some(s) = observation.scsi_timeout_s {
        scsi.timeout = Ns::from_secs(u64::from(s));
    }
    Ok(DeviceConfig::ScsiDebug(scsi))
}

fn config<T: serde::de::DeserializeOwned>(
    members: Map<String, Value>,
    what: &str,
) -> Result<T, ExperimentError> {
    serde_json::from_value(Value::Object(members)).map_err(|e| ExperimentError::Value {
        what: what.to_owned(),
        message: e.to_string(),
    })
}
