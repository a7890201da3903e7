//! How far a verdict survives when inputs that were only guessed vary.

use super::PolicyError;
use super::compare::{Comparison, compare};
use super::contender::Contender;
use super::cut::Cut;
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
    /// Values that were tried, in order.
    pub tried: Vec<Trial>,
    /// Between which values the winner changes, and who wins before and after.
    pub changes: Vec<Change>,
}

/// A value that was tried.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Its place in the range, 0 to 1.
    pub at: f64,
    /// The value.
    pub value: String,
    /// B beside A.
    pub judged: Judged,
    /// What was cut from the start of the runs.
    pub cut: Option<Cut>,
}

/// The winner changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The last value at which the one wins, the first at which the other does: by
    /// rising value, in a range; as they are listed, of words.
    pub between: (String, String),
    /// What B is, beside A, before and after.
    pub verdicts: (Verdict, Verdict),
}

impl Change {
    /// The same, seen from the other end.
    fn turn(&mut self) {
        self.between = (self.between.1.clone(), self.between.0.clone());
        self.verdicts = (self.verdicts.1, self.verdicts.0);
    }
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
    let mut search = Search {
        what,
        varied,
        settings,
        tried: Vec::new(),
    };
    search.begin()?;
    // Neighbours among those that have a winner.
    let ends = search.tried.iter().map(End::of);
    let won: Vec<End> = ends.filter(|end| is_won(end.verdict)).collect();
    let mut changes = Vec::new();
    for pair in won.windows(2) {
        let [before, after] = pair else { continue };
        if before.verdict != after.verdict {
            changes.push(search.change(before, after)?);
        }
    }
    search.tried.sort_by(|a, b| a.at.total_cmp(&b.at));
    if matches!(&varied.over, Over::Range(range) if range.falls()) {
        // Told by rising value.
        changes.reverse();
        changes.iter_mut().for_each(Change::turn);
    }
    Ok(Finding {
        key: varied.key.clone(),
        tried: search.tried,
        changes,
    })
}

/// The search for the values of one input at which the winner changes.
struct Search<'s> {
    what: &'s Sensitivity,
    varied: &'s Varied,
    settings: &'s Settings,
    tried: Vec<Trial>,
}

/// A value that was tried, and who wins there: an end of a gap.
#[derive(Clone)]
struct End {
    at: f64,
    value: String,
    verdict: Verdict,
}

impl End {
    fn of(trial: &Trial) -> End {
        End {
            at: trial.at,
            value: trial.value.clone(),
            verdict: trial.judged.verdict,
        }
    }
}

impl Search<'_> {
    /// Tries values all over what the input may be.
    fn begin(&mut self) -> Result<(), PolicyError> {
        let all: Vec<(f64, String, String)> = match &self.varied.over {
            Over::Range(range) => {
                let steps = self.what.steps.max(2);
                let places = (0..steps).map(|i| f64::from(i) / f64::from(steps - 1));
                places.map(|at| valued(range, at)).collect()
            }
            Over::Words(words) => {
                let words = words.iter().enumerate();
                words
                    .map(|(i, word)| (i as f64, word.clone(), word.clone()))
                    .collect()
            }
        };
        for (at, set, shown) in all {
            let trial = self.trial(at, &set, shown)?;
            self.tried.push(trial);
        }
        Ok(())
    }

    /// Runs A and B with the input `set`.
    fn trial(&self, at: f64, set: &str, value: String) -> Result<Trial, PolicyError> {
        let mut comparison = self.what.comparison.clone();
        comparison.sets.push(format!("{}={set}", self.varied.key));
        // Where the search goes hangs on what was found, so Holm's correction, which
        // wants all questions at once, is not to be had: Bonferroni's.
        comparison.alpha /= f64::from(self.what.most_verdicts());
        let row = compare(&comparison, self.settings)?.rows.into_iter().next();
        let row = row.ok_or_else(|| {
            PolicyError::asked("the runs have no such figure", "choose another --metric")
        })?;
        Ok(Trial {
            at,
            value,
            judged: row.judged,
            cut: row.cut,
        })
    }

    /// Tries the value in the middle between two places; none if that is the value
    /// of one of the `ends`.
    fn halve(
        &mut self,
        range: &Range,
        (from, to): (f64, f64),
        ends: &[&End],
    ) -> Result<Option<End>, PolicyError> {
        let (at, set, value) = valued(range, (from + to) / 2.0);
        if ends.iter().any(|end| end.value == value) {
            return Ok(None);
        }
        let trial = self.trial(at, &set, value)?;
        let end = End::of(&trial);
        self.tried.push(trial);
        Ok(Some(end))
    }

    /// Between which values another wins: bisects for them in a range.
    fn change(&mut self, low: &End, high: &End) -> Result<Change, PolicyError> {
        let verdicts = (low.verdict, high.verdict);
        let (mut low, mut high) = (low.clone(), high.clone());
        let Over::Range(range) = &self.varied.over else {
            return Ok(Change {
                between: (low.value, high.value),
                verdicts,
            });
        };
        for _ in 0..HALVINGS {
            let Some(middle) = self.halve(range, (low.at, high.at), &[&low, &high])? else {
                break;
            };
            if middle.verdict == verdicts.0 {
                low = middle;
            } else if middle.verdict == verdicts.1 {
                high = middle;
            } else {
                // Neither wins here: what lies on both sides of it is closed in on
                // from the outside.
                low = self.close_in(range, low, middle.at)?;
                high = self.close_in(range, high, middle.at)?;
                break;
            }
        }
        Ok(Change {
            between: (low.value, high.value),
            verdicts,
        })
    }

    /// The last value from `end` towards `open`, where it does not win, at which the
    /// winner of `end` wins.
    fn close_in(&mut self, range: &Range, mut end: End, mut open: f64) -> Result<End, PolicyError> {
        for _ in 0..HALVINGS / 2 {
            let Some(middle) = self.halve(range, (end.at, open), &[&end])? else {
                break;
            };
            match middle.verdict == end.verdict {
                true => end = middle,
                false => open = middle.at,
            }
        }
        Ok(end)
    }
}

/// The value at place `at` of `range`: place, as it is set, and as it is shown.
fn valued(range: &Range, at: f64) -> (f64, String, String) {
    let value = range.at(at);
    let shown = value.as_str().map(str::to_owned);
    let set = value.to_string();
    (at, set.clone(), shown.unwrap_or(set))
}

fn is_won(verdict: Verdict) -> bool {
    matches!(
        verdict,
        Verdict::Better | Verdict::Worse | Verdict::More | Verdict::Less
    )
}
