//! What the jobs ask for: pools of I/Os that may replace each other.

use super::cached;
use super::offered::Cap;
use super::reach::Reach;
use super::seen::Seen;
use crate::models::config::MachineConfig;
use crate::models::machine::ThreadConfig;
use crate::models::workload::app::buffers::contiguous_slots;
use crate::models::workload::fio::ThreadSpec;
use crate::models::workload::fio::spec::{Amount, Dir, Engine, PerDir, ThinktimeBlocksType};
use crate::run::outcome::{DirOutcome, JobOutcome};
use crate::sim::Ns;

/// I/Os of one direction and size.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Class {
    /// Which way.
    pub dir: Dir,
    /// Bytes of one.
    pub bytes: f64,
    /// Bytes of it that its devices move: less than all through the page cache.
    pub moved: f64,
    /// Its share of the I/Os of its pool.
    pub share: f64,
}

impl Class {
    /// Its place among a read and a write.
    pub fn way(&self) -> usize {
        usize::from(self.dir != Dir::Read)
    }
}

/// Jobs on the same devices whose I/Os come in a given mix. What is limited by a rate
/// is apart from what is not: it can be at its limit while others are not at theirs.
#[derive(Clone, Debug)]
pub struct Pool {
    /// Devices that they can use, by number.
    pub paths: Vec<usize>,
    /// Their I/Os. Sizes between two extremes are as much of both.
    pub classes: Vec<Class>,
    /// I/Os in flight at most; none where the kernel reads ahead and writes back.
    pub in_flight: Option<f64>,
    /// Threads.
    pub threads: f64,
    /// What they offer at most.
    pub offered: Vec<Cap>,
    /// Time that a thread with one I/O in flight pauses, an I/O, ns.
    pub pause: f64,
    /// Whether neighbours are seldom there to merge.
    pub random: bool,
    /// Whether so seldom that no array takes them for a stream.
    pub scattered: bool,
    /// Whether buffers are contiguous in memory, some of them.
    pub contiguous: bool,
    /// Whether they go through the page cache.
    pub buffered: bool,
    /// Bytes at which a map cuts what it is given.
    pub cut_at: f64,
    /// Their part of all I/Os of the run.
    pub part: f64,
    /// Its threads, by number.
    pub members: Vec<usize>,
}

impl Pool {
    /// Share of its I/Os that go in the direction `dir`.
    pub fn share_of(&self, dir: Dir) -> f64 {
        let own = self.classes.iter().filter(|class| class.dir == dir);
        own.map(|class| class.share).sum()
    }
    /// Mean bytes of those.
    pub fn mean_of(&self, dir: Dir) -> f64 {
        let own = self.classes.iter().filter(|class| class.dir == dir);
        let bytes: f64 = own.map(|class| class.share * class.bytes).sum();
        bytes / self.share_of(dir).max(f64::MIN_POSITIVE)
    }
}

/// What threads of a pool have in common.
#[derive(Clone, PartialEq)]
struct Kind {
    paths: Vec<usize>,
    buffered: bool,
    limited: [bool; 3],
    think: Option<(Ns, u64, ThinktimeBlocksType, bool)>,
}

impl Kind {
    fn of(spec: &ThreadSpec, reach: &Reach) -> Self {
        let thinks = spec.thinktime > Ns::ZERO;
        Kind {
            paths: reach.of(spec),
            buffered: !spec.direct,
            limited: Dir::ALL.map(|dir| spec.rate[dir] > 0 || spec.rate_iops[dir] > 0),
            think: thinks.then_some((
                spec.thinktime,
                spec.thinktime_blocks.max(1),
                spec.thinktime_blocks_type,
                depth(spec) == 1.0,
            )),
        }
    }
}

/// The pools of `threads`; of a run that is over those that did anything.
pub fn pools(config: &MachineConfig, threads: &[ThreadConfig], seen: Option<&Seen>) -> Vec<Pool> {
    let reach = Reach::new(config, seen);
    let mut kinds: Vec<(Kind, Vec<usize>)> = Vec::new();
    for (n, thread) in threads.iter().enumerate() {
        let kind = Kind::of(&thread.spec, &reach);
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, members)) => members.push(n),
            None => kinds.push((kind, vec![n])),
        }
    }
    let pools = kinds.into_iter().map(|(kind, members)| {
        let mut pool = asked(&kind, members, threads);
        pool.cut_at = cut_at(config);
        if let Some(seen) = seen {
            done(&mut pool, threads, seen);
        }
        pool
    });
    let mut pools: Vec<Pool> = pools.filter(|pool| !pool.classes.is_empty()).collect();
    if let Some(seen) = seen {
        through_the_cache(config, &mut pools, seen);
    }
    pools
}

