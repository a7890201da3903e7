//! What the devices could do at best: the limit against which every policy and
//! mode can be held.
//!
//! A fluid limit. Let the I/Os of the application be divided over the paths in
//! the best possible way, each path always having work, and merged as far as
//! requests may grow if neighbours there are. Then no arrangement is faster:
//! path i, whose device takes s(n) for a request of n bytes and works on c
//! requests at once, completes at most min(N_i / s(b), c·m / s(m·b)) I/Os of b
//! bytes a second, where N_i of the application's I/Os in flight are on it and m
//! of them fit into a request; the fastest paths are filled first. Ports that
//! share media complete no more than the media. The CPU is left out.
//!
//! With constant service times that holds for every run. With noise it holds
//! for the means of the law, and a run may be luckier than these: the limit of
//! a *run* takes the means of what was drawn in it, and holds for it again,
//! whatever its length. (Work conservation: what a device drew in all is at
//! most its servers times the run; Little: what the I/Os took in all is at most
//! their number in flight times the run. Both are exact, since a run begins
//! and ends with nothing in flight.)

use crate::models::config::{MachineConfig, NamedDevice};
use crate::models::device::DeviceConfig;
use crate::models::device::truth::{largest, media_of, media_stage, queue_depth, stages};
use crate::models::io::SECTOR;
use crate::models::workload::fio::ThreadSpec;
use crate::models::workload::fio::spec::{Dir, Engine};
use crate::run::metrics::application;
use crate::run::outcome::{DeviceOutcome, Outcome};
use crate::run::summary::ApplicationSummary;
use crate::run::{RunError, threads};
use crate::sim::Ns;

/// Largest request, bytes: the soft limit of 6.1, 1280 KiB.
const LARGEST: f64 = 1280.0 * 1024.0;
/// What a bio of any size has in one request at least: 128 pages.
const PIECE: f64 = 512.0 * 1024.0;

/// The limit of a scenario.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Bound {
    /// I/Os a second that no run can exceed.
    pub iops: f64,
    /// Mean latency that no run can go below: that of an I/O alone on the
    /// fastest path.
    pub latency: Ns,
}

/// How near a run came to its limit.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct OfBound {
    /// Its IOPS over the limit: at most 1.
    pub iops: f64,
    /// Its mean latency over the limit: at least 1.
    pub latency: f64,
}

impl Bound {
    /// How near `run` came.
    pub fn of(&self, run: &ApplicationSummary) -> OfBound {
        OfBound {
            iops: run.iops / self.iops,
            latency: run.latency.mean_ns / self.latency.0.max(1) as f64,
        }
    }
    /// What none of several runs can exceed.
    #[must_use]
    pub fn or(self, other: Bound) -> Bound {
        Bound {
            iops: self.iops.max(other.iops),
            latency: self.latency.min(other.latency),
        }
    }
}

/// The limit of `config` for I/Os of `io_bytes` on average, by the means of its
/// laws; none if its devices or its jobs are of a kind that this does not hold
/// for: a storage network behind the paths, buffered I/O.
///
/// # Errors
/// The jobs are not understood.
pub fn bound(config: &MachineConfig, io_bytes: f64) -> Result<Option<Bound>, RunError> {
    limit(config, io_bytes, None)
}

/// The limit of the run of `config` that had this `outcome`, by what was drawn
/// in it; none as in [`bound`], and if it did nothing.
///
/// # Errors
/// As [`bound`].
pub fn bound_of_run(config: &MachineConfig, outcome: &Outcome) -> Result<Option<Bound>, RunError> {
    let done = application(outcome);
    let io_bytes = done.bytes as f64 / done.ios.max(1) as f64;
    limit(config, io_bytes, Some(outcome))
}

/// Why the limit of `config` is not known, where it is not.
///
/// # Errors
/// As [`bound`].
pub fn why_unknown(config: &MachineConfig) -> Result<&'static str, RunError> {
    let threads = threads(config)?;
    let is_lun = |named: &NamedDevice| matches!(named.device, DeviceConfig::Lun(_));
    Ok(match () {
        () if threads.iter().any(|thread| !thread.spec.direct) => "page cache",
        () if config.devices.iter().any(is_lun) => "storage network",
        () => "nothing that takes time",
    })
}

