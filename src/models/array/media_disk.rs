//! Rotating disks: a command seeks, waits for its sector to come by, and
//! transfers; one after the other.
//!
//! Where a platter stands at a time is known, so nothing is drawn: what is
//! random about a random read is its place.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::media::Raid;
use crate::sim::time::Ns;
use crate::sim::units::{Bytes, as_text};

/// A pool of equal disks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DiskConfig {
    /// Disks, 1 to 4096. Default: 24.
    pub disks: u16,
    /// Capacity of a disk, at least 1 GiB. Default: 600 GB.
    pub size: Bytes,
    /// Turns a minute, 1000 to 100000. Default: 10000.
    pub rpm: u32,
    /// Seek to the next track. Default: 0.4 ms.
    #[serde(serialize_with = "as_text")]
    pub seek_min: Ns,
    /// Seek over the whole disk; at most 1 s. A random seek takes
    /// 8/15 of the way from the shortest to this. Default: 7.5 ms.
    #[serde(serialize_with = "as_text")]
    pub seek_max: Ns,
    /// Data on a track: a turn reads them. At least 4 KiB. Default: 1 MiB.
    pub track: Bytes,
    /// Data on one disk before the next goes on, at least 4 KiB.
    /// Default: 256 KiB.
    pub chunk: Bytes,
    /// How data are protected. Default: RAID 5.
    pub raid: Raid,
}

impl Default for DiskConfig {
    fn default() -> Self {
        DiskConfig {
            disks: 24,
            size: Bytes(600_000_000_000),
            rpm: 10_000,
            seek_min: Ns::from_us(400),
            seek_max: Ns::from_us(7_500),
            track: Bytes(1 << 20),
            chunk: Bytes(256 << 10),
            raid: Raid::Raid5,
        }
    }
}

/// A disk at work.
#[derive(Copy, Clone, Debug, Default)]
pub struct Disk {
    /// Where its head is: the sector behind the last one.
    head: u64,
    free_at: Ns,
}

/// What all disks of a pool have in common.
#[derive(Copy, Clone, Debug)]
pub struct Geometry {
    /// Time of a turn.
    turn: Ns,
    track: u64,
    sectors: u64,
    seek_min: Ns,
    seek_max: Ns,
}

impl Geometry {
    /// That of `config`.
    pub fn new(config: &DiskConfig) -> Self {
        Geometry {
            turn: Ns(60_000_000_000 / u64::from(config.rpm.max(1))),
            track: (config.track.0 / 512).max(1),
            sectors: (config.size.0 / 512).max(1),
            seek_min: config.seek_min,
            seek_max: config.seek_max.max(config.seek_min),
        }
    }

    fn seek(&self, from: u64, to: u64) -> Ns {
        let tracks = (from / self.track).abs_diff(to / self.track);
        if tracks == 0 {
            return Ns::ZERO;
        }
        let all = (self.sectors / self.track).max(1);
        let way = libm::sqrt((tracks as f64 / all as f64).min(1.0));
        let range = (self.seek_max.0 - self.seek_min.0) as f64;
        Ns(self.seek_min.0 + libm::round(range * way) as u64)
    }

    /// How long `sectors` pass under the head.
    fn pass(&self, sectors: u64) -> Ns {
        let ns = u128::from(sectors) * u128::from(self.turn.0) / u128::from(self.track);
        Ns(u64::try_from(ns).unwrap_or(u64::MAX))
    }

    /// How long after `t` sector `to` comes by.
    fn comes_by(&self, t: Ns, to: u64) -> Ns {
        let angle = self.pass(to % self.track).0;
        let turn = self.turn.0.max(1);
        Ns((angle + turn - t.0 % turn) % turn)
    }
}

impl Disk {
    /// A command for `sectors` from `sector` on arrives at `at`: when it ends.
    pub fn access(&mut self, g: &Geometry, at: Ns, sector: u64, sectors: u64, write: bool) -> Ns {
        let begin = at.max(self.free_at);
        // Its own read-ahead has what follows; what is written next comes by
        // at once only if it is there in time.
        let goes_on = sector == self.head && (!write || begin == self.free_at);
        let positioned = if goes_on {
            begin
        } else {
            let there = begin.saturating_add(g.seek(self.head, sector));
            there.saturating_add(g.comes_by(there, sector))
        };
        self.head = sector.saturating_add(sectors);
        self.free_at = positioned.saturating_add(g.pass(sectors));
        self.free_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::draw::{Draws, Purpose};

    #[test]
    fn a_stream_runs_at_the_rate_of_the_platter() {
        let config = DiskConfig::default();
        let (g, mut disk) = (Geometry::new(&config), Disk::default());
        let first = disk.access(&g, Ns(0), 0, 128, false);
        let mut end = first;
        for k in 1..=16 {
            end = disk.access(&g, Ns(0), k * 128, 128, false);
        }
        // 1 MiB in the 6 ms of a turn.
        assert_eq!(end - first, Ns::from_ms(6));
    }

    #[test]
    fn a_random_read_takes_a_mean_seek_and_half_a_turn() {
        let config = DiskConfig::default();
        let (g, mut disk) = (Geometry::new(&config), Disk::default());
        let (mut now, n) = (Ns::ZERO, 100_000u64);
        for k in 0..n {
            let u = Draws::new(5).key(Purpose::Workload, [k, 0]).unit();
            let sector = (u * g.sectors as f64) as u64;
            now = disk.access(&g, now, sector, 8, false);
        }
        let mean = now.0 as f64 / n as f64;
        let seek = 400e3 + 7_100e3 * 8.0 / 15.0;
        let theory = seek + 3e6 + 6e6 * 8.0 / 2048.0;
        assert!((mean / theory - 1.0).abs() < 0.01, "{mean} {theory}");
    }

    #[test]
    fn a_late_write_waits_for_a_turn_and_a_late_read_does_not() {
        let (g, mut disk) = (Geometry::new(&DiskConfig::default()), Disk::default());
        let end = disk.access(&g, Ns(0), 0, 8, true);
        let late = Ns(end.0 + 1000);
        let mut other = disk;
        let written = disk.access(&g, late, 8, 8, true);
        assert!(written > Ns(end.0 + 6_000_000));
        assert_eq!(other.access(&g, late, 8, 8, false), Ns(late.0 + 23_437));
    }
}
