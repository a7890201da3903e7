//! Which machines one `run` simulates, and the simulation of all of them at
//! once.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::cli::CliError;
use crate::models::config::MachineConfig;
use crate::run::bound::{Bound, Limit, NOTHING_DONE, bound_of_run};
use crate::run::outcome::Outcome;
use crate::run::replication::replicate;
use crate::run::summary::{BoundSummary, RunSummary};
use crate::run::verdict::{Verdict, verdicts};
use crate::run::{Progress, RunError, RunOptions};
use crate::scenario::{self, Mode, Scenario};

/// One machine to simulate.
struct Planned {
    mode: Mode,
    /// Whether it is a twin under the other CPU profile.
    twin: bool,
    machine: MachineConfig,
    progress: Arc<Progress>,
}

/// All machines to simulate.
pub struct Plan<'s> {
    scenario: &'s Scenario,
    machines: Vec<Planned>,
}

/// What came of a plan: the runs asked for, then their twins.
pub struct Finished {
    runs: Vec<(Mode, Outcome)>,
    twins: Vec<(Mode, Outcome)>,
}

impl<'s> Plan<'s> {
    /// Plans `modes` of `scenario`, or all that it has if there are none; with
    /// `twins`, both queue modes again under the other CPU profile; all of them
    /// in the world of `replication`.
    ///
    /// # Errors
    /// A mode that was asked for does not exist.
    pub fn new(
        scenario: &'s Scenario,
        modes: &[Mode],
        twins: bool,
        replication: u32,
    ) -> Result<Plan<'s>, CliError> {
        let build = |mode| -> Result<MachineConfig, CliError> {
            let built = scenario::build(scenario, mode).map_err(|why| CliError::Build {
                scenario: scenario.name.clone(),
                why,
            });
            let mut machine = built?;
            replicate(&mut machine, replication);
            Ok(machine)
        };
        let all = scenario.modes();
        let modes = if modes.is_empty() { &all } else { modes };
        let mut machines = Vec::new();
        for mode in modes {
            machines.push(Planned {
                mode: *mode,
                twin: false,
                machine: build(*mode)?,
                progress: Arc::default(),
            });
        }
        if twins && modes.contains(&Mode::Bio) && modes.contains(&Mode::Request) {
            for mode in [Mode::Bio, Mode::Request] {
                let mut machine = build(mode)?;
                machine.host.profile = other_profile(&machine.host.profile).into();
                machines.push(Planned {
                    mode,
                    twin: true,
                    machine,
                    progress: Arc::default(),
                });
            }
        }
        Ok(Plan { scenario, machines })
    }

    /// How far each machine has come.
    pub fn progress(&self) -> Vec<Arc<Progress>> {
        let machines = self.machines.iter();
        machines.map(|planned| planned.progress.clone()).collect()
    }

    /// Simulates all machines, as many at once as there are CPUs; with
    /// `shuffle_ties`, events of the same time come in random order.
    ///
    /// # Errors
    /// The first machine, in order of the plan, that could not be simulated;
    /// twins are left out instead.
    pub fn execute(&self, shuffle_ties: Option<u64>) -> Result<Finished, CliError> {
        let mut finished = Finished {
            runs: Vec::new(),
            twins: Vec::new(),
        };
        for (planned, result) in self.machines.iter().zip(self.simulate(shuffle_ties)) {
            match (result, planned.twin) {
                (Ok(outcome), false) => finished.runs.push((planned.mode, outcome)),
                (Ok(outcome), true) => finished.twins.push((planned.mode, outcome)),
                (Err(_), true) => {}
                (Err(why), false) => {
                    return Err(CliError::Run {
                        scenario: self.scenario.name.clone(),
                        mode: planned.mode.name(),
                        seed: self.scenario.seed,
                        why,
                    });
                }
            }
        }
        Ok(finished)
    }

    fn simulate(&self, shuffle_ties: Option<u64>) -> Vec<Result<Outcome, RunError>> {
        let next = AtomicUsize::new(0);
        let results = Mutex::new(Vec::new());
        let work = || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(planned) = self.machines.get(index) else {
                    return;
                };
                let has_timeline = planned.machine.has_timeline();
                let options = RunOptions {
                    trace: false,
                    series_bin: Some(self.scenario.series_bin),
                    gaps: has_timeline,
                    marks: has_timeline,
                    flow: !planned.twin,
                    opening: !planned.twin,
                    shuffle_ties,
                    progress: Some(planned.progress.clone()),
                    stop: None,
                };
                let result = crate::run::run(&planned.machine, &options);
                planned.progress.finish();
                if let Ok(mut results) = results.lock() {
                    results.push((index, result));
                }
            }
        };
        let cpus = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        std::thread::scope(|scope| {
            for _ in 0..cpus.min(self.machines.len()) {
                scope.spawn(work);
            }
        });
        let mut results = results.into_inner().unwrap_or_default();
        results.sort_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, result)| result).collect()
    }
}

