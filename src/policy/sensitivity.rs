//! How far a verdict survives when inputs that were only guessed vary.

use super::PolicyError;
use super::compare::{Comparison, compare};
use super::contender::Contender;
use super::runs::Settings;
use super::verdict::{Judged, Verdict};
use crate::sweep::Range;

/// An input that varies.
#[derive(Clone, Debug)]
pub struct Varied {
    /// Its key in the scenario.
    pub key: String,
    /// Over what.
    pub over: Over,
}

/// The values of an input that varies.
#[derive(Clone, Debug)]
pub enum Over {
    /// From where to where.
    Range(Range),
    /// These words, which have nothing between them: CPU profiles.
    Words(Vec<String>),
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Sensitivity {
    /// A against B, over one scenario, by one figure.
    pub comparison: Comparison,
    /// What varies, one after the other.
    pub varied: Vec<Varied>,
    /// Values of each that are tried at first.
    pub steps: u32,
}

/// What is known of one input.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Its key.
    pub key: String,
    /// Values that were tried, in order: place in the range, text, B beside A.
    pub tried: Vec<(f64, String, Judged)>,
    /// Between which values the winner changes, and who wins before and after.
    pub changes: Vec<Change>,
}

/// The winner changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The last value at which the one wins, the first at which the other does.
    pub between: (String, String),
    /// What B is, beside A, before and after.
    pub verdicts: (Verdict, Verdict),
}

impl Sensitivity {
    /// Verdicts that may be asked for: of every word; of every step of a range, and
    /// of every gap between two.
    pub fn most_verdicts(&self) -> u32 {
        let steps = self.steps.max(2);
        let of = |varied: &Varied| match &varied.over {
            Over::Range(_) => steps + 2 * HALVINGS * (steps - 1),
            Over::Words(words) => words.len() as u32,
        };
        self.varied.iter().map(of).sum()
    }
}

/// Halvings of the gap in which the winner changes.
const HALVINGS: u32 = 12;

/// Varies every input over its range, and bisects for the values at which the
/// winner changes.
///
/// # Errors
/// A and B cannot be compared, a value makes no scenario, or a run fails.
pub fn sensitivity(what: &Sensitivity, settings: &Settings) -> Result<Vec<Finding>, PolicyError> {
    if matches!(
        what.comparison.a,
        Contender::Results(_) | Contender::Scenario(_)
    ) {
        return Err(PolicyError::asked(
            "results and scenario files cannot be varied",
            "give two policies, two modes or two builds, and --scenario FILE.toml",
        ));
    }
    if what.comparison.scenarios.len() > 1 || what.comparison.metrics.len() != 1 {
        return Err(PolicyError::asked(
            "inputs are varied over one scenario, and by one figure",
            "--scenario FILE.toml --metric iops",
        ));
    }
    what.varied
        .iter()
        .map(|varied| finding(what, varied, settings))
        .collect()
}

fn finding(
    what: &Sensitivity,
    varied: &Varied,
    settings: &Settings,
) -> Result<Finding, PolicyError> {
    let judged = |value: &str| -> Result<Judged, PolicyError> {
        let mut comparison = what.comparison.clone();
        comparison.sets.push(format!("{}={value}", varied.key));
        // Where the search goes hangs on what was found, so Holm's correction, which
        // wants all questions at once, is not to be had: Bonferroni's.
        comparison.alpha /= f64::from(what.most_verdicts());
        let row = compare(&comparison, settings)?.into_iter().next();
        let row = row.ok_or_else(|| {
            PolicyError::asked("the runs have no such figure", "choose another --metric")
        })?;
        Ok(row.judged)
    };
    let (tried, changes) = match &varied.over {
        Over::Range(range) => {
            let steps = what.steps.max(2);
            search(steps, |u| {
                let value = range.at(u);
                let text = value.as_str().map(str::to_owned);
                let text = text.unwrap_or_else(|| value.to_string());
                Ok((u, text, judged(&value.to_string())?))
            })?
        }
        Over::Words(words) => {
            let words = words.iter().enumerate();
            let tried = words.map(|(i, word)| Ok((i as f64, word.clone(), judged(word)?)));
            let tried = tried.collect::<Result<Vec<_>, PolicyError>>()?;
            let changes = turns(&tried).into_iter().map(|(low, high)| Change {
                between: (low.1, high.1),
                verdicts: (low.2, high.2),
            });
            let changes = changes.collect();
            (tried, changes)
        }
    };
    Ok(Finding {
        key: varied.key.clone(),
        tried,
        changes,
    })
}

