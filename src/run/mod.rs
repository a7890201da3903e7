//! One scenario to one outcome: build the machine, run it, check every
//! invariant, summarise.

pub mod bound;
pub mod claim;
mod columns;
pub mod compare;
pub mod csv;
pub mod failover;
pub mod glance;
mod iostat;
mod metrics;
pub mod outcome;
pub mod replication;
pub mod single_queue;
pub(crate) mod summarise;
pub mod summary;
pub mod text;
mod timeline;
pub mod verdict;
pub mod write;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::formats::fio_job;
use crate::models::config::MachineConfig;
use crate::models::host::TaskState;
use crate::models::io::DevId;
use crate::models::machine::{BuildError, Machine, ThreadConfig, Violation};
use crate::models::mpath::selector::StatusType;
use crate::models::workload::app::Thread;
use crate::models::workload::fio::FioThread;
use crate::observe::Observers;
use crate::observe::blkparse::Blkparse;
use crate::observe::flow::Flow;
use crate::observe::gaps::{Gaps, ThreadGaps};
use crate::observe::marks::Marks;
use crate::observe::opening::Opening;
use crate::observe::series::Series;
use crate::sim::Ns;
use outcome::{
    FlowOutcome, GapsOutcome, MarksOutcome, Outcome, PathBinOutcome, PathFlowOutcome, SeriesBin,
    ThreadGapsOutcome,
};

/// How a run is observed and limited.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Whether block trace events are kept (blkparse text in the outcome).
    pub trace: bool,
    /// Width of a bin of the time series; none: no series.
    pub series_bin: Option<Ns>,
    /// Whether times without a completion are kept.
    pub gaps: bool,
    /// Whether it is kept what came first after each event of the timeline.
    pub marks: bool,
    /// Whether it is kept what each path is given over time, in bins as wide as
    /// those of the time series.
    pub flow: bool,
    /// Whether the first events are kept.
    pub opening: bool,
    /// Events of the same time come in random order, which this seed decides.
    pub shuffle_ties: Option<u64>,
    /// Where a run tells how far it has come.
    pub progress: Option<Arc<Progress>>,
    /// Once it is set, the run ends early; its outcome then means nothing.
    pub stop: Option<Arc<AtomicBool>>,
}

/// How far a run has come.
#[derive(Debug, Default)]
pub struct Progress(AtomicU32);

impl Progress {
    /// Of its work, 0 to 1000.
    pub fn permille(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
    /// It is over, whatever came of it.
    pub fn finish(&self) {
        self.set(1.0);
    }
    fn set(&self, fraction: f64) {
        self.0.store((fraction * 1000.0) as u32, Ordering::Relaxed);
    }
}

/// Why a machine could not be built or run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The machine cannot be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The fio job file is not understood.
    #[error("{0}")]
    Job(String),
    /// Code goes on for ever and no time passes.
    #[error(
        "the run does not end: at {at} the computer goes on and no time passes any more{}",
        why_no_time_passes(.failing, .instant)
    )]
    Spins {
        /// When.
        at: Ns,
        /// Jobs that are not over and whose I/O fails at once.
        failing: Vec<String>,
        /// Jobs that only time ends and whose I/O takes none.
        instant: Vec<String>,
    },
    /// An invariant did not hold: a defect of the simulator.
    #[error("invariant violated at {}: {}", .0.at, .0.what)]
    Invariant(#[from] Violation),
}

/// Why no time passes, as far as it is the application's doing.
fn why_no_time_passes(failing: &[String], instant: &[String]) -> String {
    if !failing.is_empty() {
        return format!(
            ": each I/O of {} fails at once, the next one follows (continue_on_error), and under \
             CPU profile `none` that takes no time. A rate (rate_iops), a pause (thinktime), \
             a map that queues, or profile `lab` ([host]) lets time pass",
            failing.join(", ")
        );
    }
    if !instant.is_empty() {
        return format!(
            ": {} is to go on for its runtime (time_based), and its I/O takes no time, neither \
             on its device nor, under CPU profile `none`, on a CPU. A device that takes time, \
             a rate (rate_iops), a size without time_based, or profile `lab` ([host]) ends it",
            instant.join(", ")
        );
    }
    String::new()
}

