//! Is it still as good as it was?

use super::baseline::{Baseline, CellRuns, record};
use super::matrix::Figure;
use super::matrix::Matrix;
use crate::policy::cut::Cut;
use crate::policy::{PolicyError, Question, Settings};
use crate::stats::{Difference, Interval, Moments, holm};
use crate::sweep::{Better, METRICS, quoted};

/// What came of a check.
#[derive(Clone, Debug)]
pub struct Report {
    /// Every figure of every cell, in order of the matrix.
    pub rows: Vec<Row>,
    /// Whether the runs met the worlds of the baseline's.
    pub paired: bool,
    /// Chance that a check of unchanged policies fails.
    pub alpha: f64,
    /// What was cut from the start of the runs.
    pub cut: Option<Cut>,
    /// The command of this check.
    pub command: String,
}

/// A figure of a cell.
#[derive(Clone, Debug)]
pub struct Row {
    /// The cell, in words.
    pub cell: String,
    /// The figure: its name.
    pub metric: String,
    /// How it was.
    pub was: Moments,
    /// How it is.
    pub is: Moments,
    /// By how much it became worse, as a share of how it was; negative if it
    /// became better. Where it was 0 there is no share: the difference itself.
    pub worse_by: f64,
    /// The 95 % interval of that.
    pub interval: Option<Interval>,
    /// How much worse it may be.
    pub margin: f64,
    /// p-value of "worse by more than the margin", corrected for the matrix.
    pub p: f64,
    /// What that means.
    pub state: State,
}

/// How a figure fared.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Significantly worse, by more than the margin.
    Worse,
    /// Significantly better, by more than the margin.
    Better,
    /// Neither.
    Unchanged,
}

impl Report {
    /// Whether anything became worse.
    pub fn is_red(&self) -> bool {
        self.rows.iter().any(|row| row.state == State::Worse)
    }

    /// The command that checks the cell of `row` alone: in the same worlds, with the
    /// same figures.
    pub fn command_of(&self, row: &Row) -> String {
        format!("{} --cell {}", self.command, quoted(&row.cell))
    }
}

/// Runs `matrix` again, and holds it against `baseline`.
///
/// # Errors
/// The baseline is of another matrix, or a run fails.
pub fn check(
    matrix: &Matrix,
    baseline: &Baseline,
    settings: &Settings,
) -> Result<Report, PolicyError> {
    fits(matrix, baseline)?;
    let now = record(matrix, settings)?;
    let paired = now.baseline.first == baseline.first;
    let mut command = format!(
        "mpathsim regress check {}",
        quoted(&matrix.path.display().to_string())
    );
    if !paired {
        command += &format!(" --fresh {}", settings.first);
    }
    Ok(Report {
        rows: judge_cells(matrix, &baseline.cells, &now.baseline.cells, paired),
        paired,
        alpha: matrix.alpha,
        cut: now.cut,
        command,
    })
}

/// Whether `baseline` is one of `matrix`.
fn fits(matrix: &Matrix, baseline: &Baseline) -> Result<(), PolicyError> {
    let wanted: Vec<String> = matrix.cells.iter().map(ToString::to_string).collect();
    let there: Vec<&str> = baseline
        .cells
        .iter()
        .map(|cell| cell.cell.as_str())
        .collect();
    let update = "record it anew: mpathsim regress update FILE";
    if let Some(missing) = wanted.iter().find(|cell| !there.contains(&cell.as_str())) {
        return Err(PolicyError::asked(
            format!("the baseline has no `{missing}`"),
            update,
        ));
    }
    let names: Vec<&str> = matrix
        .figures
        .iter()
        .map(|figure| METRICS[figure.metric].name)
        .collect();
    let all_there = |cell: &CellRuns| {
        cell.figures
            .iter()
            .map(|(name, _)| name.as_str())
            .eq(names.iter().copied())
            && cell
                .figures
                .iter()
                .all(|(_, runs)| runs.len() == matrix.replications as usize)
    };
    if let Some(name) = baseline.changed(matrix)? {
        return Err(PolicyError::asked(
            format!(
                "the scenario `{name}` is not the one that the baseline was recorded with: \
                 whether a policy became worse cannot be told"
            ),
            "undo the change, or record it anew: mpathsim regress update FILE",
        ));
    }
    let same_order = there.iter().copied().eq(wanted.iter().map(String::as_str));
    if !same_order
        || !baseline.cells.iter().all(all_there)
        || baseline.warm_up != matrix.warm_up.to_string()
    {
        return Err(PolicyError::asked(
            "the baseline is of another matrix: cells, figures, runs or warm-up differ",
            update,
        ));
    }
    Ok(())
}

