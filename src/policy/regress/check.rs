//! Is it still as good as it was?

use super::baseline::{Baseline, CellRuns, record};
use super::matrix::Matrix;
use crate::policy::{PolicyError, Settings};
use crate::stats::{Difference, Interval, Moments, holm};
use crate::sweep::{Better, METRICS};

/// What came of a check.
#[derive(Clone, Debug)]
pub struct Report {
    /// Every figure of every cell, in order of the matrix.
    pub rows: Vec<Row>,
    /// Whether the runs met the worlds of the baseline's.
    pub paired: bool,
    /// Chance that a check of unchanged policies fails.
    pub alpha: f64,
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
    /// became better.
    pub worse_by: f64,
    /// The 95 % interval of that.
    pub interval: Option<Interval>,
    /// How much worse it may be.
    pub margin: f64,
    /// p-value of "worse by more than the margin", corrected for the matrix.
    pub p: f64,
    /// What that means.
    pub state: State,
    /// The command that runs it.
    pub command: String,
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
    let paired = now.first == baseline.first;
    let mut rows = judge_cells(matrix, &baseline.cells, &now.cells, paired);
    let figures = matrix.figures.len().max(1);
    for (i, row) in rows.iter_mut().enumerate() {
        row.command = matrix.cells[i / figures].command(settings.first);
    }
    Ok(Report {
        rows,
        paired,
        alpha: matrix.alpha,
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
        for (figure, ((name, a), (_, b))) in matrix
            .figures
            .iter()
            .zip(old.figures.iter().zip(&new.figures))
        {
            // Turned so that more is worse.
            let sign = match METRICS[figure.metric].better {
                Better::More => -1.0,
                Better::Less | Better::Neither => 1.0,
            };
            let of = |runs: &[f64]| Moments::of(runs.iter().map(|x| sign * x));
            let difference = match paired && a.len() == b.len() {
                true => {
                    let pairs: Vec<(f64, f64)> =
                        a.iter().zip(b).map(|(a, b)| (sign * a, sign * b)).collect();
                    Difference::of_pairs(&pairs)
                }
                false => Difference::of_samples(&of(a), &of(b)),
            };
            let scale = of(a).mean.abs();
            let (step, runs) = (
                METRICS[figure.metric].rounding() * scale,
                a.len().min(b.len()),
            );
            let difference = difference.map(|d| d.rounded_to(step, runs as u64));
            let limit = figure.margin * scale;
            worse.push(difference.map_or(1.0, |d| d.p_more_than(limit)));
            better.push(difference.map_or(1.0, |d| d.p_less_than(-limit)));
            let over = |x: f64| if scale > 0.0 { x / scale } else { x };
            rows.push(Row {
                cell: old.cell.clone(),
                metric: name.clone(),
                was: Moments::of(a.iter().copied()),
                is: Moments::of(b.iter().copied()),
                worse_by: over(difference.map_or(0.0, |d| d.mean)),
                interval: difference.map(|d| d.interval(0.95)).map(|i| Interval {
                    low: over(i.low),
                    high: over(i.high),
                }),
                margin: figure.margin,
                p: 1.0,
                state: State::Unchanged,
                command: String::new(),
            });
        }
    }
    let (worse, better) = (holm(&worse), holm(&better));
    for ((row, worse), better) in rows.iter_mut().zip(worse).zip(better) {
        row.p = worse;
        if worse <= matrix.alpha {
            row.state = State::Worse;
        } else if better <= matrix.alpha {
            row.state = State::Better;
        }
    }
    rows
}