/// Builds the machine of `config`, runs its workload to the end, checks every
/// invariant and summarises.
///
/// # Errors
/// A refused table, a job that is not understood, an impossible combination,
/// or a violated invariant.
pub fn run(config: &MachineConfig, options: &RunOptions) -> Result<Outcome, RunError> {
    let threads = threads(config)?;
    let RunOptions { trace, gaps, .. } = *options;
    let is_watched = trace || gaps || options.marks || options.opening;
    if !is_watched && options.series_bin.is_none() {
        let machine = Machine::build(config, &threads, crate::models::probe::NoProbe)?;
        return Ok(execute(config, options, machine)?.1);
    }
    let observers = Observers {
        trace: options.trace.then(|| Blkparse::new(devnos(config))),
        series: options.series_bin.map(Series::new),
        gaps: options.gaps.then(Gaps::default),
        marks: None,
        flow: (options.series_bin.filter(|_| options.flow)).map(|bin| Flow::new(config, bin)),
        opening: options.opening.then(Opening::default),
    };
    let mut machine = Machine::build(config, &threads, observers)?;
    if options.marks {
        let calendar = machine.devices.san.calendar();
        machine.probe.marks = Some(Marks::new(config, calendar));
    }
    if let Some(gaps) = &mut machine.probe.gaps {
        let actions = config.actions.iter().map(|action| action.at);
        let fault = machine.devices.san.calendar().next_at();
        gaps.first_event = actions.fold(fault, Ns::min);
    }
    let (machine, mut outcome) = execute(config, options, machine)?;
    if let Some(trace) = &machine.probe.trace {
        outcome.blkparse = (0..machine.block.devs.len())
            .map(|i| DevId(i as u16))
            .map(|d| (machine.dev_name(d).to_string(), trace.lines(d).to_vec()))
            .collect();
    }
    if let Some(series) = &machine.probe.series {
        outcome.series = bins(series);
        outcome.series_bin = series.width;
    }
    let names: Vec<String> = {
        let jobs = machine.app.threads.iter().map(|t| &t.fio.spec().name);
        let scripts = config.workload.scripts.iter().map(|s| &s.name);
        jobs.chain(scripts).cloned().collect()
    };
    if let Some(opening) = &machine.probe.opening {
        let events = opening.events.iter();
        outcome.opening = events
            .map(|event| (machine.dev_name(event.dev).to_string(), event.clone()))
            .collect();
    }
    outcome.flow = machine.probe.flow.map(|mut flow| {
        flow.until(outcome.duration);
        flow_outcome(config, &flow, outcome.duration)
    });
    outcome.gaps = machine.probe.gaps.map(|gaps| gaps_outcome(gaps, &names));
    outcome.marks = machine
        .probe
        .marks
        .map(|marks| marks_outcome(config, marks));
    Ok(outcome)
}

/// Device numbers in the order in which a machine creates its devices.
fn devnos(config: &MachineConfig) -> Vec<(u32, u32)> {
    let leaves = config.devices.iter().map(|d| d.devno);
    leaves.chain(config.maps.iter().map(|m| m.devno)).collect()
}

fn execute<P: crate::models::probe::Probe>(
    config: &MachineConfig,
    options: &RunOptions,
    mut m: Machine<P>,
) -> Result<(Machine<P>, Outcome), RunError> {
    m.stop.clone_from(&options.stop);
    for (map, text) in &config.messages_before_start {
        m.message(map, text)?;
    }
    let now = |m: &Machine<P>| {
        (
            summarise::dmsetup(m, StatusType::Table),
            summarise::dmsetup(m, StatusType::Info),
        )
    };
    let start = now(&m);
    if let Some(seed) = options.shuffle_ties {
        m.shuffle_ties(seed);
    }
    let ran = m.run(|m| {
        if let Some(progress) = &options.progress {
            progress.set(m.fraction());
        }
    });
    if m.host.spin.is_found {
        return Err(spins(&m));
    }
    ran?;
    let end = now(&m);
    let mut outcome = summarise::summarise(&m, [start.0, end.0], [start.1, end.1]);
    outcome.windows = summarise::take_windows(&mut m);
    Ok((m, outcome))
}

/// A run in which no time passes any more, and the jobs that are not over: those that
/// have seen errors, and those that only time would end.
fn spins<P: crate::models::probe::Probe>(m: &Machine<P>) -> RunError {
    let jobs = |is_one: fn(&FioThread) -> bool| {
        let live = |t: &&Thread| m.host.tasks[t.task.index()].state != TaskState::Dead;
        let threads = m.app.threads.iter().filter(live);
        let threads = threads.filter(|t| is_one(&t.fio));
        let mut names: Vec<String> = threads
            .map(|t| format!("`{}`", t.fio.spec().name))
            .collect();
        names.dedup();
        names
    };
    RunError::Spins {
        at: m.host.now(),
        failing: jobs(|fio| fio.report().total_err > 0),
        instant: jobs(|fio| fio.spec().time_based),
    }
}