fn limit(
    config: &MachineConfig,
    io_bytes: f64,
    outcome: Option<&Outcome>,
) -> Result<Option<Bound>, RunError> {
    let threads = threads(config)?;
    let specs: Vec<&ThreadSpec> = threads.iter().map(|thread| &thread.spec).collect();
    let direct = specs.iter().all(|spec| spec.direct);
    if specs.is_empty() || !direct || io_bytes <= 0.0 {
        return Ok(None);
    }
    let load = Load::of(&specs, io_bytes);
    let Some(mut paths) = paths(config, &load, outcome) else {
        return Ok(None);
    };
    paths.sort_by(|a, b| a.alone(load.mean).total_cmp(&b.alone(load.mean)));
    let media = media(config, &load, outcome);
    let fastest = |bytes| {
        paths
            .iter()
            .map(|p| p.alone(bytes))
            .fold(f64::MAX, f64::min)
    };
    let latency = load.mean_of(fastest);
    let iops = match load.is_uniform() || are_alike(&paths, &load) {
        true => fill(&paths, &media, load.in_flight, load.mean),
        // Small I/Os may all be here and large ones there.
        false => fill(&paths, &media, f64::INFINITY, load.mean).min(load.in_flight / latency),
    };
    Ok(Some(Bound {
        iops: iops * 1e9,
        latency: Ns(latency as u64),
    }))
}

/// What the jobs ask for.
struct Load {
    /// I/Os in flight at most.
    in_flight: f64,
    /// Whether neighbours are seldom there to merge.
    random: bool,
    /// Whether data go both ways.
    both_ways: bool,
    /// Bytes of an I/O: the least, on average, the most.
    least: f64,
    mean: f64,
    most: f64,
}

impl Load {
    fn of(specs: &[&ThreadSpec], mean: f64) -> Load {
        let any = |has: fn(&ThreadSpec) -> bool| specs.iter().any(|spec| has(spec));
        let sizes = specs.iter().flat_map(|spec| {
            let used = [
                (Dir::Read, spec.pattern.read),
                (Dir::Write, spec.pattern.write),
            ];
            let used = used.into_iter().filter(|(_, used)| *used);
            used.map(|(dir, _)| (spec.sizes[dir].min as f64, spec.sizes[dir].max as f64))
        });
        let (least, most) = sizes.fold((mean, mean), |(a, b), (c, d)| (a.min(c), b.max(d)));
        Load {
            in_flight: specs.iter().map(|spec| depth(spec)).sum(),
            random: specs.iter().all(|spec| spec.pattern.random),
            both_ways: any(|spec| spec.pattern.read) && any(|spec| spec.pattern.write),
            least,
            mean,
            most,
        }
    }
    fn directions(&self) -> u32 {
        1 + u32::from(self.both_ways)
    }
    fn is_uniform(&self) -> bool {
        self.least == self.most
    }
    /// The least mean of `f`, which is concave, over sizes of this mean.
    fn mean_of(&self, f: impl Fn(f64) -> f64) -> f64 {
        if self.is_uniform() {
            return f(self.mean);
        }
        let share = (self.mean - self.least) / (self.most - self.least);
        f(self.least) * (1.0 - share) + f(self.most) * share
    }
}

/// I/Os that a thread has in flight at most.
fn depth(spec: &ThreadSpec) -> f64 {
    match spec.engine {
        Engine::Psync => 1.0,
        _ => f64::from(spec.iodepth),
    }
}

/// A path's device, in ns, bytes and I/Os a ns.
struct Limits {
    /// Time of a command that is alone, its size apart.
    fixed: f64,
    /// And of a byte.
    per_byte: f64,
    /// Bytes of an I/O that are in one command at least.
    piece: f64,
    /// I/Os it completes when it is full.
    capacity: f64,
    /// The media behind it.
    media: Option<usize>,
}

impl Limits {
    /// Time of an I/O of `bytes` that is alone.
    fn alone(&self, bytes: f64) -> f64 {
        self.fixed + self.per_byte * bytes.min(self.piece)
    }
}

fn are_alike(paths: &[Limits], load: &Load) -> bool {
    let times = |path: &Limits| (path.alone(load.least), path.alone(load.most));
    paths.windows(2).all(|two| times(&two[0]) == times(&two[1]))
}

/// I/Os a ns if so many in flight are put where they are done first.
fn fill(paths: &[Limits], media: &[f64], in_flight: f64, bytes: f64) -> f64 {
    let mut media = media.to_vec();
    let (mut left, mut all) = (in_flight, 0.0);
    for path in paths {
        let alone = path.alone(bytes);
        let mut rate = path.capacity.min(left / alone);
        if let Some(at) = path.media {
            rate = rate.min(media[at]);
            media[at] -= rate;
        }
        left -= rate * alone;
        all += rate;
    }
    all
}