/// What `members` ask for, in the mix that their options name.
fn asked(kind: &Kind, members: Vec<usize>, threads: &[ThreadConfig]) -> Pool {
    let specs: Vec<&ThreadSpec> = members.iter().map(|n| &threads[*n].spec).collect();
    let in_flight: f64 = specs.iter().map(|spec| depth(spec)).sum();
    let classes = specs.iter().flat_map(|spec| {
        let part = depth(spec) / in_flight;
        nominal(spec).into_iter().map(move |class| Class {
            share: class.share * part,
            ..class
        })
    });
    Pool {
        paths: kind.paths.clone(),
        classes: classes.collect(),
        in_flight: (!kind.buffered).then_some(in_flight),
        threads: specs.len() as f64,
        offered: Vec::new(),
        pause: match kind.think {
            Some((think, blocks, _, true)) => sure(think) / blocks as f64,
            _ => 0.0,
        },
        random: specs.iter().all(|spec| spec.pattern.random)
            && members.iter().all(|n| threads[*n].iolog.is_none()),
        scattered: specs.iter().all(|spec| is_scattered(spec)),
        contiguous: specs.iter().any(|spec| !contiguous_slots(spec).is_empty()),
        buffered: kind.buffered,
        cut_at: f64::INFINITY,
        part: 1.0,
        members,
    }
}

/// A pause that is certain: fio counts in µs.
pub fn sure(think: Ns) -> f64 {
    ((think.0 / 1000).saturating_sub(1) * 1000) as f64
}

/// I/Os that a thread has in flight at most.
pub fn depth(spec: &ThreadSpec) -> f64 {
    match spec.engine {
        Engine::Psync => 1.0,
        _ => f64::from(spec.iodepth),
    }
}

/// Whether its I/Os are so far apart that hardly three in a row are neighbours.
fn is_scattered(spec: &ThreadSpec) -> bool {
    let blocks = match spec.size {
        Some(Amount::Bytes(bytes)) => bytes / spec.sizes[Dir::Read].max.max(1),
        _ => u64::MAX,
    };
    spec.pattern.random && spec.seq_nr == 1 && blocks >= 10_000
}

fn used(spec: &ThreadSpec) -> impl Iterator<Item = Dir> {
    let pattern = spec.pattern;
    let used = [
        (Dir::Read, pattern.read),
        (Dir::Write, pattern.write),
        (Dir::Trim, pattern.trim),
    ];
    used.into_iter()
        .filter_map(|(dir, used)| used.then_some(dir))
}

/// The I/Os of `spec` in the mix of its options.
fn nominal(spec: &ThreadSpec) -> Vec<Class> {
    let all: Vec<Dir> = used(spec).collect();
    let classes = all.iter().flat_map(|dir| {
        let share = match (all.len(), dir) {
            (2, Dir::Read) => f64::from(spec.rwmix_read) / 100.0,
            (2, Dir::Write) if all.contains(&Dir::Read) => 1.0 - f64::from(spec.rwmix_read) / 100.0,
            (n, _) => 1.0 / n as f64,
        };
        let sizes = &spec.sizes[*dir];
        let split: f64 = sizes.split.iter().map(|s| f64::from(s.percent)).sum();
        let sizes: Vec<(f64, f64)> = match split > 0.0 {
            true => {
                let entries = sizes.split.iter();
                entries
                    .map(|s| (s.bs as f64, f64::from(s.percent) / split))
                    .collect()
            }
            false if sizes.min == sizes.max => vec![(sizes.min as f64, 1.0)],
            false => vec![(sizes.min as f64, 0.5), (sizes.max as f64, 0.5)],
        };
        let class = move |(bytes, part)| class(*dir, bytes, share * part);
        sizes.into_iter().map(class)
    });
    classes.filter(|class| class.share > 0.0).collect()
}

fn class(dir: Dir, bytes: f64, share: f64) -> Class {
    Class {
        dir,
        bytes,
        moved: if dir == Dir::Trim { 0.0 } else { bytes },
        share,
    }
}

/// The mix that the pool did in the run. What is between the least and the most of a
/// direction does as much as so many of both: what is taken of resources grows evenly
/// with size, and what it takes alone does at most.
fn done(pool: &mut Pool, threads: &[ThreadConfig], seen: &Seen) {
    let jobs = jobs_of(pool, threads, &seen.outcome.jobs);
    let total: u64 = jobs
        .iter()
        .flat_map(|job| Dir::ALL.map(|d| ios(job, d)))
        .sum();
    let mut classes = Vec::new();
    for dir in Dir::ALL {
        let count: u64 = jobs.iter().map(|job| ios(job, dir)).sum();
        if count == 0 {
            continue;
        }
        let bytes: u64 = jobs.iter().map(|job| bytes(job, dir)).sum();
        let share = count as f64 / total as f64;
        let (least, most) = extremes(pool, threads, dir);
        // Of I/Os that failed no bytes are counted.
        let mean = (bytes as f64 / count as f64).min(most).max(least);
        if most <= least {
            classes.push(class(dir, mean, share));
            continue;
        }
        let large = (mean - least) / (most - least);
        classes.push(class(dir, least, share * (1.0 - large)));
        classes.push(class(dir, most, share * large));
    }
    classes.retain(|class| class.share > 0.0);
    pool.classes = classes;
    pool.part = total as f64 / issued(&seen.outcome.jobs).max(1) as f64;
}

