//! All policies over a library of scenarios.

use std::path::PathBuf;

use super::PolicyError;
use super::runs::{Cell, Runs, Settings};
use super::verdict::{Question, Verdict, judge};
use crate::scenario::Mode;
use crate::stats::{Interval, Moments};
use crate::sweep::{Better, METRICS, ratio_to_bound};

/// What is played.
#[derive(Clone, Debug)]
pub struct Tournament {
    /// The scenario files.
    pub scenarios: Vec<PathBuf>,
    /// The policies; those that a scenario's map refuses are left out.
    pub policies: Vec<String>,
    /// The modes.
    pub modes: Vec<Mode>,
    /// The figure that decides: index into [`METRICS`].
    pub metric: usize,
    /// Differences up to this share do not matter.
    pub margin: f64,
    /// Chance that any place is wrong.
    pub alpha: f64,
}

/// A policy's place.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The policy.
    pub policy: String,
    /// The best place that it may have, from 1, and the worst: policies that
    /// the runs do not tell apart share theirs.
    pub places: (usize, usize),
    /// Its figure over that of the best of each cell, 1 at best: the geometric
    /// mean of all cells.
    pub score: f64,
    /// The 95 % interval of that.
    pub interval: Option<Interval>,
    /// Its figure over what the devices could do at best: the geometric mean of all
    /// cells, and its 95 % interval; none where that is not known.
    pub of_bound: Option<(f64, Option<Interval>)>,
}

/// What came of a tournament.
#[derive(Clone, Debug, Default)]
pub struct Ranking {
    /// Policies, the best first.
    pub places: Vec<Place>,
    /// Policies that cannot play everywhere, modes that a scenario does not have, and
    /// why.
    pub left_out: Vec<(String, String)>,
    /// Cells that were played: scenario and mode.
    pub cells: usize,
}

/// Plays `what`.
///
/// # Errors
/// Nobody can play, or a run fails.
pub fn tournament(what: &Tournament, settings: &Settings) -> Result<Ranking, PolicyError> {
    let mut ranking = Ranking::default();
    let fields = fields(what, settings, &mut ranking);
    if fields.is_empty() {
        let why = "no scenario has a mode that was asked for";
        return Err(PolicyError::asked(why, "choose another --mode"));
    }
    let mut players: Vec<(String, Vec<Runs>)> = Vec::new();
    for policy in &what.policies {
        let cells: Vec<Cell> = fields
            .iter()
            .map(|(scenario, mode)| Cell {
                scenario: (*scenario).clone(),
                policy: Some(policy.clone()),
                mode: *mode,
                sets: Vec::new(),
            })
            .collect();
        match settings.run(&cells) {
            Ok(runs) => players.push((policy.clone(), runs)),
            Err(PolicyError::Stopped) => return Err(PolicyError::Stopped),
            Err(why) => ranking.left_out.push((policy.clone(), why.to_string())),
        }
    }
    if players.is_empty() {
        let why: Vec<String> = ranking
            .left_out
            .iter()
            .map(|(policy, why)| format!("{policy}: {why}"))
            .collect();
        return Err(PolicyError::asked("no policy can play", why.join("; ")));
    }
    ranking.cells = fields.len();
    ranking.places = places(what, &players, settings.replications as usize);
    Ok(ranking)
}

/// The scenarios and modes that are played over; modes that a scenario does not
/// have are left out.
fn fields<'t>(
    what: &'t Tournament,
    settings: &Settings,
    ranking: &mut Ranking,
) -> Vec<(&'t PathBuf, Mode)> {
    let mut fields = Vec::new();
    for scenario in &what.scenarios {
        let as_it_is = Cell {
            scenario: scenario.clone(),
            policy: None,
            mode: Mode::Bio,
            sets: Vec::new(),
        };
        // One that cannot be read is for the policies to complain of.
        let has = settings
            .scenario(&as_it_is)
            .map(|scenario| scenario.modes());
        for mode in &what.modes {
            if has.as_ref().is_ok_and(|has| !has.contains(mode)) {
                let (name, mode) = (as_it_is.scenario_name(), mode.name());
                let which = format!("{name}, {mode} mode");
                ranking.left_out.push((which, "it has none".into()));
            } else {
                fields.push((scenario, *mode));
            }
        }
    }
    fields
}

