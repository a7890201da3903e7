//! Runs a sweep: on all cores, long points first, results kept as they come.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::SyncSender;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::assemble::assemble;
use super::definition::{Point, Replications, Sweep, Until};
use super::folder::{Existing, Folder, JOURNAL};
use super::journal::{self, Index, Reader, Writer};
use super::key::{self, Key, Program};
use super::manifest::Manifest;
use super::measure::measure;
use super::plan::fewest;
use super::record::{Outcome, Record};
use super::shard::Shard;
use super::{SweepError, estimate};
use crate::models::config::MachineConfig;
use crate::run::claim::Refused;
use crate::run::replication::replicate;
use crate::stats::Moments;

/// How a sweep is run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Threads; none: one a CPU.
    pub threads: Option<usize>,
    /// What is done with results that are there.
    pub existing: Existing,
    /// Which part is run; none: all of it.
    pub shard: Option<Shard>,
}

impl Options {
    /// The numbers of the points of `sweep` that are run.
    pub(super) fn points(&self, sweep: &Sweep) -> Vec<u64> {
        match self.shard {
            Some(shard) => shard.points(sweep.space.len()),
            None => (0..sweep.space.len()).collect(),
        }
    }
}

/// How a sweep that runs is watched and stopped.
#[derive(Clone, Debug, Default)]
pub struct Control {
    /// Set from outside: it is to stop.
    pub stop: Arc<AtomicBool>,
    /// Runs that are done.
    pub done: Arc<AtomicU64>,
    /// Runs there are, as far as is known.
    pub all: Arc<AtomicU64>,
}

/// What came of a sweep.
#[derive(Clone, Debug)]
pub struct Report {
    /// The manifest of its folder.
    pub manifest: Manifest,
    /// Runs whose results were there already.
    pub reused: u64,
    /// Results of an earlier version of the sweep that are kept for a later one.
    pub left: u64,
}

const PANICKED: &str = "the simulator panicked, which is a defect of it";

/// Points whose machines are in memory at once.
const WINDOW: usize = 2048;

/// Runs `sweep` into `folder`.
///
/// # Errors
/// The folder holds something else, a result cannot be written, or it was
/// stopped; what is done is kept in the last two cases.
pub fn execute(
    sweep: &Sweep,
    folder: &Path,
    options: &Options,
    control: &Control,
) -> Result<Report, SweepError> {
    let program = Program::this()?;
    let mut manifest = Manifest::new(sweep, &program, options.shard);
    let folder = Folder::take(folder, &manifest, options.existing)?;
    if options.existing == Existing::Replace {
        folder.clear()?;
    }
    let journal = folder.file(JOURNAL);
    let (index, whole) = journal::scan(&journal)?;
    let failed = Arc::new(AtomicBool::new(false));
    let mut run = Run {
        sweep,
        program,
        index,
        journal: journal.clone(),
        pool: pool(options.threads)?,
        control,
        failed: Arc::clone(&failed),
        keys: Vec::new(),
        reused: 0,
    };
    let points = options.points(sweep);
    run.knows_some_of(&folder, &manifest, &points)?;
    manifest.write(&folder.path)?;

    let writer = Writer::open(&journal, whole, failed)?;
    let all = points.len() as u64 * u64::from(fewest(sweep));
    control.all.store(all, Ordering::Relaxed);
    for window in points.chunks(WINDOW) {
        run.window(window, &writer.sender())?;
        if run.is_over() {
            break;
        }
    }
    let was_stopped = control.stop.load(Ordering::Relaxed);
    writer.finish()?;
    if was_stopped {
        return Err(SweepError::Stopped {
            done: control.done.load(Ordering::Relaxed),
            all: control.all.load(Ordering::Relaxed),
        });
    }
    let assembled = assemble(&folder, &manifest, sweep, &run.keys, &run.pool)?;
    assembled.came_to.put_in(&mut manifest);
    manifest.write(&folder.path)?;
    Ok(Report {
        manifest,
        reused: run.reused,
        left: assembled.left,
    })
}

pub(super) fn pool(threads: Option<usize>) -> Result<ThreadPool, SweepError> {
    let builder = ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0));
    builder
        .build()
        .map_err(|why| SweepError::read(Path::new("threads"), std::io::Error::other(why)))
}

