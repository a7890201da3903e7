//! What a device takes in truth: for an oracle among the policies, and for
//! bounds.

use super::DeviceConfig;
use super::port::{MediaConfig, PortConfig};
use crate::models::mpath::policy::Truth;
use crate::sim::Ns;
use crate::sim::dist::Distribution;
use crate::sim::units::BitRate;

/// The truth about `device`; ports find their media among `media`. Devices whose
/// time hangs on more than this (LUNs of the storage network) say nothing.
pub fn truth(device: &DeviceConfig, media: &[MediaConfig]) -> Truth {
    match device {
        DeviceConfig::NullBlk(c) => Truth {
            service: c.completion_nsec,
            slots: 0,
            per_byte: 0,
        },
        DeviceConfig::ScsiDebug(c) => Truth {
            service: c.ndelay,
            slots: c.queue_depth.unwrap_or(c.max_queue),
            per_byte: 0,
        },
        DeviceConfig::ArrayPort(c) => port(c, media),
        DeviceConfig::Lun(_) => Truth::default(),
    }
}

/// A port: what takes longest is what commands queue for.
fn port(c: &PortConfig, media: &[MediaConfig]) -> Truth {
    let mut truth = Truth {
        service: mean(&c.latency).saturating_add(c.per_request),
        slots: c.slots,
        per_byte: c.bandwidth.map_or(0, per_byte),
    };
    let behind = c.media.as_ref();
    if let Some(m) = media.iter().find(|m| Some(&m.name) == behind) {
        truth.service = truth.service.saturating_add(mean(&m.service));
        truth.per_byte += m.bandwidth.map_or(0, per_byte);
        truth.slots = match (truth.slots, m.slots) {
            (0, slots) | (slots, 0) => slots,
            (a, b) => a.min(b),
        };
    }
    if c.per_request > Ns::ZERO && truth.slots == 0 {
        // One controller: service over what it takes is how many overlap.
        truth.slots = (truth.service.0 / c.per_request.0).clamp(1, 65_536) as u32;
    }
    truth
}

fn mean(law: &Distribution) -> Ns {
    law.sampler()
        .map_or(Ns::ZERO, |sampler| Ns(sampler.mean() as u64))
}

/// Time of a byte at `rate`, in 2⁻¹⁶ ns.
fn per_byte(rate: BitRate) -> u64 {
    ((8_000_000_000u128 << 16) / u128::from(rate.0.max(1))) as u64
}
