//! Where the next I/O goes (`io_u.c:get_next_offset`, 3.33).

use super::axmap::Axmap;
use super::distribution::Skewed;
use super::rand::{Rand, Taus32};
use super::region::{self, Region};
use super::seeds;
use super::spec::{Dir, Generator, PerDir, RwSequencer, ThreadSpec};

/// No offset yet.
const NONE: u64 = u64::MAX;

/// A place for an I/O.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Bytes from the start of the device.
    pub offset: u64,
    /// Whether it was drawn, not continued.
    pub random: bool,
    /// Whether it leaves the random map alone.
    pub unmarked: bool,
}

/// A thread's source of offsets.
#[derive(Clone, Debug)]
pub struct Offsets {
    region: Region,
    random: bool,
    time_based: bool,
    generator: Generator,
    /// Blocks of a random draw, by direction.
    blocks: PerDir<f64>,
    align: PerDir<u64>,
    min_bs: PerDir<u64>,
    percentage_random: PerDir<u32>,
    seq_rand: PerDir<Taus32>,
    rand: Rand,
    skewed: Option<Skewed>,
    map: Option<Axmap>,
    /// I/Os until the next draw, of `seq_nr`.
    seq_left: u32,
    seq_nr: u32,
    seq_add: i64,
    sequencer: RwSequencer,
    last_pos: PerDir<u64>,
    last_start: PerDir<u64>,
}

impl Offsets {
    /// The source of `spec` over `region`.
    pub fn new(spec: &ThreadSpec, region: Region) -> Self {
        let random = spec.pattern.random;
        let min_bs = PerDir(Dir::ALL.map(|d| spec.sizes[d].min.max(1)));
        let align = PerDir(Dir::ALL.map(|d| match spec.sizes[d].align {
            Some(a) if random && a > 0 => a,
            _ => min_bs[d],
        }));
        let blocks = PerDir(Dir::ALL.map(|d| {
            let bytes = region
                .usable()
                .saturating_sub(min_bs[d].saturating_sub(align[d]));
            (bytes / align[d]) as f64
        }));
        let skewed = if random {
            Skewed::new(
                spec,
                region.usable(),
                spec.filename.as_deref().unwrap_or(""),
            )
        } else {
            None
        };
        let mapped = random
            && skewed.is_none()
            && !spec.norandommap
            && Dir::ALL.iter().all(|d| align[*d] == min_bs[*d]);
        Offsets {
            region,
            random,
            time_based: spec.time_based,
            generator: spec.generator,
            blocks,
            align,
            min_bs,
            percentage_random: spec.percentage_random,
            seq_rand: PerDir::all(Taus32::new(spec.seeds[seeds::SEQ_RAND])),
            rand: Rand::new(
                spec.seeds[seeds::OFFSET],
                spec.generator == Generator::Tausworthe64,
            ),
            skewed,
            map: mapped.then(|| Axmap::new(region.usable() / region::min_bs(spec))),
            seq_left: 1,
            seq_nr: spec.seq_nr.max(1),
            seq_add: spec.seq_add,
            sequencer: spec.rw_sequencer,
            last_pos: PerDir::all(region.start),
            last_start: PerDir::all(NONE),
        }
    }

    /// The generators as they were at first (`libfio.c:clear_io_state` with
    /// randrepeat).
    pub fn reseed(&mut self, spec: &ThreadSpec) {
        let many = self.region.usable() / region::min_bs(spec) > u64::from(u32::MAX);
        let wide = match self.generator {
            Generator::Auto => many,
            Generator::Tausworthe => false,
            Generator::Tausworthe64 => true,
        };
        self.rand = Rand::new(spec.seeds[seeds::OFFSET], wide);
        self.seq_rand = PerDir::all(Taus32::new(spec.seeds[seeds::SEQ_RAND]));
    }

    /// The file was opened anew: nothing was read or written
    /// (`filesetup.c:fio_file_reset`).
    pub fn reset(&mut self) {
        self.last_pos = PerDir::all(self.region.start);
        self.last_start = PerDir::all(NONE);
        if let Some(map) = &mut self.map {
            map.reset();
        }
    }

    /// The next place for `dir`; none: the file is done.
    #[inline(always)]
    pub fn next(&mut self, dir: Dir) -> Option<Place> {
        let (rel, random, unmarked) = self.next_block(dir)?;
        let offset = self.region.start.wrapping_add(rel);
        (rel < self.region.len && offset < self.region.device).then_some(Place {
            offset,
            random,
            unmarked,
        })
    }