/// A sweep that runs.
struct Run<'s> {
    sweep: &'s Sweep,
    program: Program,
    /// Results that are there.
    index: Index,
    journal: std::path::PathBuf,
    pool: ThreadPool,
    control: &'s Control,
    /// Whether results cannot be written any more.
    failed: Arc<AtomicBool>,
    /// The key of every point that was run, and how many replications it had.
    keys: Vec<(u64, Key, u32)>,
    reused: u64,
}

/// A point that is about to be run.
struct Planned {
    point: Point,
    key: Key,
    machine: Result<MachineConfig, String>,
    ios: f64,
}

impl Run<'_> {
    fn is_over(&self) -> bool {
        self.control.stop.load(Ordering::Relaxed) || self.failed.load(Ordering::Relaxed)
    }

    /// Refuses to go on with results of which the sweep asks for none: it was
    /// changed in all that it is about.
    fn knows_some_of(
        &self,
        folder: &Folder,
        manifest: &Manifest,
        points: &[u64],
    ) -> Result<(), SweepError> {
        let before = folder.before.as_ref();
        if self.index.is_empty() || before.is_none_or(|before| before.content == manifest.content) {
            return Ok(());
        }
        let most = match &self.sweep.replications {
            Replications::Fixed(n) => *n,
            Replications::Until(until) => until.at_most,
        };
        let is_known = |number: &u64| {
            let key = self.planned(*number).key;
            let mut keys = (0..most).map(|replication| key::of_replication(&key, replication));
            keys.any(|key| self.index.contains_key(&key))
        };
        if self.pool.install(|| points.par_iter().any(is_known)) {
            return Ok(());
        }
        Err(SweepError::Folder(Refused {
            folder: folder.path.display().to_string(),
            what: format!(
                "holds results of an earlier `{}`, of which this one asks for none",
                manifest.sweep
            ),
            hint: "--overwrite replaces them, --out FOLDER writes elsewhere; nothing was changed"
                .into(),
        }))
    }

    /// Runs some points.
    fn window(
        &mut self,
        points: &[u64],
        results: &SyncSender<(Key, Record)>,
    ) -> Result<(), SweepError> {
        let plan = |number: &u64| self.planned(*number);
        let planned: Vec<Planned> = self.pool.install(|| points.par_iter().map(plan).collect());
        let counts = match &self.sweep.replications {
            Replications::Fixed(n) => self.fixed(&planned, *n, results),
            Replications::Until(until) => self.until(&planned, until, results)?,
        };
        let keys = planned.iter().zip(counts);
        self.keys
            .extend(keys.map(|(planned, n)| (planned.point.number, planned.key, n)));
        Ok(())
    }

    fn planned(&self, number: u64) -> Planned {
        let point = self.sweep.point(number);
        let machine = self.sweep.machine(&point).map_err(|why| why.to_string());
        let key = match &machine {
            Ok(machine) => key::of_point(&self.program, machine, point.mode, &self.sweep.warm_up),
            Err(_) => {
                let text = self.sweep.text_of(&point, 0);
                key::of_no_machine(&self.program, &text, &point.labels, point.mode)
            }
        };
        let ios = machine.as_ref().map_or(0.0, estimate::ios);
        Planned {
            point,
            key,
            machine,
            ios,
        }
    }

    /// Runs every point `n` times.
    fn fixed(
        &mut self,
        planned: &[Planned],
        n: u32,
        results: &SyncSender<(Key, Record)>,
    ) -> Vec<u32> {
        let mut tasks: Vec<(usize, u32)> = Vec::new();
        for (i, planned) in planned.iter().enumerate() {
            for replication in 0..n {
                match self
                    .index
                    .contains_key(&key::of_replication(&planned.key, replication))
                {
                    true => self.reused += 1,
                    false => tasks.push((i, replication)),
                }
            }
        }
        let skipped = planned.len() as u64 * u64::from(n) - tasks.len() as u64;
        self.control.done.fetch_add(skipped, Ordering::Relaxed);
        tasks.sort_by(|a, b| planned[b.0].ios.total_cmp(&planned[a.0].ios));
        self.each(&tasks, |(i, replication)| {
            let planned = &planned[*i];
            if let Some(record) = self.simulate(planned, *replication) {
                let key = key::of_replication(&planned.key, *replication);
                // Without a receiver nothing can be written; that is told.
                let _ = results.send((key, record));
            }
        });
        vec![n; planned.len()]
    }

    /// Runs every point until its figures are known well enough: how often.
    fn until(
        &mut self,
        planned: &[Planned],
        until: &Until,
        results: &SyncSender<(Key, Record)>,
    ) -> Result<Vec<u32>, SweepError> {
        let mut order: Vec<usize> = (0..planned.len()).collect();
        order.sort_by(|a, b| planned[*b].ios.total_cmp(&planned[*a].ios));
        let counts: Vec<AtomicU64> = planned.iter().map(|_| AtomicU64::new(0)).collect();
        let reused = AtomicU64::new(0);
        self.each(&order, |i| {
            let planned = &planned[*i];
            let mut moments = vec![Moments::default(); until.of.len()];
            let mut reader = Reader::open(&self.journal).ok();
            for replication in 0..until.at_most {
                let key = key::of_replication(&planned.key, replication);
                let old = self.index.get(&key).zip(reader.as_mut());
                let old = old.and_then(|(place, reader)| reader.read(*place).ok());
                let outcome = match old {
                    Some((_, record)) => {
                        reused.fetch_add(1, Ordering::Relaxed);
                        record.outcome
                    }
                    None => {
                        let Some(record) = self.simulate(planned, replication) else {
                            return;
                        };
                        let outcome = record.outcome.clone();
                        let _ = results.send((key, record));
                        outcome
                    }
                };
                counts[*i].fetch_add(1, Ordering::Relaxed);
                if replication >= until.at_least {
                    self.control.all.fetch_add(1, Ordering::Relaxed);
                }
                if is_known_well(&outcome, until, &mut moments) {
                    break;
                }
            }
        });
        self.reused += reused.into_inner();
        Ok(counts
            .into_iter()
            .map(|count| count.into_inner() as u32)
            .collect())
    }

    /// Does `work` for every one of `tasks`, in their order, on all threads;
    /// a thread that is done takes the next.
    fn each<T: Sync>(&self, tasks: &[T], work: impl Fn(&T) + Sync) {
        let next = AtomicUsize::new(0);
        self.pool.broadcast(|_| {
            while !self.is_over() {
                let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) else {
                    return;
                };
                work(task);
            }
        });
    }

    /// Runs a replication of a point; none if it was stopped.
    fn simulate(&self, planned: &Planned, replication: u32) -> Option<Record> {
        let mut seed = 0;
        let failed = |error| Outcome::Failed {
            error,
            scenario: self.sweep.text_of(&planned.point, replication),
        };
        let outcome = match &planned.machine {
            Err(why) => failed(why.clone()),
            Ok(machine) => {
                let mut machine = machine.clone();
                replicate(&mut machine, replication);
                seed = machine.seed;
                let stop = Some(Arc::clone(&self.control.stop));
                let mode = planned.point.mode;
                let run = || measure(machine, mode, &self.sweep.warm_up, replication == 0, stop);
                match catch_unwind(AssertUnwindSafe(run)) {
                    Ok(Ok(measured)) => Outcome::Measured(measured),
                    Ok(Err(why)) => failed(why.to_string()),
                    Err(_) => failed(PANICKED.into()),
                }
            }
        };
        if self.control.stop.load(Ordering::Relaxed) {
            return None;
        }
        self.control.done.fetch_add(1, Ordering::Relaxed);
        Some(Record {
            point: planned.point.number,
            replication,
            values: planned.point.labels.clone(),
            seed,
            outcome,
        })
    }
}

/// Counts the outcome of one more run of a point, and says whether its figures are
/// known as well as they are to be.
fn is_known_well(outcome: &Outcome, until: &Until, moments: &mut [Moments]) -> bool {
    let Outcome::Measured(measured) = outcome else {
        // What fails does so again.
        return true;
    };
    for (moments, i) in moments.iter_mut().zip(&until.of) {
        if let Some(x) = measured.metrics.get(*i).copied().flatten() {
            moments.add(x);
        }
    }
    moments.iter().all(|moments| until.is_content(moments))
}
