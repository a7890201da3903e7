//! Queue settings from sysfs attributes.

use serde_json::Value;

use super::ExperimentError;
use crate::formats::kernel_observation::QueueSettings;
use crate::models::config::{QueueConfig, SchedulerName};

/// The settings of `what` (`dm_queue`, `path_queue`); attributes of a
/// scheduler may have `iosched/` in front.
pub fn settings(
    what: &str,
    attributes: Option<&QueueSettings>,
) -> Result<QueueConfig, ExperimentError> {
    let mut queue = QueueConfig::default();
    for (name, value) in attributes.into_iter().flatten() {
        set(&mut queue, name, value).map_err(|message| ExperimentError::Value {
            what: format!("{what}.{name}"),
            message,
        })?;
    }
    Ok(queue)
}

fn set(queue: &mut QueueConfig, name: &str, value: &Value) -> Result<(), String> {
    match name.strip_prefix("iosched/").unwrap_or(name) {
        "scheduler" => queue.scheduler = Some(scheduler(value)?),
        "nr_requests" => queue.nr_requests = Some(number(value)?),
        "max_sectors_kb" => queue.max_sectors_kb = Some(number(value)?),
        "nomerges" => queue.nomerges = Some(number(value)?),
        "wbt_lat_usec" => queue.wbt_lat_usec = Some(number(value)?),
        "write_cache" => queue.write_cache = Some(write_cache(value)?),
        "front_merges" => queue.front_merges = Some(number::<u8>(value)? != 0),
        "read_expire" => queue.read_expire_ms = Some(number(value)?),
        "write_expire" => queue.write_expire_ms = Some(number(value)?),
        "fifo_batch" => queue.fifo_batch = Some(number(value)?),
        "writes_starved" => queue.writes_starved = Some(number(value)?),
        _ => return Err("this attribute is not supported".to_owned()),
    }
    Ok(())
}

/// A number, or the text of one: sysfs knows texts only.
fn number<T: TryFrom<u64>>(value: &Value) -> Result<T, String> {
    let n = match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_u64(),
    };
    n.and_then(|n| T::try_from(n).ok())
        .ok_or_else(|| format!("{value} is not a number that fits"))
}

fn scheduler(value: &Value) -> Result<SchedulerName, String> {
    let name: SchedulerName = serde_json::from_value(value.clone()).map_err(|e| e.to_string())?;
    match name.is_of_single_queue() {
        true => Err(format!("Linux 6.1 has no scheduler {value}")),
        false => Ok(name),
    }
}

fn write_cache(value: &Value) -> Result<bool, String> {
    match value.as_str() {
        Some("write back") => Ok(true),
        Some("write through") => Ok(false),
        _ => Err(format!(
            "{value} is neither `write back` nor `write through`"
        )),
    }
}
