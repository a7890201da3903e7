//! What a device takes in truth: for an oracle among the policies, and for
//! bounds.

use super::DeviceConfig;
use super::port::{MediaConfig, PortConfig};
use crate::models::io::SECTOR;
use crate::models::mpath::policy::Truth;
use crate::sim::Ns;
use crate::sim::dist::Distribution;
use crate::sim::units::BitRate;

/// Something that every command goes through: so many servers, each taking so
/// long for a command.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Stage {
    /// Servers; 0 = as many as commands come.
    pub servers: u32,
    /// Mean time of a command, its size apart.
    pub service: Ns,
    /// What each byte takes on top, in 2⁻¹⁶ ns.
    pub per_byte: u64,
}

impl Stage {
    fn new(servers: u32, service: Ns) -> Self {
        Stage {
            servers,
            service,
            per_byte: 0,
        }
    }
    /// Mean time of a command of `bytes`, ns.
    pub fn time(&self, bytes: f64) -> f64 {
        self.service.0 as f64 + bytes * self.per_byte as f64 / 65_536.0
    }
    /// Commands of `bytes` a ns when all its servers are busy.
    pub fn capacity(&self, bytes: f64) -> f64 {
        match (self.servers, self.time(bytes)) {
            (0, _) => f64::INFINITY,
            (_, 0.0) => f64::INFINITY,
            (servers, time) => f64::from(servers) / time,
        }
    }
}

/// The stages of `device` itself, without media that others share; none for
/// devices whose time hangs on more than this (LUNs of the storage network).
/// `latency` is that of a port's slots, where it is known better than by its
/// law; data go in so many `directions`, each of which has a link.
pub fn stages(device: &DeviceConfig, latency: Option<Ns>, directions: u32) -> Vec<Stage> {
    match device {
        DeviceConfig::NullBlk(c) => {
            let depth = c.hw_queue_depth.saturating_mul(c.submit_queues.max(1));
            vec![Stage::new(depth, c.delay())]
        }
        DeviceConfig::ScsiDebug(c) => {
            let depth = c.queue_depth.unwrap_or(c.max_queue);
            vec![Stage::new(depth, c.ndelay)]
        }
        DeviceConfig::ArrayPort(c) => vec![
            Stage::new(c.slots, latency.unwrap_or_else(|| mean(&c.latency))),
            Stage::new(1, c.per_request),
            Stage {
                per_byte: c.bandwidth.map_or(0, per_byte),
                ..Stage::new(directions, Ns::ZERO)
            },
        ],
        DeviceConfig::Lun(_) => Vec::new(),
    }
}

/// Commands that `device` holds at most; none if there is no limit of its own.
pub fn queue_depth(device: &DeviceConfig) -> Option<u32> {
    match device {
        DeviceConfig::ArrayPort(c) => Some(c.queue_depth),
        _ => None,
    }
}

/// Bytes of a request that the driver of `device` takes at most; none if it
/// sets no limit of its own.
pub fn largest(device: &DeviceConfig) -> Option<f64> {
    match device {
        DeviceConfig::NullBlk(c) => Some(SECTOR as f64 * f64::from(c.most_sectors())),
        _ => None,
    }
}

/// The stage of shared media; `service` is known better than by its law, or not.
pub fn media_stage(media: &MediaConfig, service: Option<Ns>) -> Stage {
    let read = mean(&media.service);
    let write = media.write_service.as_ref().map_or(read, mean);
    Stage {
        per_byte: media.bandwidth.map_or(0, per_byte),
        ..Stage::new(media.slots, service.unwrap_or(read.min(write)))
    }
}

/// The media behind `device`, by its place among `media`.
pub fn media_of(device: &DeviceConfig, media: &[MediaConfig]) -> Option<usize> {
    match device {
        DeviceConfig::ArrayPort(PortConfig {
            media: Some(name), ..
        }) => media.iter().position(|m| m.name == *name),
        _ => None,
    }
}

/// All of that in the short form that a policy can use: one service, and how
/// many commands of no size keep the narrowest stage busy.
pub fn truth(device: &DeviceConfig, media: &[MediaConfig]) -> Truth {
    let mut all = stages(device, None, 1);
    all.extend(media_of(device, media).map(|at| media_stage(&media[at], None)));
    let service = all
        .iter()
        .fold(Ns::ZERO, |sum, s| sum.saturating_add(s.service));
    let capacity = all
        .iter()
        .map(|s| s.capacity(0.0))
        .fold(f64::INFINITY, f64::min);
    let overlap = (capacity * service.0 as f64).ceil();
    let slots = if overlap.is_finite() {
        overlap as u32
    } else {
        0
    };
    Truth {
        service,
        per_byte: all.iter().map(|s| s.per_byte).sum(),
        slots: match (slots, queue_depth(device)) {
            (0, Some(depth)) => depth,
            (slots, Some(depth)) => slots.min(depth),
            (slots, None) => slots,
        },
    }
}

fn mean(law: &Distribution) -> Ns {
    law.sampler()
        .map_or(Ns::ZERO, |sampler| Ns(sampler.mean() as u64))
}

/// Time of a byte at `rate`, in 2⁻¹⁶ ns.
fn per_byte(rate: BitRate) -> u64 {
    ((8_000_000_000u128 << 16) / u128::from(rate.0.max(1))) as u64
}
