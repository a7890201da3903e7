//! What was done during the run, as the timeline of a machine.

use super::{ExperimentError, MAP_NAME};
use crate::formats::kernel_observation::{Action as Done, Observation, StatusSeen};
use crate::models::fault::{Action, DeviceState, TimedAction};
use crate::sim::Ns;

/// What was done, in order of when the command was started. When the status was
/// asked for is an input as well; what it said is not.
///
/// # Errors
/// An operation that is not known, or one of its members is missing or not
/// understood.
pub(super) fn timeline(observation: &Observation) -> Result<Vec<TimedAction>, ExperimentError> {
    let done = observation.actions.iter().flatten().enumerate();
    let mut all = done
        .map(|(i, done)| Reader { i, done }.timed())
        .collect::<Result<Vec<_>, _>>()?;
    for (i, seen) in observation.observed.status_seen.iter().enumerate() {
        all.push(status(i, seen)?);
    }
    all.sort_by_key(|timed| timed.at);
    Ok(all)
}

fn status(i: usize, seen: &StatusSeen) -> Result<TimedAction, ExperimentError> {
    Ok(TimedAction {
        at: time(format!("status_seen[{i}]"), seen.at_ms)?,
        action: Action::Status { map: map() },
    })
}

/// One action, and its place.
struct Reader<'a> {
    i: usize,
    done: &'a Done,
}

impl Reader<'_> {
    fn timed(&self) -> Result<TimedAction, ExperimentError> {
        Ok(TimedAction {
            at: time(self.name(), self.done.at_ms)?,
            action: self.action()?,
        })
    }

    fn action(&self) -> Result<Action, ExperimentError> {
        let done = self.done;
        Ok(match done.op.as_str() {
            "message" => Action::Message {
                map: map(),
                text: self.needed("text", done.text.clone())?,
            },
            "suspend" => Action::Suspend {
                map: map(),
                noflush: done.noflush.unwrap_or(false),
            },
            "resume" => Action::Resume { map: map() },
            "load_table" => Action::LoadTable {
                map: map(),
                table: self.needed("table", done.table.clone())?,
            },
            "device_state" => Action::DeviceState {
                device: self.device()?,
                state: self.state()?,
            },
            "delete_device" => Action::DeleteDevice {
                device: self.device()?,
            },
            "scsi_debug" => Action::ScsiDebug {
                opts: self.number("opts", self.needed("opts", done.opts)?)?,
                every_nth: match done.every_nth {
                    Some(n) => Some(self.number("every_nth", n)?),
                    None => None,
                },
            },
            "bad_blocks" => Action::BadBlocks {
                device: self.device()?,
                set: self.needed("set", done.set)?,
                first_sector: self.needed("first_sector", done.first_sector)?,
                last_sector: self.needed("last_sector", done.last_sector)?,
            },
            op => return Err(ExperimentError::UnknownAction(op.to_owned())),
        })
    }

    fn name(&self) -> String {
        format!("actions[{}] ({})", self.i, self.done.op)
    }

    fn wrong(&self, message: String) -> ExperimentError {
        ExperimentError::Value {
            what: self.name(),
            message,
        }
    }

    fn needed<T>(&self, member: &str, value: Option<T>) -> Result<T, ExperimentError> {
        value.ok_or_else(|| self.wrong(format!("`{member}` is missing")))
    }

    fn number<T: TryFrom<i64>>(&self, member: &str, value: i64) -> Result<T, ExperimentError> {
        T::try_from(value).map_err(|_| self.wrong(format!("`{member}` is out of range: {value}")))
    }

    fn device(&self) -> Result<String, ExperimentError> {
        self.needed("device", self.done.device.clone())
    }

    fn state(&self) -> Result<DeviceState, ExperimentError> {
        match self.needed("state", self.done.state.as_deref())? {
            "running" => Ok(DeviceState::Running),
            "offline" => Ok(DeviceState::Offline),
            state => Err(self.wrong(format!("the state `{state}` is not supported"))),
        }
    }
}

fn map() -> String {
    MAP_NAME.to_owned()
}

/// Milliseconds as a time of the run.
fn time(what: String, ms: f64) -> Result<Ns, ExperimentError> {
    const MAX_MS: f64 = 1e9;
    if (0.0..=MAX_MS).contains(&ms) {
        return Ok(Ns(libm::round(ms * 1e6) as u64));
    }
    Err(ExperimentError::Value {
        what,
        message: format!("{ms} ms is not a time of the run"),
    })
}

#[cfg(test)]
mod tests;
