//! Leaf devices from configfs attributes and module parameters.

use serde_json::{Map, Value};

use super::ExperimentError;
use crate::formats::kernel_observation::{PathKind, Paths};
use crate::models::device::{DeviceConfig, ScsiDebugConfig};

/// Path `i`: what all have in common, overridden by its own.
pub(super) fn leaf(
    paths: &Paths,
    i: u16,
    scsi_queue_depth: Option<u32>,
) -> Result<DeviceConfig, ExperimentError> {
    match paths.kind {
        PathKind::NullBlk => null_blk(paths, i),
        PathKind::ScsiDebug => scsi_debug(&paths.params, scsi_queue_depth),
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
    params: &Map<String, Value>,
    queue_depth: Option<u32>,
) -> Result<DeviceConfig, ExperimentError> {
    let mut params = params.clone();
    params.remove("add_host");
    params.remove("per_host_store");
    let mut scsi: ScsiDebugConfig = config(params, "scsi_debug")?;
    scsi.queue_depth = queue_depth;
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