/// Holds the runs `now` against those that `was` has, cell by cell in the order
/// of `matrix`; with `paired`, replications of the same number met the same
/// world.
///
/// The chance that any cell is called worse although none is, is at most the
/// matrix's `alpha` (Holm's correction).
pub fn judge_cells(matrix: &Matrix, was: &[CellRuns], now: &[CellRuns], paired: bool) -> Vec<Row> {
    let mut rows = Vec::new();
    let (mut worse, mut better) = (Vec::new(), Vec::new());
    for (old, new) in was.iter().zip(now) {
        let runs = old.figures.iter().zip(&new.figures);
        for (figure, ((name, a), (_, b))) in matrix.figures.iter().zip(runs) {
            let question = figure.question(a, b, paired);
            let difference = question.difference();
            let [more, less, _] = question.claims(difference.as_ref());
            let more_is_better = question.better == Better::More;
            worse.push(if more_is_better { less } else { more });
            better.push(if more_is_better { more } else { less });
            rows.push(Row::new(&old.cell, name, &question, difference));
        }
    }
    for ((row, worse), better) in rows.iter_mut().zip(holm(&worse)).zip(holm(&better)) {
        row.p = worse;
        if worse <= matrix.alpha {
            row.state = State::Worse;
        } else if better <= matrix.alpha {
            row.state = State::Better;
        }
    }
    rows
}

impl Figure {
    /// Is it as good in the runs `is` as it was?
    fn question(&self, was: &[f64], is: &[f64], paired: bool) -> Question {
        let metric = &METRICS[self.metric];
        Question {
            a: was.to_vec(),
            b: is.to_vec(),
            paired: paired && was.len() == is.len(),
            better: metric.better,
            margin: self.margin,
            rounding: metric.rounding(),
            nothing_at_zero: false,
        }
    }
}

impl Row {
    /// `worse_by`, or an end of its interval, as it is shown: percent, or the
    /// difference itself where the figure was 0.
    pub fn shown(&self, worse_by: f64) -> String {
        match self.was.mean == 0.0 {
            true => format!("{worse_by:+.2}"),
            false => format!("{:+.2} %", 100.0 * worse_by),
        }
    }

    /// A figure that is not yet judged.
    fn new(cell: &str, name: &str, asked: &Question, difference: Option<Difference>) -> Row {
        let of = |runs: &[f64]| Moments::of(runs.iter().copied());
        let was = of(&asked.a);
        // A share of what was, that is positive where it is worse.
        let scale = match was.mean.abs() {
            0.0 => 1.0,
            scale => scale,
        };
        let sign = if asked.better == Better::More {
            -1.0
        } else {
            1.0
        };
        // Not "-0".
        let worse_by = |x: f64| sign * x / scale + 0.0;
        let interval = difference.map(|difference| {
            let Interval { low, high } = difference.interval(0.95);
            let (one, other) = (worse_by(low), worse_by(high));
            Interval {
                low: one.min(other),
                high: one.max(other),
            }
        });
        Row {
            cell: cell.to_owned(),
            metric: name.to_owned(),
            was,
            is: of(&asked.b),
            worse_by: worse_by(difference.map_or(0.0, |d| d.mean)),
            interval,
            margin: asked.margin,
            p: 1.0,
            state: State::Unchanged,
        }
    }
}
