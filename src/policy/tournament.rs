//! All policies over a library of scenarios.

use std::path::PathBuf;

use super::PolicyError;
use super::cut::Cut;
use super::runs::{Cell, Runs, Settings, names, once};
use super::verdict::{Judged, Question, Verdict, judge};
use crate::scenario::{Mode, did_you_mean};
use crate::stats::{Interval, Moments};
use crate::sweep::{Better, METRICS, ratio_to_bound};

/// What is played.
#[derive(Clone, Debug)]
pub struct Tournament {
    /// The scenario files.
    pub scenarios: Vec<PathBuf>,
    /// The policies; those that a scenario's map refuses are left out, but each is known.
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
    /// Its figure over what the devices could do at best, of whole runs: the
    /// geometric mean of all cells, and its 95 % interval; none where that is not
    /// known.
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
    /// What was cut from the start of the runs.
    pub cut: Option<Cut>,
}

/// Plays `what`.
///
/// # Errors
/// A scenario cannot be read, a policy does not exist, nobody can play, a run fails, or the figure does not
/// rank: it is neither better nor worse, or 0 in a run.
pub fn tournament(what: &Tournament, settings: &Settings) -> Result<Ranking, PolicyError> {
    let metric = &METRICS[what.metric];
    if metric.better == Better::Neither {
        return Err(PolicyError::asked(
            format!("`{}` has no better and worse", metric.name),
            "choose a figure that has: iops, lat_p99_us, cpu_per_io_us, …",
        ));
    }
    once(&what.policies)?;
    are_known(&what.policies, settings)?;
    let mut ranking = Ranking::default();
    let fields = fields(what, settings, &mut ranking)?;
    if fields.is_empty() {
        let why = "no scenario has a mode that was asked for";
        return Err(PolicyError::asked(why, "choose another --mode"));
    }
    let mut players: Vec<(String, Vec<Runs>)> = Vec::new();
    for policy in &what.policies {
        let with_it = |field: &Cell| Cell {
            policy: Some(policy.clone()),
            ..field.clone()
        };
        let cells: Vec<Cell> = fields.iter().map(with_it).collect();
        match settings.run(&cells) {
            Ok(runs) => {
                can_be_ranked(what, &cells, &runs)?;
                players.push((policy.clone(), runs));
            }
            Err(why @ (PolicyError::Stopped | PolicyError::WarmUp { .. })) => return Err(why),
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
    ranking.cut = Cut::of(players.iter().flat_map(|(_, cells)| cells.iter().flatten()));
    ranking.places = places(what, &players, settings.replications as usize);
    Ok(ranking)
}

/// Whether there is every policy: what cannot play somewhere is left out, what does not
/// exist is a slip.
fn are_known(policies: &[String], settings: &Settings) -> Result<(), PolicyError> {
    let name = |policy: &String| policy.split_whitespace().next().unwrap_or("").to_owned();
    let mut names = policies.iter().map(name);
    names
        .find(|name| !settings.policies.has(name))
        .map_or(Ok(()), |name| {
            let hint = did_you_mean(&name, settings.policies.all_names());
            Err(PolicyError::asked(
                format!("there is no policy `{name}`"),
                hint,
            ))
        })
}

/// The cells that are played over, with no policy yet; modes that a scenario does
/// not have are left out.
fn fields(
    what: &Tournament,
    settings: &Settings,
    ranking: &mut Ranking,
) -> Result<Vec<Cell>, PolicyError> {
    let names = names(&what.scenarios);
    once(&names)?;
    let mut fields = Vec::new();
    for (scenario, name) in what.scenarios.iter().zip(names) {
        let cell = |mode: Mode| Cell {
            scenario: scenario.clone(),
            name: name.clone(),
            policy: None,
            mode,
            sets: Vec::new(),
        };
        let has = settings.scenario(&cell(Mode::Bio))?.modes();
        for field in what.modes.iter().map(|mode| cell(*mode)) {
            if has.contains(&field.mode) {
                fields.push(field);
            } else {
                ranking
                    .left_out
                    .push((field.to_string(), "it has none".into()));
            }
        }
    }
    Ok(fields)
}

/// Whether the figure that decides can be taken as a share of the best in all runs.
fn can_be_ranked(what: &Tournament, cells: &[Cell], runs: &[Runs]) -> Result<(), PolicyError> {
    let metric = METRICS[what.metric].name;
    for (cell, runs) in cells.iter().zip(runs) {
        for (replication, run) in runs.iter().enumerate() {
            let wrong = match run[what.metric] {
                Some(x) if x > 0.0 => continue,
                Some(_) => format!("`{metric}` is 0"),
                None => format!("there is no `{metric}`"),
            };
            return Err(PolicyError::asked(
                format!(
                    "{cell}, replication {replication}: {wrong}, which has no share of the best"
                ),
                "rank by another --metric",
            ));
        }
    }
    Ok(())
}

fn places(what: &Tournament, players: &[(String, Vec<Runs>)], replications: usize) -> Vec<Place> {
    let scores: Vec<Vec<f64>> = players
        .iter()
        .map(|(_, own)| {
            (0..replications)
                .map(|r| score(what, players, own, r))
                .collect()
        })
        .collect();
    let duels = duels(&scores, what);
    let mut all: Vec<Place> = players
        .iter()
        .enumerate()
        .map(|(i, (policy, runs))| {
            let rivals = |verdict: Verdict| {
                let one = |duel: &&Duel| duel.player == i && duel.rival_is == verdict;
                duels.iter().filter(one).count()
            };
            let moments = Moments::of(scores[i].iter().copied());
            Place {
                policy: policy.clone(),
                places: (
                    1 + rivals(Verdict::Better),
                    players.len() - rivals(Verdict::Worse),
                ),
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

/// The score of a player whose runs are `own` in replication `r`: the mean logarithm
/// of its figure over the best of the cell, all of whom met the same world.
fn score(what: &Tournament, players: &[(String, Vec<Runs>)], own: &[Runs], r: usize) -> f64 {
    let more = METRICS[what.metric].better == Better::More;
    let figure = |runs: &Runs| runs[r][what.metric].unwrap_or(f64::NAN);
    let cells = own.iter().enumerate().map(|(cell, runs)| {
        let own = figure(runs);
        let all = players.iter().map(|(_, runs)| figure(&runs[cell]));
        match more {
            true => libm::log(own / all.fold(0.0, f64::max)),
            false => libm::log(all.fold(f64::INFINITY, f64::min) / own),
        }
    });
    cells.sum::<f64>() / own.len().max(1) as f64
}

/// What one player is told of another.
struct Duel {
    /// The one: its number.
    player: usize,
    /// What the other is, beside it.
    rival_is: Verdict,
}

/// Every player against every other, both ways round; scores are of each player in
/// each replication.
fn duels(scores: &[Vec<f64>], what: &Tournament) -> Vec<Duel> {
    let n = scores.len();
    let pairs: Vec<(usize, usize)> = (0..n)
        .flat_map(|a| (a + 1..n).map(move |b| (a, b)))
        .collect();
    let question = |(a, b): &(usize, usize)| {
        // Scores are logarithms: a margin is a difference of them, which makes it
        // the share of a mean of 1.
        let mean = Moments::of(scores[*a].iter().copied()).mean;
        let about_one = |scores: &[f64]| scores.iter().map(|x| 1.0 + x - mean).collect();
        Question {
            a: about_one(&scores[*a]),
            b: about_one(&scores[*b]),
            paired: true,
            better: Better::More,
            margin: what.margin,
            rounding: METRICS[what.metric].rounding(),
            nothing_at_zero: false,
        }
    };
    let questions: Vec<Question> = pairs.iter().map(question).collect();
    let judged = judge(&questions, what.alpha);
    let both_ways = |((a, b), judged): (&(usize, usize), &Judged)| {
        let back = match judged.verdict {
            Verdict::Better => Verdict::Worse,
            Verdict::Worse => Verdict::Better,
            same => same,
        };
        [(*a, judged.verdict), (*b, back)].map(|(player, rival_is)| Duel { player, rival_is })
    };
    pairs.iter().zip(&judged).flat_map(both_ways).collect()
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
