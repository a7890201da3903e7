//! Where data are kept: units side by side, chunk by chunk in turn, with
//! parity or copies.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::media_disk::{Disk, DiskConfig, Geometry};
use super::media_flash::{Flash, FlashConfig};
use crate::sim::dist::DistError;
use crate::sim::draw::Draws;
use crate::sim::time::Ns;

/// Where data are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MediaConfig {
    /// Nowhere: everything takes no time.
    #[default]
    None,
    /// On disks.
    Disk(DiskConfig),
    /// In flash.
    Flash(FlashConfig),
}

/// How data are protected.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Raid {
    /// Not, or at no cost.
    #[default]
    None,
    /// Two copies.
    Mirror,
    /// One parity: a write of part of a stripe reads old data and parity and
    /// writes both.
    Raid5,
    /// Two parities.
    Raid6,
}

impl Raid {
    /// Units of a stripe that hold no data of their own.
    pub fn redundancy(self) -> u64 {
        match self {
            Raid::None => 0,
            Raid::Mirror | Raid::Raid5 => 1,
            Raid::Raid6 => 2,
        }
    }
}

/// Media at work.
#[derive(Clone, Debug)]
pub struct Media {
    kind: Kind,
    /// Sectors of a chunk.
    chunk: u64,
    units: u64,
    raid: Raid,
}

#[derive(Clone, Debug)]
enum Kind {
    None,
    Disk(Geometry, Vec<Disk>),
    Flash(Flash),
}

/// A range of sectors.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// First sector.
    pub from: u64,
    /// The sector behind the last.
    pub to: u64,
}

impl Media {
    /// The media of `config`.
    ///
    /// # Errors
    /// A distribution that is none.
    pub fn new(config: &MediaConfig) -> Result<Self, DistError> {
        let (kind, chunk, units, raid) = match config {
            MediaConfig::None => (Kind::None, 128, 1, Raid::None),
            MediaConfig::Disk(c) => {
                let disks = vec![Disk::default(); usize::from(c.disks.max(1))];
                let kind = Kind::Disk(Geometry::new(c), disks);
                (kind, c.chunk.0 / 512, c.disks, c.raid)
            }
            MediaConfig::Flash(c) => {
                let kind = Kind::Flash(Flash::new(c)?);
                (kind, c.chunk.0 / 512, c.channels, c.raid)
            }
        };
        Ok(Media {
            kind,
            chunk: chunk.max(1),
            units: u64::from(units.max(1)),
            raid,
        })
    }

    /// Sectors of data in a stripe: what can be written without reading.
    pub fn stripe(&self) -> u64 {
        let data = match self.raid {
            Raid::Mirror | Raid::None => 1,
            Raid::Raid5 | Raid::Raid6 => {
                // Groups of at most eight, as is usual.
                self.units
                    .min(8)
                    .saturating_sub(self.raid.redundancy())
                    .max(1)
            }
        };
        data * self.chunk
    }

    /// Reads `range`, from `at` on: when all of it is there.
    pub fn read(&mut self, now: Ns, at: Ns, range: Range, draws: Draws) -> Ns {
        self.access((now, at), range, 0, false, draws)
    }

    /// Writes `range`: when all of it is safe. Whole stripes are written with
    /// their parity; parts of one cost reads first.
    pub fn write(&mut self, now: Ns, at: Ns, range: Range, draws: Draws) -> Ns {
        let stripe = self.stripe();
        let is_whole = range.from.is_multiple_of(stripe) && range.to.is_multiple_of(stripe);
        let mut ready = at;
        let copies = self.raid.redundancy();
        if !is_whole && matches!(self.raid, Raid::Raid5 | Raid::Raid6) {
            for copy in 0..=copies {
                let end = self.access((now, at), range, copy, false, draws);
                ready = ready.max(end);
            }
        }
        let mut done = ready;
        for copy in 0..=copies {
            let end = if copy > 0 && is_whole && self.raid != Raid::Mirror {
                self.write_parity((now, ready), range, copy, draws)
            } else {
                self.access((now, ready), range, copy, true, draws)
            };
            done = done.max(end);
        }
        done
    }

    /// Writes a chunk of parity for every stripe of `range`, behind its data.
    fn write_parity(&mut self, at: (Ns, Ns), range: Range, copy: u64, draws: Draws) -> Ns {
        let stripe = self.stripe();
        let behind = stripe / self.chunk + copy - 1;
        let mut done = at.1;
        let mut from = range.from;
        while from < range.to {
            let to = from + self.chunk;
            done = done.max(self.access(at, Range { from, to }, behind, true, draws));
            from += stripe;
        }
        done
    }

    /// Does something with all chunks of `range`, on units `shift` further:
    /// there are the copies and the parity.
    fn access(
        &mut self,
        (now, at): (Ns, Ns),
        range: Range,
        shift: u64,
        write: bool,
        draws: Draws,
    ) -> Ns {
        if let Kind::None = self.kind {
            return at;
        }
        let (mut sector, mut done) = (range.from, at);
        while sector < range.to {
            let chunk = sector / self.chunk;
            let end = range.to.min((chunk + 1) * self.chunk);
            let unit = ((chunk + shift) % self.units) as usize;
            let place = chunk / self.units * self.chunk + sector % self.chunk;
            let sectors = end - sector;
            let over = match &mut self.kind {
                Kind::None => at,
                Kind::Disk(geometry, disks) => {
                    disks[unit].access(geometry, at, place, sectors, write)
                }
                Kind::Flash(flash) => flash.access((now, at), unit, (place, sectors), write, draws),
            };
            done = done.max(over);
            sector = end;
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::units::Bytes;

    fn flash(raid: Raid) -> Media {
        Media::new(&MediaConfig::Flash(FlashConfig {
            channels: 8,
            read: Ns(80).into(),
            program: Ns(400).into(),
            rate: None,
            chunk: Bytes(16 << 10),
            raid,
        }))
        .unwrap()
    }
    fn range(from: u64, to: u64) -> Range {
        Range { from, to }
    }
    const D: Draws = Draws::new(1);

    #[test]
    fn chunks_are_read_side_by_side() {
        let mut m = flash(Raid::None);
        assert_eq!(m.read(Ns(0), Ns(0), range(0, 8 * 32), D), Ns(80));
        assert_eq!(m.read(Ns(0), Ns(0), range(0, 8), D), Ns(160));
        assert_eq!(m.read(Ns(0), Ns(0), range(28, 36), D), Ns(240));
    }

    #[test]
    fn part_of_a_stripe_costs_reads_first() {
        // 7 chunks of data and one of parity.
        assert_eq!(flash(Raid::Raid5).stripe(), 7 * 32);
        let written = |raid, to| flash(raid).write(Ns(0), Ns(0), range(0, to), D);
        assert_eq!(written(Raid::Raid5, 7 * 32), Ns(400));
        assert_eq!(written(Raid::Raid5, 8), Ns(480));
        assert_eq!(written(Raid::None, 8), Ns(400));
        assert_eq!(written(Raid::Mirror, 8), Ns(400));
        let mut m = flash(Raid::Mirror);
        m.write(Ns(0), Ns(0), range(0, 8), D);
        assert_eq!(m.read(Ns(0), Ns(0), range(32, 40), D), Ns(480));
    }

    #[test]
    fn nothing_takes_no_time() {
        let mut m = Media::new(&MediaConfig::None).unwrap();
        assert_eq!(m.write(Ns(0), Ns(7), range(0, 1 << 40), D), Ns(7));
    }
}
