//! The cache in front of the media: hits of random reads, read-ahead of
//! sequential ones, and writes that are safe before they are on the media.

use std::collections::{BTreeMap, VecDeque};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::media::{Media, Range};
use super::sequential::Detector;
use crate::sim::draw::{Draws, Purpose};
use crate::sim::time::Ns;
use crate::sim::units::{Bytes, as_text};

/// Who watches for sequential streams.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The array, for a LUN: whatever ports a stream comes through, it is one.
    #[default]
    Lun,
    /// Each controller, of what comes to it.
    Controller,
    /// Each port, of what comes to it: a stream that is spread over ports may
    /// look like none.
    Port,
}

/// A cache.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CacheConfig {
    /// Share of a LUN's lines that are in the cache for random reads, 0 to 1.
    /// Default: 0.
    pub read_hit: f64,
    /// Unit of that, at least 4 KiB. Default: 64 KiB.
    pub line: Bytes,
    /// What the media have not yet got of what was written; 0 = writes wait
    /// for the media. Default: 4 GiB.
    pub write_back: Bytes,
    /// So old is data when it is written to the media. Until then, what is
    /// written beside or over it joins it. Default: 1 s.
    #[serde(serialize_with = "as_text")]
    pub destage_after: Ns,
    /// Whether writes are copied to another controller's cache first.
    /// Default: true.
    pub mirror: bool,
    /// How much of a sequential stream is fetched ahead; 0 = nothing.
    /// Default: 1 MiB.
    pub prefetch: Bytes,
    /// Reads that make a stream, at least 2. Default: 3.
    pub sequential_after: u32,
    /// How far from where a stream went on a read may begin and still belong
    /// to it. Default: 0.
    pub tolerance: Bytes,
    /// Who watches for streams. Default: the array, for each LUN.
    pub sequential_scope: Scope,
}

impl Default for CacheConfig {
    fn default() -> Self {
        CacheConfig {
            read_hit: 0.0,
            line: Bytes(64 << 10),
            write_back: Bytes(4 << 30),
            destage_after: Ns::from_secs(1),
            mirror: true,
            prefetch: Bytes(1 << 20),
            sequential_after: 3,
            tolerance: Bytes(0),
            sequential_scope: Scope::Lun,
        }
    }
}

/// A cache at work, over its media.
#[derive(Clone, Debug)]
pub struct Cache {
    read_hit: f64,
    line: u64,
    capacity: u64,
    destage_after: Ns,
    prefetch: u64,
    sequential_after: u32,
    tolerance: u64,
    media: Media,
    /// Stripes with data that the media have not.
    dirty: BTreeMap<u64, Dirty>,
    /// These, oldest first, and since when; a stripe may be gone.
    order: VecDeque<(u64, Ns)>,
    dirty_sectors: u64,
    /// What is being written to the media: until when, and sectors.
    leaving: BTreeMap<(Ns, u64), u64>,
    leaving_sectors: u64,
    writes: u64,
}

#[derive(Copy, Clone, Debug)]
struct Dirty {
    range: Range,
    since: Ns,
}

/// When something is asked of a cache: the clock, and when the command gets
/// there.
pub type When = (Ns, Ns);

impl Cache {
    /// The cache of `config` over `media`.
    pub fn new(config: &CacheConfig, media: Media) -> Self {
        Cache {
            read_hit: config.read_hit,
            line: (config.line.0 / 512).max(1),
            capacity: config.write_back.0 / 512,
            destage_after: config.destage_after,
            prefetch: config.prefetch.0 / 512,
            sequential_after: config.sequential_after.max(2),
            tolerance: config.tolerance.0 / 512,
            media,
            dirty: BTreeMap::new(),
            order: VecDeque::new(),
            dirty_sectors: 0,
            leaving: BTreeMap::new(),
            leaving_sectors: 0,
            writes: 0,
        }
    }

    /// Sectors that the media have not got.
    pub fn dirty_sectors(&self) -> u64 {
        self.dirty_sectors
    }

    /// Reads `range`: when all of it is in the cache. `detector` is who watches
    /// for streams.
    pub fn read(&mut self, when: When, range: Range, detector: &mut Detector, draws: Draws) -> Ns {
        self.destage_old(when, draws);
        let (now, at) = when;
        let stream = detector.see(range.from, range.to, self.tolerance);
        if self.prefetch > 0 && stream.run >= self.sequential_after {
            let fetched = stream.fetched_to();
            let is_near = stream.has(range.from) || fetched == range.from;
            let from = if is_near { fetched } else { range.from };
            if from < range.to + self.prefetch / 2 {
                let to = range.to + self.prefetch;
                let ahead = Range { from, to };
                let ready = self.media.read(now, at, ahead, draws);
                stream.fetched(from, to, ready);
            }
            return stream.ready(range.from, range.to).max(at);
        }
        match self.missed(range, draws) {
            Some(missed) => self.media.read(now, at, missed, draws),
            None => at,
        }
    }