fn issued(jobs: &[JobOutcome]) -> u64 {
    jobs.iter()
        .flat_map(|job| Dir::ALL.map(|d| ios(job, d)))
        .sum()
}

fn of(job: &JobOutcome, dir: Dir) -> &Option<DirOutcome> {
    match dir {
        Dir::Read => &job.read,
        Dir::Write => &job.write,
        Dir::Trim => &job.trim,
    }
}

fn ios(job: &JobOutcome, dir: Dir) -> u64 {
    of(job, dir).as_ref().map_or(0, |d| d.total_ios)
}

fn bytes(job: &JobOutcome, dir: Dir) -> u64 {
    of(job, dir).as_ref().map_or(0, |d| d.io_bytes)
}

/// The least and the most bytes of an I/O of the direction `dir`.
fn extremes(pool: &Pool, threads: &[ThreadConfig], dir: Dir) -> (f64, f64) {
    let members = pool.members.iter().map(|n| &threads[*n]);
    let sizes = members.flat_map(|thread| {
        let spec = &thread.spec;
        match (&thread.iolog, spec.bs_is_seq_rand) {
            (Some(_), _) => vec![(512, 1 << 30)],
            (None, true) => [Dir::Read, Dir::Write]
                .map(|d| (spec.sizes[d].min, spec.sizes[d].max))
                .to_vec(),
            (None, false) => vec![(spec.sizes[dir].min, spec.sizes[dir].max)],
        }
    });
    sizes.fold((f64::INFINITY, 0.0), |(least, most), (a, b)| {
        (least.min(a as f64), most.max(b as f64))
    })
}

/// The jobs of a pool: threads of a section may be one.
fn jobs_of<'a>(
    pool: &Pool,
    threads: &[ThreadConfig],
    all: &'a [JobOutcome],
) -> Vec<&'a JobOutcome> {
    let mut number = 0;
    let mut jobs: Vec<&JobOutcome> = Vec::new();
    for (n, thread) in threads.iter().enumerate() {
        let joins = n > 0
            && thread.spec.group_reporting
            && threads[n - 1].spec.section == thread.spec.section;
        if n > 0 && !joins {
            number += 1;
        }
        let is_new = n == 0 || !joins;
        if is_new && pool.members.contains(&n) {
            jobs.extend(all.get(number));
        }
    }
    jobs
}

/// What of the buffered I/Os the devices had to do.
fn through_the_cache(config: &MachineConfig, pools: &mut [Pool], seen: &Seen) {
    for n in 0..pools.len() {
        if !pools[n].buffered {
            continue;
        }
        let paths = pools[n].paths.clone();
        let is_apart = |pool: &Pool| pool.paths.iter().all(|path| !paths.contains(path));
        let is_clear = pools
            .iter()
            .all(|pool| pool.paths == paths || is_apart(pool));
        let names: Vec<&str> = paths
            .iter()
            .map(|p| config.devices[*p].name.as_str())
            .collect();
        let mut parts = PerDir::all(0.0);
        for dir in Dir::ALL.into_iter().filter(|_| is_clear) {
            let all = issued(&seen.outcome.jobs) as f64;
            let sum = |buffered: bool| -> f64 {
                let own = pools
                    .iter()
                    .filter(|p| p.paths == paths && p.buffered == buffered);
                own.map(|p| all * p.part * p.share_of(dir) * p.mean_of(dir))
                    .sum()
            };
            parts[dir] = cached::part(seen.outcome, &names, dir, sum(false), sum(true));
        }
        for class in &mut pools[n].classes {
            class.moved = parts[class.dir] * class.bytes;
        }
    }
}

/// Bytes at which the maps cut what they are given.
fn cut_at(config: &MachineConfig) -> f64 {
    let maps = config
        .maps
        .iter()
        .filter_map(|map| map.queue.max_sectors_kb);
    let paths = config.devices.iter().filter_map(|d| d.queue.max_sectors_kb);
    let least = maps.chain(paths).min();
    least.map_or(f64::INFINITY, |kib| 1024.0 * f64::from(kib))
}