/// What the devices of `scenario` could do at best in any of the runs, or why that
/// is not known.
///
/// # Errors
/// As [`bound_of_run`].
pub fn bound(
    scenario: &Scenario,
    replication: u32,
    finished: &Finished,
) -> Result<(Option<BoundSummary>, Option<String>), CliError> {
    let mut all: Option<Bound> = None;
    let mut nothing = None;
    for (mode, outcome) in &finished.runs {
        let mut machine = scenario::build(scenario, *mode).map_err(|why| CliError::Build {
            scenario: scenario.name.clone(),
            why,
        })?;
        replicate(&mut machine, replication);
        let failed = |why| CliError::Run {
            scenario: scenario.name.clone(),
            mode: mode.name(),
            seed: scenario.seed,
            why,
        };
        match bound_of_run(&machine, outcome).map_err(failed)? {
            Limit::Known(found) => all = Some(all.map_or(found, |all| all.or(found))),
            Limit::Unknown(NOTHING_DONE) => nothing = Some(NOTHING_DONE.into()),
            Limit::Unknown(why) => return Ok((None, Some(why.into()))),
        }
    }
    match all {
        Some(bound) => Ok((Some(bound.into()), None)),
        None => Ok((None, nothing)),
    }
}

fn other_profile(profile: &str) -> &'static str {
    if profile == "none" { "lab" } else { "none" }
}

impl Finished {
    /// The runs asked for.
    pub fn runs(&self, scenario: &Scenario) -> Vec<RunSummary> {
        self.runs.iter().map(|run| summary(scenario, run)).collect()
    }

    /// Their outcomes.
    pub fn outcomes(&self) -> Vec<(Mode, &Outcome)> {
        self.runs
            .iter()
            .map(|(mode, outcome)| (*mode, outcome))
            .collect()
    }

    /// Bio mode against request mode; empty if not both ran.
    pub fn verdicts(&self, scenario: &Scenario) -> Vec<Verdict> {
        let pair = |runs: &[(Mode, Outcome)]| {
            let of = |mode| runs.iter().find(|run| run.0 == mode);
            Some((
                summary(scenario, of(Mode::Bio)?),
                summary(scenario, of(Mode::Request)?),
            ))
        };
        let Some((bio, request)) = pair(&self.runs) else {
            return Vec::new();
        };
        let other = pair(&self.twins);
        verdicts(
            &bio,
            &request,
            other.as_ref().map(|(bio, request)| (bio, request)),
        )
    }
}

fn summary(scenario: &Scenario, (mode, outcome): &(Mode, Outcome)) -> RunSummary {
    let device = match mode {
        Mode::Single => scenario.baseline().map(|(_, device)| device),
        Mode::Bio | Mode::Request => None,
    };
    RunSummary::new(*mode, device, outcome)
}
