//! Replicated runs of some cells: scenario, policy and mode.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use rayon::ThreadPoolBuilder;

use super::PolicyError;
use crate::models::config::MachineConfig;
use crate::models::mpath::policy::Registry;
use crate::run::replication::replicate;
use crate::scenario::{self, Mode, Override, Scenario, Template};
use crate::sweep::{MeasureError, WarmUp, measure, not_all_warm_up, quoted};

/// What is run.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// The scenario file.
    pub scenario: PathBuf,
    /// What it is called: a file by its name, or by its path where two have the same.
    pub name: String,
    /// Another path selector than the scenario's.
    pub policy: Option<String>,
    /// The mode.
    pub mode: Mode,
    /// Options `--set`.
    pub sets: Vec<String>,
}

impl Cell {
    /// What its scenario is called.
    pub fn scenario_name(&self) -> &str {
        &self.name
    }

    /// The command that runs a replication of it.
    pub fn command(&self, replication: u32) -> String {
        let mut command = format!(
            "mpathsim run {}",
            quoted(&self.scenario.display().to_string())
        );
        for set in &self.sets {
            command += &format!(" --set {}", quoted(set));
        }
        if let Some(policy) = &self.policy {
            command += &format!(" --policy {}", quoted(policy));
        }
        command += &format!(" --mode {}", self.mode.name());
        if replication > 0 {
            command += &format!(" --replication {replication}");
        }
        command
    }
}

/// What the scenarios in the files `paths` are called: a file by its name without
/// folder and ending, or by its path where another has the same name.
pub fn names(paths: &[PathBuf]) -> Vec<String> {
    let stem = |path: &PathBuf| {
        let stem = path.file_stem();
        stem.map_or(String::new(), |stem| stem.to_string_lossy().into_owned())
    };
    let stems: Vec<String> = paths.iter().map(stem).collect();
    let name = |(path, stem): (&PathBuf, &String)| {
        let alike = stems.iter().filter(|other| *other == stem).count();
        match alike {
            1 => stem.clone(),
            _ => path.display().to_string(),
        }
    };
    paths.iter().zip(&stems).map(name).collect()
}

/// Whether each of `given` is there once.
///
/// # Errors
/// One is there twice.
pub fn once(given: &[String]) -> Result<(), PolicyError> {
    let twice = (1..given.len()).find(|i| given[..*i].contains(&given[*i]));
    twice.map_or(Ok(()), |i| {
        let what = format!("`{}` is there twice", given[i]);
        Err(PolicyError::asked(
            what,
            "name each scenario, policy and mode once",
        ))
    })
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (scenario, mode) = (self.scenario_name(), self.mode.name());
        match &self.policy {
            Some(policy) => write!(f, "{scenario}, {policy}, {mode} mode"),
            None => write!(f, "{scenario}, {mode} mode"),
        }
    }
}

/// How cells are run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Runs a cell.
    pub replications: u32,
    /// The first replication: others are other worlds.
    pub first: u32,
    /// What is cut from the start of each.
    pub warm_up: WarmUp,
    /// Path selectors there are beside the kernel's.
    pub policies: Registry,
    /// Threads; none: one a CPU.
    pub threads: Option<usize>,
    /// Set from outside: it is to stop.
    pub stop: Arc<AtomicBool>,
    /// Runs that are done.
    pub done: Arc<AtomicU64>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            replications: 10,
            first: 0,
            warm_up: WarmUp::None,
            policies: Registry::default(),
            threads: None,
            stop: Arc::default(),
            done: Arc::default(),
        }
    }
}

/// The figures of a cell: [`METRICS`](crate::sweep::METRICS) of each
/// replication, in order.
pub type Runs = Vec<Vec<Option<f64>>>;

impl Settings {
    /// The scenario of `cell`.
    ///
    /// # Errors
    /// It is none, or cannot have the policy.
    pub fn scenario(&self, cell: &Cell) -> Result<Scenario, PolicyError> {
        let sets = cell.sets.iter().map(|set| Override::parse(set));
        let sets = sets.collect::<Result<Vec<_>, _>>()?;
        let mut scenario =
            Template::load(Path::new(&cell.scenario), &self.policies)?.with(&sets)?;
        if let Some(policy) = &cell.policy {
            scenario
                .set_policy(policy)
                .map_err(|what| PolicyError::asked(what, "docs/writing-a-policy.md lists them"))?;
        }
        Ok(scenario)
    }

    /// The machine of `cell`.
    ///
    /// # Errors
    /// It has none.
    pub fn machine(&self, cell: &Cell) -> Result<MachineConfig, PolicyError> {
        let scenario = self.scenario(cell)?;
        scenario::build(&scenario, cell.mode)
            .map_err(|why| PolicyError::asked(format!("{cell}: {why}"), "choose another --mode"))
    }

    /// Runs all replications of `cells`.
    ///
    /// # Errors
    /// A cell has no machine, a run fails or is all warm-up, or it was stopped.
    pub fn run(&self, cells: &[Cell]) -> Result<Vec<Runs>, PolicyError> {
        let machines = cells.iter().map(|cell| self.machine(cell));
        let machines = machines.collect::<Result<Vec<_>, _>>()?;
        for (cell, machine) in cells.iter().zip(&machines) {
            not_all_warm_up(machine, &self.warm_up)
                .map_err(|why| PolicyError::warm_up(cell.to_string(), why.to_string()))?;
        }
        let n = self.replications as usize;
        let tasks: Vec<(usize, u32)> = (0..cells.len())
            .flat_map(|cell| (0..self.replications).map(move |r| (cell, self.first + r)))
            .collect();
        let next = AtomicUsize::new(0);
        let pool = ThreadPoolBuilder::new()
            .num_threads(self.threads.unwrap_or(0))
            .build();
        let pool = pool.map_err(|why| PolicyError::asked(why.to_string(), "give --threads"))?;
        let work = || {
            let mut found = Vec::new();
            while !self.stop.load(Ordering::Relaxed) {
                let task = next.fetch_add(1, Ordering::Relaxed);
                let Some((cell, replication)) = tasks.get(task) else {
                    break;
                };
                let mut machine = machines[*cell].clone();
                replicate(&mut machine, *replication);
                let stop = Some(Arc::clone(&self.stop));
                let measured = measure(machine, cells[*cell].mode, &self.warm_up, false, stop);
                found.push((task, measured));
                self.done.fetch_add(1, Ordering::Relaxed);
            }
            found
        };
        let mut found: Vec<_> = pool.broadcast(|_| work()).into_iter().flatten().collect();
        if self.stop.load(Ordering::Relaxed) {
            return Err(PolicyError::Stopped);
        }
        found.sort_by_key(|(task, _)| *task);
        let mut all: Vec<Runs> = cells.iter().map(|_| Vec::with_capacity(n)).collect();
        for (task, measured) in found {
            let (cell, replication) = tasks[task];
            let name = || format!("{}, replication {replication}", cells[cell]);
            let measured = measured.map_err(|why: MeasureError| PolicyError::Run {
                cell: name(),
                why: why.to_string(),
                command: cells[cell].command(replication),
            })?;
            if measured.is_all_warm_up() {
                let why = format!("a warm-up of {} leaves nothing of the run", self.warm_up);
                return Err(PolicyError::warm_up(name(), why));
            }
            all[cell].push(measured.metrics);
        }
        Ok(all)
    }
}