    /// What of `range` is not in the cache, as one piece.
    fn missed(&self, range: Range, draws: Draws) -> Option<Range> {
        let is_missed = |line: &u64| {
            let hit = self.read_hit > 0.0
                && draws
                    .key(Purpose::CacheHit, [*line, self.line])
                    .chance(self.read_hit);
            !hit && !self.is_dirty(*line * self.line)
        };
        let lines = || range.from / self.line..range.to.div_ceil(self.line);
        let first = lines().find(is_missed)?;
        let last = lines().rev().find(is_missed)?;
        Some(Range {
            from: range.from.max(first * self.line),
            to: range.to.min((last + 1) * self.line),
        })
    }

    /// Whether the line at `sector` was written and is still here.
    fn is_dirty(&self, sector: u64) -> bool {
        if self.dirty.is_empty() {
            return false;
        }
        let line = Range {
            from: sector,
            to: sector + self.line,
        };
        let stripe = self.dirty.get(&(sector / self.media.stripe()));
        stripe.is_some_and(|d| d.range.from <= line.from && line.to <= d.range.to)
    }

    /// Writes `range`: when it is safe.
    pub fn write(&mut self, when: When, range: Range, draws: Draws) -> Ns {
        let (now, at) = when;
        if self.capacity == 0 {
            return self.media.write(now, at, range, draws);
        }
        self.destage_old(when, draws);
        let stripe = self.media.stripe();
        let (mut from, mut safe) = (range.from, at);
        while from < range.to {
            let n = from / stripe;
            let to = range.to.min((n + 1) * stripe);
            safe = safe.max(self.write_part((now, safe), n, Range { from, to }, draws));
            from = to;
        }
        safe
    }

    /// Writes a part of stripe `n`.
    fn write_part(&mut self, when: When, n: u64, part: Range, draws: Draws) -> Ns {
        let (now, at) = when;
        let stripe = self.media.stripe();
        if let Some(dirty) = self.dirty.get_mut(&n) {
            let touches = part.from <= dirty.range.to && dirty.range.from <= part.to;
            if touches {
                let joined = Range {
                    from: dirty.range.from.min(part.from),
                    to: dirty.range.to.max(part.to),
                };
                let more = (joined.to - joined.from) - (dirty.range.to - dirty.range.from);
                dirty.range = joined;
                self.dirty_sectors += more;
                if joined.to - joined.from == stripe {
                    self.destage(when, n, draws);
                }
                return self.make_room(when, draws);
            }
            self.destage(when, n, draws);
        }
        let at = self.make_room((now, at), draws);
        self.dirty_sectors += part.to - part.from;
        self.dirty.insert(
            n,
            Dirty {
                range: part,
                since: at,
            },
        );
        self.order.push_back((n, at));
        if part.to - part.from == stripe {
            self.destage((now, at), n, draws);
        }
        at
    }

    /// When there is room for more.
    fn make_room(&mut self, (now, mut at): When, draws: Draws) -> Ns {
        loop {
            while let Some((&(until, key), &sectors)) = self.leaving.first_key_value() {
                if until > at {
                    break;
                }
                self.leaving.remove(&(until, key));
                self.leaving_sectors -= sectors;
            }
            if self.dirty_sectors + self.leaving_sectors < self.capacity {
                // Early enough, so that nobody waits as long as the media keep up.
                if self.dirty_sectors > self.capacity / 2 {
                    self.destage_oldest((now, at), draws);
                }
                return at;
            }
            let first = self.leaving.first_key_value();
            match first.map(|(&(until, _), _)| until) {
                Some(until) => at = at.max(until),
                None if self.destage_oldest((now, at), draws) => {}
                None => return at,
            }
        }
    }

    /// Writes what is old enough to the media.
    fn destage_old(&mut self, when: When, draws: Draws) {
        while let Some(&(n, since)) = self.order.front() {
            if since.saturating_add(self.destage_after) > when.1 {
                return;
            }
            self.order.pop_front();
            if self.dirty.get(&n).is_some_and(|d| d.since == since) {
                self.destage(when, n, draws);
            }
        }
    }

    /// Whether there was anything.
    fn destage_oldest(&mut self, when: When, draws: Draws) -> bool {
        while let Some((n, since)) = self.order.pop_front() {
            if self.dirty.get(&n).is_some_and(|d| d.since == since) {
                self.destage(when, n, draws);
                return true;
            }
        }
        false
    }

    fn destage(&mut self, (now, at): When, n: u64, draws: Draws) {
        if let Some(dirty) = self.dirty.remove(&n) {
            let sectors = dirty.range.to - dirty.range.from;
            let until = self.media.write(now, at, dirty.range, draws);
            self.writes += 1;
            self.leaving.insert((until, self.writes), sectors);
            self.dirty_sectors -= sectors;
            self.leaving_sectors += sectors;
        }
    }

    /// Times that something was written to the media behind the cache.
    pub fn destages(&self) -> u64 {
        self.writes
    }
}

#[cfg(test)]
mod tests;
