//! Arrays from the shelf.
//!
//! None is a product. Disks: 10000 turns a minute (3 ms half a turn), mean
//! random seek of about 4.2 ms, 175 MB/s: what data sheets of 2.5" enterprise
//! disks give. Flash: 80 µs to read, 400 µs to program a page, and 800 MB/s a
//! channel: the order that data sheets of TLC flash with ONFI 4 give.
//! Controllers: about 4 × 200 000 and 16 × 330 000 commands a second of core
//! time, so that caches, not cores, decide in the array of disks.

use super::ArrayConfig;
use super::access_state::{AccessConfig, AccessState};
use super::cache::CacheConfig;
use super::controller::ControllerConfig;
use super::media::MediaConfig;
use super::media_disk::DiskConfig;
use super::media_flash::FlashConfig;
use crate::models::fabric::link::LinkConfig;
use crate::sim::dist::Shape;
use crate::sim::time::Ns;
use crate::sim::units::{BitRate, Bytes};

/// An array from the shelf.
#[derive(Copy, Clone, Debug)]
pub struct ArrayPreset {
    /// The word that `preset` takes.
    pub name: &'static str,
    /// What it stands for.
    pub about: &'static str,
}

/// All arrays from the shelf.
pub const PRESETS: &[ArrayPreset] = &[
    ArrayPreset {
        name: "disk",
        about: "24 disks in RAID 5, two controllers, ALUA, a tenth of random reads in the cache",
    },
    ArrayPreset {
        name: "hybrid",
        about: "as disk, with a cache of flash that holds 7 of 10 random reads",
    },
    ArrayPreset {
        name: "flash",
        about: "96 channels of flash, two controllers, ALUA",
    },
    ArrayPreset {
        name: "flash-symmetric",
        about: "as flash, all controllers serve all LUNs alike",
    },
];

/// The array from the shelf that `name` stands for.
pub fn find(name: &str) -> Option<ArrayConfig> {
    let array = match name {
        "disk" => disk(0.1),
        "hybrid" => disk(0.7),
        "flash" => flash(AccessState::NonOptimized),
        "flash-symmetric" => flash(AccessState::Optimized),
        _ => return None,
    };
    Some(array)
}

fn disk(read_hit: f64) -> ArrayConfig {
    ArrayConfig {
        controller: ControllerConfig {
            latency: Shape::LogNormal {
                mean: None,
                median: Some(Ns::from_us(120)),
                sigma: Some(0.4),
                cv: None,
            }
            .into(),
            ..ControllerConfig::default()
        },
        cache: CacheConfig {
            read_hit,
            tolerance: Bytes(1 << 20),
            ..CacheConfig::default()
        },
        media: MediaConfig::Disk(DiskConfig::default()),
        ..ArrayConfig::default()
    }
}

fn flash(other: AccessState) -> ArrayConfig {
    ArrayConfig {
        controller: ControllerConfig {
            per_command: Ns::from_us(3),
            cores: 16,
            latency: Shape::LogNormal {
                mean: None,
                median: Some(Ns::from_us(60)),
                sigma: Some(0.3),
                cv: None,
            }
            .into(),
            rate: Some(BitRate(160_000_000_000)),
        },
        interconnect: LinkConfig {
            rate: Some(BitRate(100_000_000_000)),
            latency: Ns::from_us(3),
            ..LinkConfig::default()
        },
        access: AccessConfig {
            other,
            failover: Ns::from_secs(3),
            transition: Ns::from_ms(200),
            ..AccessConfig::default()
        },
        cache: CacheConfig {
            prefetch: Bytes(512 << 10),
            tolerance: Bytes(1 << 20),
            ..CacheConfig::default()
        },
        media: MediaConfig::Flash(FlashConfig::default()),
        ..ArrayConfig::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_an_array() {
        for preset in PRESETS {
            let array = find(preset.name).unwrap();
            assert_eq!(array.check(), Ok(()));
            let text = toml::to_string(&array).unwrap();
            assert_eq!(toml::from_str::<ArrayConfig>(&text).unwrap(), array);
        }
        assert!(find("tape").is_none());
    }
}
