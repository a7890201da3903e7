//! Arrays from the shelf.
//!
//! None is a product, and most figures are assumptions: vendors publish what an array
//! does, not what its parts take.
//!
//! | figure | where it is from |
//! |---|---|
//! | 10000 turns a minute, 3 ms half a turn | 2.5" SAS disks such as Seagate Savvio 10K.5 (product manual 100628561, "Performance characteristics"); half a turn is arithmetic |
//! | seeks of 0.4 to 7.5 ms (4.2 ms on average), 1 MiB a track (175 MB/s), 600 GB | assumptions, in the range of such disks |
//! | flash: 80 µs to read a page | TLC with ONFI 4.0: CAES UT81NDQ512G8T, data sheet of 11/22, first page: single-plane READ PAGE 74 µs typically, multi-plane 88 µs |
//! | flash: 400 µs to program | an assumption: a drive programs several planes, and first in single-level cells; that data sheet has 1900 µs for a page in three-level cells |
//! | flash: 800 MB/s a channel | ONFI 4.0, NV-DDR3: 800 MT/s of a byte each |
//! | 24 disks, 96 channels, chunks, RAID 5 | assumptions |
//! | cache: 1 of 10 random reads of `disk`, 7 of 10 of `hybrid`; 4 GiB of writes, destaged after 1 s; prefetch of 1 MiB, 512 KiB; tolerance | assumptions |
//! | controllers: 5 µs on 4 cores, 3 µs on 16 (0.8 and 5.3 million commands a second); 120 µs and 60 µs of firmware, log-normal; 160 Gbit/s | assumptions, so that caches and not cores decide in the array of disks |
//! | interconnect of 64 and 100 Gbit/s, 5 and 3 µs | assumptions: PCIe 3.0 x8, 100 Gbit/s Ethernet |
//! | failover in 5 and 3 s, transition in 500 and 200 ms | assumptions |
//! | 1024 commands a LUN, 2048 a port | assumptions |

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
