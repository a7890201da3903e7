//! What an array is made of, and what can be wrong with that.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access_state::AccessConfig;
use super::cache::CacheConfig;
use super::controller::ControllerConfig;
use super::media::MediaConfig;
use crate::models::fabric::link::LinkConfig;
use crate::models::fabric::target_port::TargetPortConfig;
use crate::sim::dist::{DistError, LONGEST};
use crate::sim::time::Ns;
use crate::sim::units::{BitRate, Bytes};

/// A storage array. Its controllers are called `ctl0`, `ctl1`, …, the ports of
/// each `ctl0.p0`, `ctl0.p1`, …, in front of which `NAME.` stands where there
/// are several arrays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ArrayConfig {
    /// Its name. Default: `array`.
    pub name: String,
    /// Controllers, 1 to 16. Default: 2.
    pub controllers: u16,
    /// Ports of a controller, 1 to 64. Default: 2.
    pub ports: u16,
    /// What a port is like.
    pub port: TargetPortConfig,
    /// What a controller is like.
    pub controller: ControllerConfig,
    /// The link between controllers. Default: 5 µs and 64 Gbit/s.
    pub interconnect: LinkConfig,
    /// Who serves which LUN, and how that moves.
    pub access: AccessConfig,
    /// The cache.
    pub cache: CacheConfig,
    /// The media behind it, which all LUNs share.
    pub media: MediaConfig,
    /// Commands that a LUN holds, of all hosts; one more is answered TASK SET
    /// FULL. At least 1. Default: 1024.
    pub lun_queue_depth: u32,
    /// Its LUNs.
    pub luns: Vec<LunConfig>,
}

impl Default for ArrayConfig {
    fn default() -> Self {
        ArrayConfig {
            name: "array".into(),
            controllers: 2,
            ports: 2,
            port: TargetPortConfig::default(),
            controller: ControllerConfig::default(),
            interconnect: LinkConfig {
                rate: Some(BitRate(64_000_000_000)),
                latency: Ns::from_us(5),
                ..LinkConfig::default()
            },
            access: AccessConfig::default(),
            cache: CacheConfig::default(),
            media: MediaConfig::default(),
            lun_queue_depth: 1024,
            luns: Vec::new(),
        }
    }
}

/// A LUN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LunConfig {
    /// What paths call it.
    pub name: String,
    /// Its size, at least 1 MiB. Default: 1 GiB.
    pub size: Bytes,
    /// The controller that owns it. Default: each in turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<u16>,
}

impl Default for LunConfig {
    fn default() -> Self {
        LunConfig {
            name: String::new(),
            size: Bytes(1 << 30),
            owner: None,
        }
    }
}

/// Why an array cannot be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ArrayError {
    /// A number is out of its range.
    #[error("`{field}` is {value}, but must be {range}")]
    OutOfRange {
        /// Which.
        field: &'static str,
        /// What it is.
        value: String,
        /// What it may be.
        range: &'static str,
    },
    /// A distribution.
    #[error("{0}")]
    Distribution(#[from] DistError),
    /// A LUN's owner is not there.
    #[error("LUN `{lun}` belongs to controller {owner}, but there are {controllers}")]
    NoSuchOwner {
        /// The LUN.
        lun: String,
        /// Its owner.
        owner: u16,
        /// How many controllers there are.
        controllers: u16,
    },
}

fn within<T: PartialOrd + std::fmt::Display>(
    field: &'static str,
    value: T,
    least: T,
    most: T,
    range: &'static str,
) -> Result<(), ArrayError> {
    if least <= value && value <= most {
        return Ok(());
    }
    let value = value.to_string();
    Err(ArrayError::OutOfRange {
        field,
        value,
        range,
    })
}

const HOUR: Ns = Ns::from_secs(3600);
const KIB: u64 = 1024;

impl ArrayConfig {
    /// # Errors
    /// The first number that is out of its range.
    pub fn check(&self) -> Result<(), ArrayError> {
        within("controllers", self.controllers, 1, 16, "1 to 16")?;
        within("ports", self.ports, 1, 64, "1 to 64")?;
        let depth = self.port.queue_depth.min(self.lun_queue_depth);
        within("queue_depth", depth, 1, u32::MAX, "at least 1")?;
        within("cores", self.controller.cores, 1, 256, "1 to 256")?;
        for (field, time) in [
            ("port.per_command", self.port.per_command),
            ("controller.per_command", self.controller.per_command),
            ("access.failover", self.access.failover),
            ("access.transition", self.access.transition),
            ("access.restart", self.access.restart),
            ("cache.destage_after", self.cache.destage_after),
        ] {
            within(field, time, Ns::ZERO, HOUR, "at most an hour")?;
        }
        check_link(&self.interconnect)?;
        within("cache.read_hit", self.cache.read_hit, 0.0, 1.0, "0 to 1")?;
        within(
            "cache.line",
            self.cache.line.0,
            4 * KIB,
            1 << 40,
            "at least 4 KiB",
        )?;
        let ahead = self.cache.prefetch.0;
        within("cache.prefetch", ahead, 0, 1 << 30, "at most 1 GiB")?;
        self.check_media()?;
        for lun in &self.luns {
            within("lun.size", lun.size.0, 1 << 20, 1 << 60, "1 MiB to 1 EiB")?;
            match lun.owner {
                Some(owner) if owner >= self.controllers => {
                    return Err(ArrayError::NoSuchOwner {
                        lun: lun.name.clone(),
                        owner,
                        controllers: self.controllers,
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn check_media(&self) -> Result<(), ArrayError> {
        let (units, chunk) = match &self.media {
            MediaConfig::None => return Ok(()),
            MediaConfig::Disk(disk) => {
                within("rpm", disk.rpm, 1000, 100_000, "1000 to 100000")?;
                let size = disk.size.0;
                within("disk.size", size, 1 << 30, 1 << 50, "1 GiB to 1 PiB")?;
                let track = disk.track.0;
                within("track", track, 4 * KIB, 1 << 30, "4 KiB to 1 GiB")?;
                within("seek_max", disk.seek_max, Ns::ZERO, LONGEST, "at most 1 s")?;
                (disk.disks, disk.chunk.0)
            }
            MediaConfig::Flash(flash) => (flash.channels, flash.chunk.0),
        };
        within("disks or channels", units, 1, 4096, "1 to 4096")?;
        within("chunk", chunk, 4 * KIB, 1 << 30, "4 KiB to 1 GiB")
    }
}

/// # Errors
/// A number is out of its range.
pub fn check_link(link: &LinkConfig) -> Result<(), ArrayError> {
    let rate = link.rate.map_or(1, |rate| rate.0);
    within("link.rate", rate, 1, u64::MAX, "at least 1 bit a second")?;
    within(
        "link.latency",
        link.latency,
        Ns::ZERO,
        HOUR,
        "at most an hour",
    )?;
    within("link.frame", link.frame.0, 64, 1 << 30, "64 B to 1 GiB")
}
