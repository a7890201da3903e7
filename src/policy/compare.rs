//! A against B.

use std::path::PathBuf;

use super::PolicyError;
use super::builds;
use super::contender::Contender;
use super::cut::Cut;
use super::results::{self, Points, Run};
use super::runs::{Cell, Runs, Settings, names, once};
use super::verdict::{Judged, Question, judge};
use crate::scenario::Mode;
use crate::stats::{Interval, Moments};
use crate::sweep::{METRICS, ratio_to_bound};

/// What is compared, over what.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// A.
    pub a: Contender,
    /// B.
    pub b: Contender,
    /// Scenario files, unless A and B say what is run.
    pub scenarios: Vec<PathBuf>,
    /// Modes, unless A and B are modes.
    pub modes: Vec<Mode>,
    /// Options `--set`.
    pub sets: Vec<String>,
    /// Figures: indices into [`METRICS`].
    pub metrics: Vec<usize>,
    /// Differences up to this share do not matter.
    pub margin: f64,
    /// Chance that any verdict is wrong.
    pub alpha: f64,
}

/// A figure of a cell, compared.
#[derive(Clone, Debug)]
pub struct Row {
    /// The cell.
    pub cell: String,
    /// The figure: index into [`METRICS`].
    pub metric: usize,
    /// The answer.
    pub judged: Judged,
    /// What a run of A, and of B, tells of its accuracy where it is the only one.
    pub alone: [Option<Interval>; 2],
    /// How near the runs of A, and of B, came, as a whole, to what the devices could do
    /// at best: IOPS over that, at most 1, or mean latency over it, at least 1;
    /// none for other figures, or where that is not known.
    pub of_bound: [Option<Moments>; 2],
    /// What was cut from the start of the runs; none if they do not tell.
    pub cut: Option<Cut>,
}

/// What came of a comparison.
#[derive(Clone, Debug)]
pub struct Compared {
    /// Every figure of every cell that both have.
    pub rows: Vec<Row>,
    /// What could not be compared, and why.
    pub left_out: Vec<LeftOut>,
}

/// What could not be compared, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The cell.
    pub cell: String,
    /// The figure: index into [`METRICS`]; none: all of them.
    pub metric: Option<usize>,
    /// Why: `no run of A has it`.
    pub why: &'static str,
}

impl std::fmt::Display for LeftOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.metric {
            Some(metric) => write!(f, "{}, {}: {}", self.cell, METRICS[metric].name, self.why),
            None => write!(f, "{}: {}", self.cell, self.why),
        }
    }
}

/// What there is to compare.
struct Found {
    pairs: Vec<Pair>,
    /// What only one side has.
    left_out: Vec<LeftOut>,
}

/// Two samples of a cell, and whether they are pairs.
struct Pair {
    cell: String,
    a: Runs,
    b: Runs,
    paired: bool,
    /// What the only run of A, and of B, tells of the accuracy of its figures.
    within: [Vec<(usize, Interval)>; 2],
}

/// Compares A and B.
///
/// # Errors
/// They cannot be compared, or a run fails.
pub fn compare(what: &Comparison, settings: &Settings) -> Result<Compared, PolicyError> {
    let Found {
        pairs,
        mut left_out,
    } = pairs(what, settings)?;
    let mut asked: Vec<(&Pair, usize)> = Vec::new();
    let mut questions = Vec::new();
    for pair in &pairs {
        for &metric in &what.metrics {
            let figures = |runs: &Runs| -> Vec<f64> {
                runs.iter()
                    .filter_map(|run| run.get(metric).copied().flatten())
                    .collect()
            };
            let (a, b) = (figures(&pair.a), figures(&pair.b));
            if a.is_empty() || b.is_empty() {
                let why = match (a.is_empty(), b.is_empty()) {
                    (true, true) => "no run has it",
                    (true, false) => "no run of A has it",
                    _ => "no run of B has it",
                };
                left_out.push(LeftOut {
                    cell: pair.cell.clone(),
                    metric: Some(metric),
                    why,
                });
                continue;
            }
            // A run without the figure would shift all pairs behind it.
            let whole = a.len() == pair.a.len() && b.len() == pair.b.len();
            asked.push((pair, metric));
            questions.push(Question {
                paired: pair.paired && whole && a.len() == b.len(),
                a,
                b,
                better: METRICS[metric].better,
                margin: what.margin,
                rounding: METRICS[metric].rounding(),
                nothing_at_zero: METRICS[metric].nothing_at_zero(),
            });
        }
    }
    let judged = judge(&questions, what.alpha);
    let row = |((pair, metric), judged): ((&Pair, usize), Judged)| Row {
        cell: pair.cell.clone(),
        metric,
        judged,
        alone: pair.within.each_ref().map(|of| {
            let found = of.iter().find(|(index, _)| *index == metric);
            found.map(|(_, interval)| *interval)
        }),
        of_bound: of_bound(pair, metric),
        cut: Cut::of(pair.a.iter().chain(&pair.b)),
    };
    let rows = asked.into_iter().zip(judged).map(row).collect();
    Ok(Compared { rows, left_out })
}

/// How near each came to what is possible.
fn of_bound(pair: &Pair, decides: usize) -> [Option<Moments>; 2] {
    let near = |runs: &Runs| {
        let (ratio, _) = ratio_to_bound(METRICS[decides].name)?;
        let all = runs.iter().map(|run| run.get(ratio).copied().flatten());
        Some(Moments::of(all.collect::<Option<Vec<f64>>>()?))
    };
    [near(&pair.a), near(&pair.b)]
}

