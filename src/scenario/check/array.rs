//! Array ports, and the media behind them.

use super::Checker;
use super::device::MIB;
use crate::models::device::DeviceConfig;
use crate::models::device::port::{MediaConfig, PortConfig};
use crate::scenario::error::did_you_mean;
use crate::scenario::raw::{RawDistribution, RawMedia, RawPort};
use crate::scenario::units::{Int, Rate, Time};
use crate::sim::dist::Distribution;
use crate::sim::units::BitRate;

impl Checker<'_> {
    pub(super) fn media(&mut self, media: &[RawMedia]) -> Vec<MediaConfig> {
        let default = MediaConfig::default();
        let mut configs = Vec::new();
        for (index, raw) in media.iter().enumerate() {
            if media[..index].iter().any(|other| *other.name == *raw.name) {
                let message = format!("media `{}` stand above already", *raw.name);
                self.wrong(&raw.name, message, "give them a name of their own");
            }
            configs.push(MediaConfig {
                name: raw.name.value.clone(),
                slots: raw.slots.map_or(default.slots, Int::get32),
                service: self.distribution(raw.service.as_ref()).unwrap_or_default(),
                write_service: self.distribution(raw.write_service.as_ref()),
                bandwidth: raw.bandwidth.map(rate),
            });
        }
        configs
    }

    /// A port and its capacity in bytes.
    pub(super) fn port(&mut self, raw: &RawPort, media: &[RawMedia]) -> (DeviceConfig, u64) {
        let default = PortConfig::default();
        if let Some(name) = &raw.media
            && !media.iter().any(|media| *media.name == **name)
        {
            let known = media.iter().map(|media| media.name.as_str());
            let hint = format!(
                "{}; add a [[media]] of this name",
                did_you_mean(name, known)
            );
            self.wrong(name, format!("there are no media `{}`", **name), hint);
        }
        let size = self.whole_mib(raw.size.as_ref(), 1024);
        let latency = self.distribution(raw.latency.as_ref());
        let config = PortConfig {
            size,
            latency: latency.unwrap_or(default.latency),
            slots: raw.slots.map_or(default.slots, Int::get32),
            per_request: raw.per_request.map_or(default.per_request, Time::ns),
            bandwidth: raw.bandwidth.map(rate),
            queue_depth: raw.queue_depth.map_or(default.queue_depth, Int::get32),
            media: raw.media.as_ref().map(|name| name.value.clone()),
        };
        (DeviceConfig::ArrayPort(config), size * MIB)
    }

    /// A distribution with its file loaded.
    fn distribution(&mut self, raw: Option<&RawDistribution>) -> Option<Distribution> {
        let mut distribution = raw?.0.clone();
        let loaded = distribution
            .load(self.folder)
            .map_err(|why| why.to_string());
        let drawn = loaded.and_then(|()| distribution.sampler().map_err(|why| why.to_string()));
        if let Err(why) = drawn {
            let at = self.source.text.find("empirical").unwrap_or(0);
            let span = at..at + "empirical".len();
            let hint = format!("the path starts from {}", self.folder.display());
            self.problems.push(self.source.problem(span, why, hint));
        }
        Some(distribution)
    }
}

fn rate<const MIN: u64, const MAX: u64>(rate: Rate<MIN, MAX>) -> BitRate {
    BitRate(rate.0)
}
