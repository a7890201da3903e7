//! What a run tells of its own limit: what was drawn, what merged, when it was over.

use super::load::Pool;
use crate::models::config::{MachineConfig, NamedDevice};
use crate::models::device::DeviceConfig;
use crate::models::io::SECTOR;
use crate::models::machine::ThreadConfig;
use crate::models::truth::Drawn;
use crate::run::metrics::application;
use crate::run::outcome::{DeviceOutcome, Outcome};

/// A run that is over.
pub struct Seen<'a> {
    /// Its outcome.
    pub outcome: &'a Outcome,
    /// I/Os of the application that succeeded.
    pub ios: u64,
    /// Bios and requests that joined another's.
    pub joined: u64,
    /// Whether the mean latency is that of some I/Os only, or something else took its
    /// time at the devices as well: errors, warm-up of fio, flushes.
    pub is_partly_counted: bool,
    /// How long it was, ns.
    pub duration: f64,
    /// How much longer the devices were at work than the application: 1 or more.
    pub later: f64,
    /// Whether bios were split above the choice of a path.
    splits_above: bool,
}

/// Requests that a device was given.
#[derive(Copy, Clone, Debug, Default)]
pub struct Requests {
    /// Bytes of the largest.
    pub largest: f64,
    /// Mean bytes, if any merged.
    pub merged_mean: Option<f64>,
}

impl<'a> Seen<'a> {
    /// The run of `config` and `threads` that had this `outcome`.
    pub fn new(config: &MachineConfig, threads: &[ThreadConfig], outcome: &'a Outcome) -> Self {
        let done = application(outcome);
        let devices = &outcome.devices;
        let merges =
            |d: &DeviceOutcome| d.bios_back_merged + d.bios_front_merged + d.requests_merged;
        let specs = || threads.iter().map(|thread| &thread.spec);
        let flushes = specs().any(|s| s.sync || s.end_fsync || s.fsync > 0 || s.fdatasync > 0);
        let warms_up = specs().any(|s| s.ramp_time.0 > 0);
        let duration = outcome.duration.0 as f64;
        let is_leaf = |d: &&DeviceOutcome| config.devices.iter().any(|l| l.name == d.name);
        let last = devices.iter().filter(is_leaf).map(|d| d.until.0);
        let last = last.max().unwrap_or(0) as f64;
        let is_cached = specs().any(|s| !s.direct);
        Seen {
            outcome,
            ios: done.ios,
            joined: devices.iter().map(merges).sum(),
            is_partly_counted: done.errors > 0
                || !outcome.held.is_empty()
                || outcome.jobs.iter().any(|job| job.error != 0)
                || flushes
                || warms_up,
            duration,
            later: match is_cached && duration > 0.0 {
                true => (last / duration).max(1.0),
                false => 1.0,
            },
            splits_above: devices.iter().any(|d| d.is_map && d.bios_split > 0),
        }
    }

    fn device(&self, name: &str) -> Option<&'a DeviceOutcome> {
        self.outcome.devices.iter().find(|d| d.name == name)
    }

    /// Whether the device called `name` was given anything.
    pub fn was_used(&self, name: &str) -> bool {
        self.device(name)
            .is_some_and(|d| !d.issued.is_empty() || d.bios > 0)
    }

    /// What was drawn for the device called `name`.
    pub fn drawn(&self, name: &str) -> Option<Drawn> {
        self.device(name)?.drawn
    }

    /// The mean over all that the media behind `named` served, ns.
    pub fn mean_at_media(&self, config: &MachineConfig, named: &NamedDevice) -> Option<f64> {
        let behind = |named: &NamedDevice| match &named.device {
            DeviceConfig::ArrayPort(port) => port.media.clone(),
            _ => None,
        };
        let media = behind(named)?;
        let on_it = config
            .devices
            .iter()
            .filter(|d| behind(d).as_ref() == Some(&media));
        let drawn = on_it.filter_map(|d| self.drawn(&d.name));
        let (commands, time) = drawn.fold((0, 0), |(n, t), d| (n + d.commands, t + d.media));
        (commands > 0).then(|| time as f64 / commands as f64)
    }

    /// What is drawn for an I/O of the device called `name` at least, on average, ns.
    /// The pieces of an I/O have drawn the same, on the same path: what is left when
    /// they are split off stands for it. If they may be on several paths, it is that
    /// of the luckiest path; if they cannot be told, of the luckiest command.
    pub fn drawn_for_io(&self, name: &str, drawn: &Drawn, pools: &[Pool]) -> f64 {
        let splits_here = self.device(name).is_some_and(|d| d.bios_split > 0);
        let joined = self.joined;
        let leaves = || self.outcome.devices.iter().filter_map(|d| d.drawn);
        match () {
            () if !self.splits_above && !splits_here => drawn.mean_of_ios(joined),
            () if are_alike(pools) => drawn.as_whole().mean_of_ios(joined),
            () if leaves().all(|d| d.pieces == 0) => drawn.least as f64,
            () if !self.splits_above => drawn.mean_of_ios(joined),
            () => leaves()
                .map(|d| d.mean_of_ios(joined))
                .fold(f64::INFINITY, f64::min),
        }
    }

    /// The requests with data of the device called `name`.
    pub fn requests(&self, name: &str) -> Requests {
        let issued = self.device(name).map_or(&[][..], |d| &d.issued);
        let with_data = issued
            .iter()
            .filter(|i| i.sectors > 0 && !i.rwbs.contains('D'));
        let mut all = Requests::default();
        let (mut sectors, mut count) = (0, 0);
        for issued in with_data {
            let bytes = SECTOR as f64 * f64::from(issued.sectors);
            all.largest = all.largest.max(bytes);
            sectors += u64::from(issued.sectors) * issued.count;
            count += issued.count;
        }
        if self.joined > 0 && count > 0 {
            // What came back and was issued again counts once.
            let back = self.device(name).map_or(0, |d| d.requests_taken_back);
            let once = count.saturating_sub(back).max(1);
            all.merged_mean = Some(SECTOR as f64 * sectors as f64 / once as f64);
        }
        all
    }
}

/// Whether all I/Os have one size.
fn are_alike(pools: &[Pool]) -> bool {
    let mut sizes = pools.iter().flat_map(|p| p.classes.iter().map(|c| c.bytes));
    let first = sizes.next();
    sizes.all(|size| Some(size) == first)
}
