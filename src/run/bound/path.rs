//! A path's device, as the limit sees it: what an I/O of a pool takes of everything
//! that its commands go through.

use super::load::{Class, Pool};
use super::seen::Seen;
use crate::models::array::media::MediaConfig;
use crate::models::block::Limits;
use crate::models::config::{MachineConfig, NamedDevice};
use crate::models::device::DeviceConfig;
use crate::models::device::limits::limits;
use crate::models::io::SECTOR;
use crate::models::truth::{Course, Known, Resources, course};
use crate::models::workload::fio::spec::Dir;

/// A path's device.
pub struct Path {
    /// What its commands go through.
    pub course: Course,
    /// What is drawn for an I/O that is alone, on average, ns.
    drawn_for_io: f64,
    /// And at least.
    least_drawn: f64,
    /// What its queue takes.
    limits: Limits,
    /// Bytes of the largest request that it was given.
    seen_largest: f64,
    /// Mean bytes of those, where some had merged.
    seen_mean: Option<f64>,
}

/// Bytes of a page.
const PAGE: f64 = 4096.0;

impl Path {
    /// Bytes of a request for a class at most, by all limits: sectors, and segments
    /// of which each is a part of one I/O's memory.
    fn largest(&self, pool: &Pool, class: &Class) -> f64 {
        let soft = SECTOR as f64 * f64::from(self.limits.max_sectors);
        let segment = f64::from(self.limits.max_segment_size);
        let part = match pool.contiguous {
            true => segment,
            false => PAGE.min(segment),
        };
        let bytes = class.bytes.max(512.0);
        let part = bytes / (bytes / part).ceil();
        let by_segments = part * f64::from(self.limits.max_segments);
        soft.min(by_segments).max(self.seen_largest)
    }

    /// Commands of an I/O, at least.
    fn commands(&self, pool: &Pool, class: &Class) -> f64 {
        match class.dir {
            // Neighbours of other threads may join it, up to 4 GiB.
            Dir::Trim if pool.threads > 1.0 => class.bytes / 4.3e9,
            Dir::Trim => 1.0,
            _ if pool.buffered || !pool.random => class.moved / self.largest(pool, class),
            _ => match self.seen_mean {
                Some(mean) => class.moved / mean,
                None => (class.moved / self.largest(pool, class)).max(1.0),
            },
        }
    }

    /// How long an I/O occupies resource `on`, ns: with its share of commands.
    pub fn occupies(&self, on: usize, pool: &Pool, class: &Class) -> f64 {
        let (commands, moved) = (self.commands(pool, class), class.moved);
        let steps = self.course.steps.iter().chain(&self.course.holds);
        let own = steps.filter(|step| step.on == on);
        own.map(|step| {
            let takes = step.takes[class.way()];
            commands * takes.fixed + moved * takes.per_byte
        })
        .sum()
    }

    /// How long an I/O takes that is alone, on average, ns.
    pub fn alone(&self, pool: &Pool, class: &Class) -> f64 {
        self.alone_with(self.drawn_for_io, pool, class)
    }

    /// And at least.
    pub fn alone_at_least(&self, pool: &Pool, class: &Class) -> f64 {
        self.alone_with(self.least_drawn, pool, class)
    }

    fn alone_with(&self, drawn: f64, pool: &Pool, class: &Class) -> f64 {
        if pool.buffered {
            return 0.0;
        }
        let takes = self.course.alone[class.way()];
        let fixed = (takes.fixed - self.course.drawn).max(0.0) + drawn;
        fixed + takes.per_byte * class.moved.min(self.piece(pool))
    }

    /// Bytes of a larger I/O that are in one command at least: it is cut where its
    /// pages fill the segments of a request, at a page.
    fn piece(&self, pool: &Pool) -> f64 {
        let soft = SECTOR as f64 * f64::from(self.limits.max_sectors);
        let by_pages = PAGE * f64::from(self.limits.max_segments);
        (soft.min(by_pages).min(pool.cut_at) - PAGE).max(512.0)
    }
}

/// All devices of `config`, whoever uses them.
pub fn paths(
    config: &MachineConfig,
    pools: &[Pool],
    seen: Option<&Seen>,
    resources: &mut Resources,
) -> Vec<Path> {
    let mut path = |(n, named): (usize, &NamedDevice)| {
        let drawn = seen.and_then(|seen| seen.drawn(&named.name));
        let known = Known {
            latency: drawn.map(|drawn| drawn.mean_latency()),
            media: seen.and_then(|seen| seen.mean_at_media(config, named)),
            uncached: is_uncached(config, named, pools, seen),
        };
        let course = course(config, n, known, resources);
        let issued = seen.map(|seen| seen.requests(&named.name));
        Path {
            drawn_for_io: match (drawn, seen) {
                (Some(drawn), Some(seen)) => seen.drawn_for_io(&named.name, &drawn, pools),
                _ => course.drawn,
            },
            least_drawn: drawn.map_or(0.0, |drawn| drawn.least as f64),
            limits: queue_limits(config, named, seen.is_none()),
            seen_largest: issued.map_or(0.0, |issued| issued.largest),
            seen_mean: issued.and_then(|issued| issued.merged_mean),
            course,
        }
    };
    config.devices.iter().enumerate().map(&mut path).collect()
}

/// What the queue of a device takes. Old kernels do not split: whatever a map takes
/// comes down whole, which is seen when it has run.
fn queue_limits(config: &MachineConfig, named: &NamedDevice, is_ahead: bool) -> Limits {
    let mut limits = limits(&named.device);
    let old = config.kernel.profile().single_queue;
    if let Some(facts) = &old {
        limits.be_of(facts);
    }
    if let Some(kib) = named.queue.max_sectors_kb
        && !(is_ahead && old.is_some() && !named.queue.limits_before_maps)
    {
        limits.max_sectors = kib.saturating_mul(2).min(limits.max_hw_sectors);
    }
    limits
}

/// Whether every read of the application goes to the media of the array: nothing is
/// kept in its cache, or comes to be there.
fn is_uncached(
    config: &MachineConfig,
    named: &NamedDevice,
    pools: &[Pool],
    seen: Option<&Seen>,
) -> bool {
    let DeviceConfig::Lun(_) = &named.device else {
        return false;
    };
    let only_reads = |pool: &Pool| {
        pool.random && pool.scattered && pool.classes.iter().all(|class| class.dir == Dir::Read)
    };
    let is_plain = |array: &crate::models::array::ArrayConfig| {
        let cache = &array.cache;
        let is_flash = matches!(array.media, MediaConfig::Flash(_));
        is_flash && cache.read_hit == 0.0 && cache.tolerance.0 == 0
    };
    config.san.background.is_empty()
        && config.san.arrays.iter().all(is_plain)
        && pools.iter().all(|pool| !pool.buffered && only_reads(pool))
        && seen.is_none_or(|seen| seen.joined == 0)
}
