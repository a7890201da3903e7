//! The timeline: every event is exactly one thing, about a map or device that
//! exists.

use super::Checker;
use crate::formats::fio_job;
use crate::models::device::DeviceConfig;
use crate::models::device::scsi::scsi_debug::{
    OPT_HOST_BUSY, OPT_MEDIUM_ERR, OPT_TIMEOUT, OPT_TRANSPORT_ERR,
};
use crate::models::fault::{Action, DeviceState, TimedAction};
use crate::models::workload::WorkloadConfig;
use crate::scenario::at::At;
use crate::scenario::error::did_you_mean;
use crate::scenario::raw::{RawEvent, RawInjection, RawState, RawSuspend};
use crate::scenario::{Device, Map};
use crate::sim::Ns;

impl Checker<'_> {
    /// The events in order of time; those of the same time in the order of the
    /// file.
    pub(super) fn timeline(
        &mut self,
        raw: &[At<RawEvent>],
        devices: &[Device],
        maps: &[Map],
    ) -> Vec<TimedAction> {
        let mut timeline = Vec::new();
        for event in raw {
            if let Some(action) = self.action(event, devices, maps) {
                let at = event.at.ns();
                timeline.push(TimedAction { at, action });
            }
        }
        timeline.sort_by_key(|timed| timed.at);
        timeline
    }

    /// Warns of events that nobody will see, as the last job ends before.
    pub(super) fn late_events(&mut self, raw: &[At<RawEvent>], workload: &WorkloadConfig) {
        let Ok(file) = fio_job::of(workload) else {
            return; // it is noted where it stands
        };
        let ends = file.threads.iter().map(|thread| {
            let lasts = thread.runtime?.saturating_add(thread.ramp_time);
            Some(thread.start_delay.saturating_add(lasts))
        });
        let Some(end) = ends.collect::<Option<Vec<Ns>>>() else {
            return; // by the bytes
        };
        let Some(end) = end.into_iter().max() else {
            return;
        };
        for event in raw.iter().filter(|event| event.at.ns() >= end) {
            let what = format!(
                "the last job ends after {} s: this event comes too late",
                end.0 as f64 / 1e9
            );
            self.warn(event, what);
        }
    }

    fn action(&mut self, e: &At<RawEvent>, devices: &[Device], maps: &[Map]) -> Option<Action> {
        let given = [
            e.message.is_some(),
            e.suspend.is_some(),
            e.resume.is_some(),
            e.load.is_some(),
            e.state.is_some(),
            e.delete.is_some(),
            e.bad_blocks.is_some(),
            e.good_blocks.is_some(),
            e.scsi_debug.is_some(),
            e.fault.is_some(),
            e.upgrade.is_some(),
            e.moved.is_some(),
        ];
        if given.into_iter().filter(|&g| g).count() != 1 {
            self.wrong(
                e,
                "an event is one thing at a time",
                "give one of message, suspend, resume, load, state, delete, bad_blocks, \
                 good_blocks, scsi_debug, fault, upgrade and move",
            );
            return None;
        }
        if e.fault.is_some() || e.upgrade.is_some() || e.moved.is_some() {
            return None; // hardware: it belongs to the storage network
        }
        for (key, flag) in [("resume", &e.resume), ("delete", &e.delete)] {
            if let Some(flag) = flag.as_ref().filter(|flag| !***flag) {
                let message = format!("`{key} = false` does nothing");
                self.wrong(flag, message, "true, or leave the event out");
                return None;
            }
        }
        if let Some(injection) = &e.scsi_debug {
            self.injection(injection, devices);
            return Some(Action::ScsiDebug {
                opts: injection.opts,
                every_nth: injection.every_nth,
            });
        }
        if let Some(text) = &e.message {
            let (map, text) = (self.event_map(e, maps)?, text.value.clone());
            return Some(Action::Message { map, text });
        }
        if let Some(how) = &e.suspend {
            let (map, noflush) = (self.event_map(e, maps)?, **how == RawSuspend::Noflush);
            return Some(Action::Suspend { map, noflush });
        }
        if let Some(table) = &e.load {
            let (map, table) = (self.event_map(e, maps)?, table.value.clone());
            return Some(Action::LoadTable { map, table });
        }
        if e.resume.is_some() {
            let map = self.event_map(e, maps)?;
            return Some(Action::Resume { map });
        }
        self.device_action(e, devices)
    }

    /// There is a disk to inject it into, and it does something there.
    fn injection(&mut self, injection: &At<RawInjection>, devices: &[Device]) {
        let is_scsi_debug = |d: &Device| matches!(d.kind, DeviceConfig::ScsiDebug(_));
        if !devices.iter().any(is_scsi_debug) {
            self.warn(
                injection,
                "there is no disk of scsi_debug: this does nothing",
            );
        }
        let known = OPT_MEDIUM_ERR | OPT_TIMEOUT | OPT_TRANSPORT_ERR | OPT_HOST_BUSY;
        if injection.opts & !known != 0 {
            let message = format!(
                "`opts` {:#x} has bits that inject nothing here",
                injection.opts
            );
            let hint = "2 medium error, 4 timeout, 16 transport error, 32768 host busy, or a sum";
            self.wrong(injection, message, hint);
        }
    }

    fn device_action(&mut self, e: &At<RawEvent>, devices: &[Device]) -> Option<Action> {
        let device = self.event_device(e, devices)?;
        if let Some(state) = &e.state {
            let state = match **state {
                RawState::Running => DeviceState::Running,
                RawState::Offline => DeviceState::Offline,
            };
            return Some(Action::DeviceState { device, state });
        }
        if e.delete.is_some() {
            return Some(Action::DeleteDevice { device });
        }
        let (range, set) = match (&e.bad_blocks, &e.good_blocks) {
            (Some(range), _) => (range, true),
            (None, Some(range)) => (range, false),
            (None, None) => return None,
        };
        let ends = range.split_once('-').and_then(|(first, last)| {
            let first = first.trim().parse::<u64>().ok()?;
            let last = last.trim().parse::<u64>().ok()?;
            (first <= last).then_some((first, last))
        });
        let Some((first_sector, last_sector)) = ends else {
            let message = format!("`{}` is not a range of sectors", **range);
            self.wrong(range, message, "write for instance \"0-511\"");
            return None;
        };
        Some(Action::BadBlocks {
            device,
            set,
            first_sector,
            last_sector,
        })
    }

    fn event_map(&mut self, e: &At<RawEvent>, maps: &[Map]) -> Option<String> {
        match (&e.map, maps) {
            (Some(name), _) if maps.iter().any(|map| map.name == **name) => {
                Some(name.value.clone())
            }
            (Some(name), _) => {
                let hint = did_you_mean(name, maps.iter().map(|map| map.name.as_str()));
                self.wrong(name, format!("there is no map `{}`", **name), hint);
                None
            }
            (None, [only]) => Some(only.name.clone()),
            (None, _) => {
                self.wrong(e, "it is not said which map", "add map = \"NAME\"");
                None
            }
        }
    }

    fn event_device(&mut self, e: &At<RawEvent>, devices: &[Device]) -> Option<String> {
        let Some(name) = &e.device else {
            self.wrong(e, "it is not said which device", "add device = \"NAME\"");
            return None;
        };
        let known = || devices.iter().map(|device| device.name.as_str());
        if known().any(|known| known == **name) {
            return Some(name.value.clone());
        }
        let hint = did_you_mean(name, known());
        self.wrong(name, format!("there is no device `{}`", **name), hint);
        None
    }
}
