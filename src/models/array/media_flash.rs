//! Flash: channels that work side by side, each on one command at a time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::media::Raid;
use crate::sim::calendar::Calendar;
use crate::sim::dist::{DistError, Distribution, Sampler};
use crate::sim::draw::{Draws, Purpose};
use crate::sim::time::Ns;
use crate::sim::units::{BitRate, Bytes};

/// A pool of flash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FlashConfig {
    /// Channels of all drives together, 1 to 4096. Default: 96.
    pub channels: u16,
    /// Time to read a page, by its place. Default: 80 µs.
    pub read: Distribution,
    /// Time to program a page. Default: 400 µs.
    pub program: Distribution,
    /// Rate of a channel. Default: 6.4 Gbit/s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<BitRate>,
    /// Data on one channel before the next goes on, at least 4 KiB.
    /// Default: 16 KiB.
    pub chunk: Bytes,
    /// How data are protected. Default: none; flash arrays write whole stripes
    /// of their own making.
    pub raid: Raid,
}

impl Default for FlashConfig {
    fn default() -> Self {
        FlashConfig {
            channels: 96,
            read: Ns::from_us(80).into(),
            program: Ns::from_us(400).into(),
            rate: Some(BitRate(6_400_000_000)),
            chunk: Bytes(16 << 10),
            raid: Raid::None,
        }
    }
}

/// Flash at work.
#[derive(Clone, Debug)]
pub struct Flash {
    read: Sampler,
    program: Sampler,
    rate: Option<BitRate>,
    channels: Vec<Calendar>,
}

impl Flash {
    /// The flash of `config`.
    ///
    /// # Errors
    /// A distribution that is none.
    pub fn new(config: &FlashConfig) -> Result<Self, DistError> {
        Ok(Flash {
            read: config.read.sampler()?,
            program: config.program.sampler()?,
            rate: config.rate,
            channels: vec![Calendar::default(); usize::from(config.channels.max(1))],
        })
    }

    /// A command for `sectors` from `sector` of `channel` on arrives at `at`:
    /// when it ends.
    pub fn access(
        &mut self,
        (now, at): (Ns, Ns),
        channel: usize,
        (sector, sectors): (u64, u64),
        write: bool,
        draws: Draws,
    ) -> Ns {
        let law = if write { &self.program } else { &self.read };
        let cell = match law.as_constant() {
            Some(cell) => cell,
            None => {
                let place = sector << 1 | u64::from(write);
                law.sample(&mut draws.key(Purpose::Cell, [channel as u64, place]))
            }
        };
        let moves = self
            .rate
            .map_or(Ns::ZERO, |r| r.transfer_time(sectors * 512));
        let takes = cell.saturating_add(moves);
        let Some(calendar) = self.channels.get_mut(channel) else {
            return at.saturating_add(takes);
        };
        calendar.book(now, at, takes).saturating_add(takes)
    }
}