/// Neighbours among what has a winner, where the one's is not the other's.
fn turns(tried: &[(f64, String, Judged)]) -> Vec<(Tried, Tried)> {
    let sure: Vec<Tried> = tried
        .iter()
        .filter(|(_, _, judged)| is_won(judged.verdict))
        .map(|(u, text, judged)| (*u, text.clone(), judged.verdict))
        .collect();
    let pairs = sure.iter().zip(sure.iter().skip(1));
    pairs
        .filter(|(before, after)| before.2 != after.2)
        .map(|(before, after)| (before.clone(), after.clone()))
        .collect()
}

/// What was tried of a range, and where in it the winner changes.
type Found = (Vec<(f64, String, Judged)>, Vec<Change>);

/// Tries so many values of a range, then halves the gaps in which the winner changes.
fn search(
    steps: u32,
    try_at: impl Fn(f64) -> Result<(f64, String, Judged), PolicyError>,
) -> Result<Found, PolicyError> {
    let mut tried = (0..steps)
        .map(|i| try_at(f64::from(i) / f64::from(steps - 1)))
        .collect::<Result<Vec<_>, _>>()?;
    let mut changes = Vec::new();
    for (before, after) in turns(&tried) {
        let (mut low, mut high) = (before.clone(), after.clone());
        let (mut from, mut to) = (low.0, high.0);
        for _ in 0..HALVINGS {
            let (u, text, judged) = try_at((from + to) / 2.0)?;
            if text == low.1 || text == high.1 {
                break;
            }
            let verdict = judged.verdict;
            tried.push((u, text.clone(), judged));
            if verdict == before.2 {
                (low, from) = ((u, text, verdict), u);
            } else if verdict == after.2 {
                (high, to) = ((u, text, verdict), u);
            } else {
                // Neither wins here: what lies on both sides of it is closed in
                // on from the outside.
                (low, high) = close_in(low, high, u, before.2, after.2, &try_at, &mut tried)?;
                break;
            }
        }
        changes.push(Change {
            between: (low.1, high.1),
            verdicts: (before.2, after.2),
        });
    }
    tried.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok((tried, changes))
}

type Tried = (f64, String, Verdict);

/// The ends of the part around `middle` in which neither wins.
fn close_in(
    mut low: Tried,
    mut high: Tried,
    middle: f64,
    before: Verdict,
    after: Verdict,
    try_at: &impl Fn(f64) -> Result<(f64, String, Judged), PolicyError>,
    tried: &mut Vec<(f64, String, Judged)>,
) -> Result<(Tried, Tried), PolicyError> {
    for (end, wins) in [(&mut low, before), (&mut high, after)] {
        let mut open = middle;
        for _ in 0..HALVINGS / 2 {
            let (u, text, judged) = try_at((end.0 + open) / 2.0)?;
            if text == end.1 {
                break;
            }
            let verdict = judged.verdict;
            tried.push((u, text.clone(), judged));
            match verdict == wins {
                true => *end = (u, text, verdict),
                false => open = u,
            }
        }
    }
    Ok((low, high))
}

fn is_won(verdict: Verdict) -> bool {
    matches!(
        verdict,
        Verdict::Better | Verdict::Worse | Verdict::More | Verdict::Less
    )
}
