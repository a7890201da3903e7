//! One experiment: rebuilt, run, compared.

use super::compare::{self, Figure, Group};
use super::experiment::{self, ExperimentError};
use super::{interface, simulated};
use crate::formats::kernel_observation::{Observation, Observed};
use crate::run::{RunError, RunOptions};

/// What came of one experiment.
#[derive(Clone, Debug)]
pub struct CaseReport {
    /// Its name.
    pub id: String,
    /// Its group.
    pub group: String,
    /// Inputs that are not understood and were ignored.
    pub ignored: Vec<String>,
    /// What came of it.
    pub result: CaseResult,
}

/// What came of one experiment.
#[derive(Clone, Debug)]
pub enum CaseResult {
    /// It ran and was compared.
    Compared(Box<Comparison>),
    /// It could not be run; what is missing.
    NotRun(CaseError),
    /// Its group is not supported yet.
    NotSupported,
}

/// Both sides of an experiment.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Our run, in the shape of the kernel's.
    pub simulated: Observed,
    /// Every figure in which they are to agree.
    pub figures: Vec<Figure>,
    /// The kernel's run in a few words.
    pub kernel: String,
    /// Ours in a few words.
    pub ours: String,
}

/// Why an experiment could not be run.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct CaseError(pub String);

impl From<ExperimentError> for CaseError {
    fn from(e: ExperimentError) -> Self {
        CaseError(e.to_string())
    }
}

impl From<RunError> for CaseError {
    fn from(e: RunError) -> Self {
        CaseError(e.to_string())
    }
}

/// What a case comes to.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every figure is that of a run of the kernel.
    Exact,
    /// Every figure is within its tolerance.
    Within,
    /// A figure is not.
    Differs,
    /// It could not be run.
    NotRun,
    /// Its group is not supported yet.
    NotSupported,
}

impl Verdict {
    /// Whether kernel and simulator agree; none where nothing is compared yet.
    pub fn agrees(self) -> Option<bool> {
        match self {
            Verdict::Exact | Verdict::Within => Some(true),
            Verdict::Differs | Verdict::NotRun => Some(false),
            Verdict::NotSupported => None,
        }
    }
}

impl CaseReport {
    /// What it comes to.
    pub fn verdict(&self) -> Verdict {
        match &self.result {
            CaseResult::NotSupported => Verdict::NotSupported,
            CaseResult::NotRun(_) => Verdict::NotRun,
            CaseResult::Compared(c) if !c.figures.iter().all(Figure::agrees) => Verdict::Differs,
            CaseResult::Compared(c) if c.figures.iter().all(Figure::exact) => Verdict::Exact,
            CaseResult::Compared(_) => Verdict::Within,
        }
    }
    /// The figures that do not agree.
    pub fn differences(&self) -> Vec<&Figure> {
        match &self.result {
            CaseResult::Compared(c) => c.figures.iter().filter(|f| !f.agrees()).collect(),
            _ => Vec::new(),
        }
    }
}

/// Rebuilds, runs and compares `observation`.
pub fn report(observation: &Observation) -> CaseReport {
    CaseReport {
        id: observation.id.clone(),
        group: observation.group.clone(),
        ignored: observation.unknown.keys().cloned().collect(),
        result: result(observation),
    }
}

fn result(observation: &Observation) -> CaseResult {
    let Some(group) = Group::named(&observation.group) else {
        return CaseResult::NotSupported;
    };
    match simulate(group, observation) {
        Ok(simulated) => CaseResult::Compared(Box::new(Comparison {
            figures: compare::figures(group, observation, &simulated),
            kernel: compare::summary(group, observation, &observation.observed),
            ours: compare::summary(group, observation, &simulated),
            simulated,
        })),
        Err(e) => CaseResult::NotRun(e),
    }
}

/// Our run of the experiment, from its inputs alone.
fn simulate(group: Group, observation: &Observation) -> Result<Observed, CaseError> {
    if group == Group::Interface {
        return interface::simulate(observation);
    }
    let config = experiment::machine(observation)?;
    let options = RunOptions {
        trace: group == Group::Trace,
        gaps: group == Group::Failover,
        ..RunOptions::default()
    };
    let outcome = crate::run::run(&config, &options)?;
    Ok(simulated::observed(&outcome))
}