    /// The size of the I/O at `place` is known: takes its blocks in the random
    /// map, up to the first that is taken. The bytes that are left of it.
    #[inline(always)]
    pub fn mark(&mut self, dir: Dir, place: Place, len: u64) -> u64 {
        let Some(map) = &mut self.map else {
            return len;
        };
        if place.unmarked {
            return len;
        }
        let bs = self.min_bs[dir];
        let block = (place.offset - self.region.start) / bs;
        (map.set_run(block, len.div_ceil(bs)) * bs).min(len)
    }

    /// An I/O of this direction was made.
    #[inline(always)]
    pub fn made(&mut self, dir: Dir, offset: u64, len: u64) {
        self.last_start[dir] = offset;
        self.last_pos[dir] = offset + len;
    }

    /// `io_u.c:get_next_block`: offset from the region's start, whether it is
    /// random, whether it is not marked.
    #[inline(always)]
    fn next_block(&mut self, dir: Dir) -> Option<(u64, bool, bool)> {
        self.seq_left -= 1;
        if self.seq_left > 0 {
            return self.between_draws(dir).map(|o| (o, false, true));
        }
        self.seq_left = self.seq_nr;
        if !self.random {
            return self.sequential(dir).map(|o| (o, false, false));
        }
        if self.percentage_random[dir] < 100 && !self.is_random_now(dir) {
            return self.sequential_or_drawn(dir).map(|o| (o, false, true));
        }
        self.draw(dir).map(|o| (o, true, false))
    }

    /// Whether this one is among the `percentage_random`.
    fn is_random_now(&mut self, dir: Dir) -> bool {
        self.seq_rand[dir].percent() <= self.percentage_random[dir]
    }

    #[inline(never)]
    fn sequential_or_drawn(&mut self, dir: Dir) -> Option<u64> {
        self.sequential(dir).or_else(|| self.draw(dir))
    }

    /// An offset while the postfix of `rw` counts.
    #[inline(never)]
    fn between_draws(&mut self, dir: Dir) -> Option<u64> {
        match self.sequencer {
            RwSequencer::Sequential => self.sequential_or_drawn(dir),
            RwSequencer::Identical if self.last_start[dir] == NONE => Some(0),
            RwSequencer::Identical => Some(self.last_start[dir] - self.region.start),
        }
    }

    /// `io_u.c:get_next_rand_block`.
    #[inline(always)]
    fn draw(&mut self, dir: Dir) -> Option<u64> {
        let block = match self.draw_block(dir) {
            None if self.time_based => self.draw_anew(dir)?,
            block => block?,
        };
        Some(block.wrapping_mul(self.align[dir]))
    }

    /// All blocks were drawn: they may be again.
    #[cold]
    fn draw_anew(&mut self, dir: Dir) -> Option<u64> {
        self.reset();
        self.draw_block(dir)
    }

    #[inline(always)]
    fn draw_block(&mut self, dir: Dir) -> Option<u64> {
        if let Some(skewed) = &mut self.skewed {
            return Some(skewed.draw());
        }
        let blocks = self.blocks[dir];
        if blocks == 0.0 {
            return None;
        }
        let block = self.rand.scaled(blocks);
        match &self.map {
            Some(map) if map.is_set(block) => map.next_free(block),
            _ => Some(block),
        }
    }

    /// `io_u.c:get_next_seq_offset`.
    #[inline]
    fn sequential(&mut self, dir: Dir) -> Option<u64> {
        let Region {
            start, len, device, ..
        } = self.region;
        let last = &mut self.last_pos[dir];
        if self.time_based && *last >= len.saturating_add(start) {
            *last = start;
        }
        if *last >= device {
            return None;
        }
        if self.seq_add == 0 {
            return Some(*last - start);
        }
        // Backwards: the first I/O is at the end.
        if self.seq_add < 0 && start != 0 && *last == start {
            *last = len.min(device);
        }
        let mut pos = last.wrapping_sub(start);
        if pos != 0 {
            pos = pos.wrapping_add_signed(self.seq_add);
            if pos >= device {
                pos = if self.seq_add > 0 {
                    start
                } else {
                    len.min(device).wrapping_add_signed(self.seq_add)
                };
            }
        }
        Some(pos)
    }
}