fn paths(config: &MachineConfig, load: &Load, outcome: Option<&Outcome>) -> Option<Vec<Limits>> {
    let devices = outcome.iter().flat_map(|o| &o.devices);
    let merges = devices.map(|d| d.bios_back_merged + d.bios_front_merged + d.requests_merged);
    let joined = merges.sum();
    let limits = |named: &NamedDevice| {
        let run = outcome.and_then(|o| o.devices.iter().find(|d| d.name == named.name));
        path(config, named, load, run, joined)
    };
    config.devices.iter().map(limits).collect()
}

fn path(
    config: &MachineConfig,
    named: &NamedDevice,
    load: &Load,
    run: Option<&DeviceOutcome>,
    joined: u64,
) -> Option<Limits> {
    let device = &named.device;
    let drawn = run.and_then(|run| run.drawn);
    let request = request(config, named, load, run);
    let merges = request / load.mean;
    let own = stages(device, drawn.map(|d| d.mean_latency()), load.directions());
    let media = media_of(device, &config.media);
    let behind = media.map(|at| media_stage(&config.media[at], drawn.map(|d| d.mean_media())));
    let all = || own.iter().chain(&behind);
    let mean: f64 = all().map(|s| s.service.0 as f64).sum();
    let per_byte: f64 = all().map(|s| s.time(1.0) - s.time(0.0)).sum();
    if mean + per_byte == 0.0 {
        return None;
    }
    let full = own
        .iter()
        .map(|s| s.capacity(request))
        .fold(f64::INFINITY, f64::min);
    let held = queue_depth(device).map_or(f64::INFINITY, |depth| {
        f64::from(depth) / (mean + per_byte * request)
    });
    let fixed = mean - drawn.map_or(0.0, |d| d.mean() - d.mean_of_ios(joined));
    Some(Limits {
        fixed,
        per_byte,
        piece: PIECE.min(soft_limit(config, named)),
        capacity: full.min(held) * merges,
        media,
    })
}

/// Bytes of a request of a device at most; where I/O is random, as it came, or
/// else as if nothing had merged.
fn request(
    config: &MachineConfig,
    named: &NamedDevice,
    load: &Load,
    run: Option<&DeviceOutcome>,
) -> f64 {
    let most = match largest(&named.device) {
        Some(hard) => soft_limit(config, named).min(hard),
        None => soft_limit(config, named),
    };
    match (load.random, run) {
        (false, _) => most,
        (true, None) => load.mean.min(most),
        (true, Some(run)) => {
            let with_data = run.issued.iter().filter(|issued| issued.sectors > 0);
            let (sectors, count) = with_data.fold((0, 0), |(sectors, count), issued| {
                let own = u64::from(issued.sectors) * issued.count;
                (sectors + own, count + issued.count)
            });
            match count {
                0 => load.mean.min(most),
                _ => SECTOR as f64 * sectors as f64 / count as f64,
            }
        }
    }
}

/// Bytes of a request that the kernel makes at most.
fn soft_limit(config: &MachineConfig, named: &NamedDevice) -> f64 {
    if let Some(kib) = named.queue.max_sectors_kb {
        return 1024.0 * f64::from(kib);
    }
    let old = config.kernel.profile().single_queue;
    old.map_or(LARGEST, |facts| {
        SECTOR as f64 * f64::from(facts.max_sectors)
    })
}

/// I/Os a ns that each of the media does at most.
fn media(config: &MachineConfig, load: &Load, outcome: Option<&Outcome>) -> Vec<f64> {
    let of = |at: usize| {
        let on_it = || {
            let is_on = |d: &&NamedDevice| media_of(&d.device, &config.media) == Some(at);
            config.devices.iter().filter(is_on)
        };
        let run = |named: &NamedDevice| {
            outcome.and_then(|o| o.devices.iter().find(|d| d.name == named.name))
        };
        let drawn = on_it().filter_map(|named| run(named)?.drawn);
        let (commands, time) = drawn.fold((0, 0), |(n, t), d| (n + d.commands, t + d.media));
        let mean = time.checked_div(commands).map(Ns);
        let requests = on_it().map(|named| request(config, named, load, run(named)));
        let request = requests.fold(0.0, f64::max);
        media_stage(&config.media[at], mean).capacity(request) * request / load.mean
    };
    (0..config.media.len()).map(of).collect()
}

#[cfg(test)]
mod tests;