fn bins(series: &Series) -> Vec<SeriesBin> {
    series
        .bins
        .iter()
        .enumerate()
        .map(|(i, b)| SeriesBin {
            at: series.width * i as u64,
            ios: b.ios,
            bytes: b.bytes,
            errors: b.errors,
        })
        .collect()
}

fn gaps_outcome(gaps: Gaps, names: &[String]) -> GapsOutcome {
    let thread = |t: ThreadGaps, name: &str| ThreadGapsOutcome {
        name: name.into(),
        open: t.open(),
        all: t.all,
        long: t.long,
        listed: t.listed,
    };
    let name = |i: usize| names.get(i).map_or("", String::as_str);
    let threads = gaps.threads.into_iter().enumerate();
    GapsOutcome {
        bin: gaps.series.width,
        first: gaps.first,
        successes: gaps.series.bins.iter().map(|b| b.ios).collect(),
        longest: gaps.longest,
        before: gaps.before,
        application: thread(gaps.application, ""),
        threads: threads.map(|(i, t)| thread(t, name(i))).collect(),
    }
}

/// Means are over the time that a bin has: the last may end with the run, at `end`.
fn flow_outcome(config: &MachineConfig, flow: &Flow, end: Ns) -> FlowOutcome {
    let mean = |sum: u128, at: Ns, width: Ns| {
        let lasts = width.min(end.saturating_sub(at)).max(Ns(1));
        sum as f64 / lasts.0 as f64
    };
    let names = config.devices.iter().map(|d| d.name.clone());
    let bins = flow.paths.iter().map(|series| {
        let width = series.width();
        let bins = series.bins().map(|(at, bin)| PathBinOutcome {
            at,
            commands: bin.commands,
            bytes: bin.bytes,
            in_flight: mean(bin.in_flight, at, width),
        });
        (width, bins.collect())
    });
    let width = flow.waiting.width();
    let waiting = flow.waiting.bins();
    FlowOutcome {
        paths: names
            .zip(bins)
            .map(|(device, (width, bins))| PathFlowOutcome {
                device,
                width,
                bins,
            })
            .collect(),
        waiting: waiting
            .map(|(at, sum)| (at, mean(*sum, at, width)))
            .collect(),
    }
}

fn marks_outcome(config: &MachineConfig, marks: Marks) -> MarksOutcome {
    MarksOutcome {
        devices: config.devices.iter().map(|d| d.name.clone()).collect(),
        mean_sectors: marks.backlog.mean(),
        normal_sectors: marks.backlog.normal.max(0) as u64,
        left_sectors: marks.backlog.level,
        marks: marks.marks,
        errors: marks.errors,
    }
}

/// The threads of the application, as its job file describes them.
pub(crate) fn threads(config: &MachineConfig) -> Result<Vec<ThreadConfig>, RunError> {
    let w = &config.workload;
    if w.fio_job.is_empty() && !w.scripts.is_empty() {
        return Ok(Vec::new());
    }
    let file = fio_job::of(w).map_err(|e| RunError::Job(e.to_string()))?;
    file.threads
        .into_iter()
        .map(|mut spec| {
            let iolog = match &spec.read_iolog {
                None => None,
                Some(name) => {
                    let found = w.iologs.iter().find(|(n, _)| n == name);
                    let missing = || RunError::Job(format!("no iolog {name:?}"));
                    Some(found.ok_or_else(missing)?.1.clone())
                }
            };
            if spec.filename.is_none() {
                spec.filename = iolog.as_deref().and_then(file_of_iolog);
            }
            replication::reseed(&mut spec, w.replication);
            spec.windows = w.windows;
            Ok(ThreadConfig { spec, iolog })
        })
        .collect()
}

/// The file that an iolog adds first.
fn file_of_iolog(text: &str) -> Option<String> {
    let added = text.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        // Version 3 begins each line with a time.
        match words[..] {
            [file, "add"] | [_, file, "add"] => Some(file),
            _ => None,
        }
    })?;
    Some(added.to_string())
}
