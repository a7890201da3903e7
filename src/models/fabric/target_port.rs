//! A port of an array: what a command costs in it, and how many it holds.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::link::LinkConfig;
use crate::sim::calendar::Calendar;
use crate::sim::time::Ns;
use crate::sim::units::as_text;

/// A target port.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TargetPortConfig {
    /// Time in its processor, which takes one command at a time; at most an
    /// hour. Default: 0.
    #[serde(serialize_with = "as_text")]
    pub per_command: Ns,
    /// Commands it holds, of all hosts; one more is answered TASK SET FULL.
    /// At least 1. Default: 2048.
    pub queue_depth: u32,
    /// Its link. Default: that of the fabric.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<LinkConfig>,
}

impl Default for TargetPortConfig {
    fn default() -> Self {
        TargetPortConfig {
            per_command: Ns::ZERO,
            queue_depth: 2048,
            link: None,
        }
    }
}

/// A target port at work.
#[derive(Clone, Debug)]
pub struct TargetPort {
    /// Its name.
    pub name: String,
    /// Its link.
    pub link: u16,
    /// Commands it holds.
    pub held: Held,
    per_command: Ns,
    processor: Calendar,
}

impl TargetPort {
    /// The port of `config` at `link`.
    pub fn new(name: String, config: &TargetPortConfig, link: u16) -> Self {
        TargetPort {
            name,
            link,
            held: Held::new(config.queue_depth),
            per_command: config.per_command,
            processor: Calendar::default(),
        }
    }
    /// A command arrives at `at`: when it is through.
    #[inline]
    pub fn takes(&mut self, now: Ns, at: Ns) -> Ns {
        let begin = self.processor.book(now, at, self.per_command);
        begin.saturating_add(self.per_command)
    }
}

/// Commands that something holds, each until a time that is known.
#[derive(Clone, Debug)]
pub struct Held {
    most: usize,
    until: BinaryHeap<Reverse<Ns>>,
}

impl Held {
    /// Nothing yet, and at most `most`.
    pub fn new(most: u32) -> Self {
        Held {
            most: most as usize,
            until: BinaryHeap::new(),
        }
    }
    /// Whether there is room for one more at `at`.
    #[inline]
    pub fn has_room(&mut self, at: Ns) -> bool {
        if self.until.len() < self.most {
            return true;
        }
        while self.until.peek().is_some_and(|until| until.0 <= at) {
            self.until.pop();
        }
        self.until.len() < self.most
    }
    /// One more, until `until`.
    #[inline]
    pub fn hold(&mut self, until: Ns) {
        self.until.push(Reverse(until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_comes_back_when_a_command_ends() {
        let mut held = Held::new(2);
        held.hold(Ns(10));
        assert!(held.has_room(Ns(0)));
        held.hold(Ns(5));
        assert!(!held.has_room(Ns(4)));
        assert!(held.has_room(Ns(5)));
        held.hold(Ns(20));
        assert!(!held.has_room(Ns(9)));
        assert!(held.has_room(Ns(10)));
    }

    #[test]
    fn a_port_takes_one_command_at_a_time() {
        let config = TargetPortConfig {
            per_command: Ns(3),
            ..Default::default()
        };
        let mut port = TargetPort::new("p".into(), &config, 0);
        assert_eq!(port.takes(Ns(0), Ns(10)), Ns(13));
        assert_eq!(port.takes(Ns(0), Ns(10)), Ns(16));
        assert_eq!(port.takes(Ns(0), Ns(0)), Ns(3));
    }
}