fn pairs(what: &Comparison, settings: &Settings) -> Result<Found, PolicyError> {
    match (&what.a, &what.b) {
        (Contender::Results(a), Contender::Results(b)) => {
            joined(results::read(a)?, results::read(b)?)
        }
        (Contender::Build(a), Contender::Build(b)) => {
            let cells = what.cells(None, None)?;
            joined(
                builds::run(a, &cells, settings)?,
                builds::run(b, &cells, settings)?,
            )
        }
        (Contender::Policy(a), Contender::Policy(b)) => run(
            &what.cells(Some(a), None)?,
            &what.cells(Some(b), None)?,
            settings,
        ),
        (Contender::Mode(a), Contender::Mode(b)) => run(
            &what.cells(None, Some(*a))?,
            &what.cells(None, Some(*b))?,
            settings,
        ),
        (Contender::Scenario(a), Contender::Scenario(b)) => {
            let cells = |path: &PathBuf| {
                Comparison {
                    scenarios: vec![path.clone()],
                    ..what.clone()
                }
                .cells(None, None)
            };
            run(&cells(a)?, &cells(b)?, settings)
        }
        (a, b) => Err(PolicyError::asked(
            format!("{a} is a {}, {b} is a {}", a.kind(), b.kind()),
            "compare two of one kind: policies, modes, scenario files, folders of results, or builds",
        )),
    }
}

impl Comparison {
    /// All cells of the scenarios and modes; with another policy, or in one
    /// mode.
    fn cells(&self, policy: Option<&String>, mode: Option<Mode>) -> Result<Vec<Cell>, PolicyError> {
        if self.scenarios.is_empty() {
            return Err(PolicyError::asked(
                "it is not said over which scenario",
                "add --scenario FILE.toml, perhaps several times",
            ));
        }
        let names = names(&self.scenarios);
        once(&names)?;
        let modes = mode.map_or_else(|| self.modes.clone(), |mode| vec![mode]);
        let of = |(scenario, name): (&PathBuf, &String)| {
            let cell = |mode: &Mode| Cell {
                scenario: scenario.clone(),
                name: name.clone(),
                policy: policy.cloned(),
                mode: *mode,
                sets: self.sets.clone(),
            };
            modes.iter().map(cell).collect::<Vec<_>>()
        };
        Ok(self.scenarios.iter().zip(&names).flat_map(of).collect())
    }
}

fn run(a: &[Cell], b: &[Cell], settings: &Settings) -> Result<Found, PolicyError> {
    let all = [a, b].concat();
    let mut runs = settings.run(&all)?;
    let b_runs = runs.split_off(a.len());
    let same = |a: &Cell, b: &Cell| match (a.scenario == b.scenario, a.mode == b.mode) {
        (true, true) => format!("{}, {} mode", a.scenario_name(), a.mode.name()),
        (true, false) => a.scenario_name().to_owned(),
        (false, _) => format!("{} mode", a.mode.name()),
    };
    let pairs = a.iter().zip(b).zip(runs.into_iter().zip(b_runs));
    let pairs = pairs.map(|((a, b), (a_runs, b_runs))| Pair {
        cell: same(a, b),
        a: a_runs,
        b: b_runs,
        paired: true,
        within: Default::default(),
    });
    Ok(Found {
        pairs: pairs.collect(),
        left_out: Vec::new(),
    })
}

/// Points that both sets have.
fn joined(a: Points, mut b: Points) -> Result<Found, PolicyError> {
    let mut pairs = Vec::new();
    let only = |cell, why| LeftOut {
        cell,
        metric: None,
        why,
    };
    let mut left_out = Vec::new();
    for (cell, own) in a {
        let Some(other) = b.remove(&cell) else {
            left_out.push(only(cell, "only A has it"));
            continue;
        };
        let figures = |runs: Vec<Run>| runs.into_iter().map(|run| run.metrics).collect();
        let (a, b, paired) = in_the_same_worlds(own, other);
        pairs.push(Pair {
            cell,
            paired,
            within: [&a, &b].map(|runs| match runs.as_slice() {
                [run] => run.within.clone(),
                _ => Vec::new(),
            }),
            a: figures(a),
            b: figures(b),
        });
    }
    left_out.extend(b.into_keys().map(|cell| only(cell, "only B has it")));
    if pairs.is_empty() {
        return Err(PolicyError::asked(
            "the two sets of results have no point in common",
            "sweep the same axes and modes in both",
        ));
    }
    Ok(Found { pairs, left_out })
}

/// The runs of two sets, and whether they are pairs. If one has run in all worlds of the
/// other, and in more, those of the other count: what is alike in pairs tells more than
/// a few runs without a partner.
fn in_the_same_worlds(a: Vec<Run>, b: Vec<Run>) -> (Vec<Run>, Vec<Run>, bool) {
    let has = |runs: &[Run], seed: &str| runs.iter().filter(|run| run.seed == seed).count() == 1;
    let common = a
        .iter()
        .filter(|run| has(&a, &run.seed) && has(&b, &run.seed));
    let common: Vec<String> = common.map(|run| run.seed.clone()).collect();
    if common.is_empty() || common.len() < a.len().min(b.len()) {
        return (a, b, false);
    }
    let of = |runs: Vec<Run>| -> Vec<Run> {
        let of = |seed: &String| runs.iter().find(|run| run.seed == *seed).cloned();
        common.iter().filter_map(of).collect()
    };
    (of(a), of(b), true)
}
