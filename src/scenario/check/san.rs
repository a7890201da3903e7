//! The storage network: everything that is named is there, every number within
//! its range, every fault where it makes sense.

use super::Checker;
use crate::models::device::DeviceConfig;
use crate::models::device::scsi::LunDiskConfig;
use crate::models::fabric::fault::{Fault, FaultKind};
use crate::models::san::{San, SanConfig};
use crate::scenario::at::At;
use crate::scenario::raw::{RawDevice, RawEvent, RawScenario, RawUpgrade};
use crate::sim::Ns;
use crate::sim::draw::Draws;

impl Checker<'_> {
    /// The network of `raw`. Its parts are tried one by one, so that a problem
    /// is noted where it stands.
    pub(super) fn san(&mut self, raw: &RawScenario) -> SanConfig {
        let fabric = raw.fabric.clone().unwrap_or_default().0;
        let mut config = SanConfig {
            transport: fabric.transport,
            link: fabric.link,
            ..SanConfig::default()
        };
        for initiator in &raw.initiator {
            self.try_part(&mut config, initiator, |c, part| {
                c.initiators.push(part.clone());
            });
        }
        for link in &raw.link {
            self.try_part(&mut config, link, |c, part| c.links.push(part.clone()));
        }
        for array in &raw.array {
            self.try_part(&mut config, array, |c, part| c.arrays.push(part.0.clone()));
        }
        for stream in &raw.background {
            self.try_part(&mut config, stream, |c, part| {
                c.background.push(part.clone());
            });
        }
        for fault in &raw.random_fault {
            self.try_part(&mut config, fault, |c, part| {
                c.random_faults.push(part.clone());
            });
        }
        for event in &raw.timeline {
            for fault in self.faults_of(event, &config) {
                self.try_part(&mut config, event, |c, _| c.faults.push(fault.clone()));
            }
        }
        config
    }

    /// Adds `part` to `config`, if the network can be with it.
    fn try_part<T>(
        &mut self,
        config: &mut SanConfig,
        part: &At<T>,
        add: impl Fn(&mut SanConfig, &T),
    ) {
        let mut with = config.clone();
        add(&mut with, &part.value);
        match San::new(&with, Draws::new(0)) {
            Ok(_) => *config = with,
            Err(why) => self.wrong(part, why.to_string(), "see docs/scenario.md"),
        }
    }

    /// What breaks by an event of the timeline.
    fn faults_of(&mut self, event: &At<RawEvent>, config: &SanConfig) -> Vec<Fault> {
        let from = event.at.ns();
        if let Some(upgrade) = &event.upgrade {
            return self.upgrade(upgrade, from, config);
        }
        let Some(fault) = &event.fault else {
            return Vec::new();
        };
        let Some(on) = &event.on else {
            self.wrong(event, "it is not said what it is on", "add on = \"NAME\"");
            return Vec::new();
        };
        let lasts = event.lasts.map_or(Ns::NEVER, |time| time.ns());
        vec![Fault {
            on: on.value.clone(),
            kind: fault.clone(),
            from,
            until: from.saturating_add(lasts),
        }]
    }

    /// Controllers that are restarted one after the other.
    fn upgrade(&mut self, raw: &RawUpgrade, mut from: Ns, config: &SanConfig) -> Vec<Fault> {
        let Some(array) = config.arrays.iter().find(|a| a.name == *raw.array.value) else {
            let message = format!("there is no array `{}`", *raw.array);
            self.wrong(
                &raw.array,
                message,
                "its `name`, which is `array` by default",
            );
            return Vec::new();
        };
        let pause = raw.pause.map_or(Ns::ZERO, |time| time.ns());
        let mut faults = Vec::new();
        for c in 0..array.controllers {
            let until = from.saturating_add(raw.each.ns());
            faults.push(Fault {
                on: format!("{}.ctl{c}", array.name),
                kind: FaultKind::Down,
                from,
                until,
            });
            let restarted = until.saturating_add(array.access.restart);
            from = restarted.saturating_add(pause);
        }
        faults
    }

    /// A LUN and its capacity in bytes.
    pub(super) fn lun(
        &mut self,
        entry: &At<RawDevice>,
        config: &LunDiskConfig,
        san: &SanConfig,
    ) -> Option<(DeviceConfig, u64)> {
        let ranges = [
            ("queue_depth", config.queue_depth, 4096),
            ("can_queue", config.can_queue, 10_240),
        ];
        for (name, value, most) in ranges {
            if !(1..=most).contains(&value) {
                let hint = format!("from 1 to {most}");
                self.wrong(&entry.name, format!("`{name}` is {value}"), hint);
            }
        }
        let network = San::new(san, Draws::new(0));
        let added = network.and_then(|mut network| {
            let path = network.add_path(&config.path())?;
            Ok(network.sectors(path) * 512)
        });
        match added {
            Ok(bytes) => Some((DeviceConfig::Lun(config.clone()), bytes)),
            Err(why) => {
                let hint = "initiators are named by [[initiator]], LUNs by [[array]]";
                self.wrong(&entry.name, why.to_string(), hint);
                None
            }
        }
    }
}
