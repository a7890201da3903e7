//! A controller: what a command costs on its cores, and data on its bus.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::reply::Command;
use crate::models::fabric::fault::Health;
use crate::sim::calendar::Calendar;
use crate::sim::dist::{DistError, Distribution, Sampler};
use crate::sim::draw::{Draws, Purpose};
use crate::sim::time::Ns;
use crate::sim::units::{BitRate, as_text};

/// A controller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ControllerConfig {
    /// Time of a command on a core; at most an hour. Default: 5 µs.
    #[serde(serialize_with = "as_text")]
    pub per_command: Ns,
    /// Cores, 1 to 256. Default: 4.
    pub cores: u16,
    /// Time in firmware that occupies nobody. Default: 0.
    pub latency: Distribution,
    /// Rate at which it moves data, both ways together; absent: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<BitRate>,
}

impl Default for ControllerConfig {
    fn default() -> Self {
        ControllerConfig {
            per_command: Ns::from_us(5),
            cores: 4,
            latency: Distribution::default(),
            rate: None,
        }
    }
}

/// A controller at work.
#[derive(Clone, Debug)]
pub struct Controller {
    /// What is wrong with it, when.
    pub health: Health,
    /// Whether it has failed.
    pub is_down: bool,
    /// What was drawn for the firmware's time with the last command.
    pub drawn: Ns,
    per_command: Ns,
    latency: Sampler,
    rate: Option<BitRate>,
    cores: Vec<Calendar>,
    bus: Calendar,
}

impl Controller {
    /// The controller of `config`.
    ///
    /// # Errors
    /// A distribution that is none.
    pub fn new(config: &ControllerConfig) -> Result<Self, DistError> {
        Ok(Controller {
            health: Health::default(),
            is_down: false,
            drawn: Ns::ZERO,
            per_command: config.per_command,
            latency: config.latency.sampler()?,
            rate: config.rate,
            cores: vec![Calendar::default(); usize::from(config.cores.max(1))],
            bus: Calendar::default(),
        })
    }

    /// `command` arrives at `at`: when it has been looked at.
    pub fn looks_at(&mut self, now: Ns, at: Ns, command: &Command, draws: Draws) -> Ns {
        let latency = match self.latency.as_constant() {
            Some(latency) => latency,
            None => {
                let identity = [command.first_bio, command.attempt];
                self.latency
                    .sample(&mut draws.key(Purpose::Service, identity))
            }
        };
        self.drawn = latency;
        self.on_a_core(now, at).saturating_add(latency)
    }

    /// The core that is free first spends its time on a command.
    fn on_a_core(&mut self, now: Ns, at: Ns) -> Ns {
        let service = self.per_command;
        let free = |core: &Calendar| core.earliest(at, service);
        let first = (0..self.cores.len()).min_by_key(|&c| free(&self.cores[c]));
        let begin = match first {
            Some(core) => self.cores[core].book(now, at, service),
            None => at,
        };
        begin.saturating_add(service)
    }

    /// It moves `bytes` from `at` on: when the last is moved.
    pub fn moves(&mut self, now: Ns, at: Ns, bytes: u64) -> Ns {
        let takes = self.rate.map_or(Ns::ZERO, |rate| rate.transfer_time(bytes));
        self.bus.book(now, at, takes).saturating_add(takes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::reply::CommandKind;
    use super::*;

    #[test]
    fn cores_work_side_by_side() {
        let config = ControllerConfig {
            per_command: Ns(10),
            cores: 2,
            rate: Some(BitRate(8_000_000_000)),
            ..Default::default()
        };
        let mut c = Controller::new(&config).unwrap();
        let command = Command {
            first_bio: 0,
            attempt: 0,
            kind: CommandKind::Read,
            sector: 0,
            sectors: 8,
        };
        let ends = [0, 0, 0, 0].map(|at| c.looks_at(Ns(0), Ns(at), &command, Draws::new(0)).0);
        assert_eq!(ends, [10, 10, 20, 20]);
        assert_eq!(c.moves(Ns(0), Ns(0), 100), Ns(100));
        assert_eq!(c.moves(Ns(0), Ns(50), 100), Ns(200));
    }
}