fn places(what: &Tournament, players: &[(String, Vec<Runs>)], replications: usize) -> Vec<Place> {
    let more = METRICS[what.metric].better != Better::Less;
    let figure = |runs: &Runs, r: usize| {
        runs.get(r)
            .and_then(|run| run[what.metric])
            .filter(|x| *x > 0.0)
    };
    // The score of a player in a replication: the mean logarithm of its figure
    // over the best of the cell, all of whom met the same world.
    let score = |runs: &[Runs], r: usize| -> Option<f64> {
        let mut sum = 0.0;
        for (cell, own) in runs.iter().enumerate() {
            let own = figure(own, r)?;
            let all = players
                .iter()
                .filter_map(|(_, runs)| figure(&runs[cell], r));
            let best = all.reduce(|a, b| if (a > b) == more { a } else { b })?;
            sum += libm::log(if more { own / best } else { best / own });
        }
        Some(sum / runs.len().max(1) as f64)
    };
    let scores: Vec<Scores> = players
        .iter()
        .map(|(_, runs)| (0..replications).map(|r| score(runs, r)).collect())
        .collect();
    let (pairs, judged) = duels(&scores, what);
    let mut all: Vec<Place> = players
        .iter()
        .enumerate()
        .map(|(i, (policy, runs))| {
            let beaten_by = |j: usize, verdict| {
                pairs
                    .iter()
                    .zip(&judged)
                    .any(|((a, b), v)| (*a, *b) == (i, j) && *v == verdict)
            };
            let others = || (0..players.len()).filter(|j| *j != i);
            let better = others().filter(|j| beaten_by(*j, Verdict::Better)).count();
            let worse = others().filter(|j| beaten_by(*j, Verdict::Worse)).count();
            let moments = Moments::of(scores[i].iter().copied().flatten());
            Place {
                policy: policy.clone(),
                places: (1 + better, players.len() - worse),
                score: libm::exp(moments.mean),
                interval: moments.interval(0.95).map(exp),
                of_bound: of_bound(runs, what.metric, replications),
            }
        })
        .collect();
    all.sort_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then_with(|| a.policy.cmp(&b.policy))
    });
    all
}

/// The score of a player in each replication; none where a figure is missing.
type Scores = Vec<Option<f64>>;

/// Every player against every other: who is compared, and what the second is
/// beside the first.
fn duels(scores: &[Scores], what: &Tournament) -> (Vec<(usize, usize)>, Vec<Verdict>) {
    let n = scores.len();
    let pairs: Vec<(usize, usize)> = (0..n)
        .flat_map(|a| (a + 1..n).map(move |b| (a, b)))
        .collect();
    let question = |(a, b): &(usize, usize)| {
        // Replications that both have.
        let both = scores[*a].iter().zip(&scores[*b]);
        let both: Vec<(f64, f64)> = both.filter_map(|(a, b)| (*a).zip(*b)).collect();
        // Scores are logarithms: a margin is a difference of them, which makes it
        // the share of a mean of 1.
        let mean = Moments::of(both.iter().map(|(a, _)| *a)).mean;
        Question {
            a: both.iter().map(|(a, _)| 1.0 + a - mean).collect(),
            b: both.iter().map(|(_, b)| 1.0 + b - mean).collect(),
            paired: true,
            better: Better::More,
            margin: what.margin,
            rounding: METRICS[what.metric].rounding(),
            nothing_at_zero: false,
        }
    };
    let questions: Vec<Question> = pairs.iter().map(question).collect();
    let judged = judge(&questions, what.alpha);
    let mut all = pairs.clone();
    let mut verdicts: Vec<Verdict> = judged.iter().map(|judged| judged.verdict).collect();
    for ((a, b), judged) in pairs.iter().zip(&judged) {
        all.push((*b, *a));
        verdicts.push(match judged.verdict {
            Verdict::Better => Verdict::Worse,
            Verdict::Worse => Verdict::Better,
            same => same,
        });
    }
    (all, verdicts)
}

/// An interval of logarithms as one of what they are of.
fn exp(interval: Interval) -> Interval {
    Interval {
        low: libm::exp(interval.low),
        high: libm::exp(interval.high),
    }
}

/// How near the runs of all cells came to what is possible, 1 at best: the
/// geometric mean, a sample a replication.
fn of_bound(
    cells: &[Runs],
    decides: usize,
    replications: usize,
) -> Option<(f64, Option<Interval>)> {
    let (ratio, better) = ratio_to_bound(METRICS[decides].name)?;
    let sign = if better == Better::Less { -1.0 } else { 1.0 };
    let one = |r: usize| -> Option<f64> {
        let mut sum = 0.0;
        for runs in cells {
            sum += libm::log(runs.get(r)?[ratio].filter(|x| *x > 0.0)?);
        }
        Some(sign * sum / cells.len().max(1) as f64)
    };
    let moments = Moments::of((0..replications).filter_map(one));
    let known = moments.count > 0;
    known.then(|| (libm::exp(moments.mean), moments.interval(0.95).map(exp)))
}
