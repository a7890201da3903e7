//! A host's port: what a command costs in it, and its link to the switch.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::link::LinkConfig;
use crate::sim::calendar::Calendar;
use crate::sim::time::Ns;
use crate::sim::units::{as_text, option_as_text};

/// An initiator port: an HBA's, or a network card's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct InitiatorConfig {
    /// What paths call it.
    pub name: String,
    /// Time in its processor, which takes one command at a time; at most an
    /// hour. Default: 0.
    #[serde(serialize_with = "as_text")]
    pub per_command: Ns,
    /// Tags, which all disks on it share (`can_queue`), 1 to 10240. Default:
    /// 1024.
    pub can_queue: u32,
    /// From the first abort or failure on, error handling has so long to abort and to
    /// reset disks and targets; after that it resets the host adapter at once
    /// (`eh_deadline` in sysfs, whole seconds there). Default: off, as in the kernel.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "option_as_text"
    )]
    pub eh_deadline: Option<Ns>,
    /// Its link. Default: that of the fabric.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<LinkConfig>,
}

impl Default for InitiatorConfig {
    fn default() -> Self {
        InitiatorConfig {
            name: String::new(),
            per_command: Ns::ZERO,
            can_queue: 1024,
            eh_deadline: None,
            link: None,
        }
    }
}

/// An initiator port at work.
#[derive(Clone, Debug)]
pub struct Initiator {
    /// Its name.
    pub name: String,
    /// Its link.
    pub link: u16,
    /// Its tags.
    pub can_queue: u32,
    /// How long error handling of its host adapter may take.
    pub eh_deadline: Option<Ns>,
    per_command: Ns,
    processor: Calendar,
}

impl Initiator {
    /// The port of `config` at `link`.
    pub fn new(config: &InitiatorConfig, link: u16) -> Self {
        Initiator {
            name: config.name.clone(),
            link,
            can_queue: config.can_queue,
            eh_deadline: config.eh_deadline,
            per_command: config.per_command,
            processor: Calendar::default(),
        }
    }
    /// A command comes from the host: when it is ready to be sent.
    #[inline]
    pub fn takes(&mut self, now: Ns) -> Ns {
        let begin = self.processor.book(now, now, self.per_command);
        begin.saturating_add(self.per_command)
    }
}
