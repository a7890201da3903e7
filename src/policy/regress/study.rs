//! How often a check is wrong: with fresh worlds, for policies that have not
//! changed and for one that has.

use super::baseline::CellRuns;
use super::check::{State, judge_cells};
use super::matrix::Matrix;
use crate::policy::{PolicyError, Settings};
use crate::stats::{Interval, proportion};
use crate::sweep::METRICS;

/// What came of many checks.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Study {
    /// Checks.
    pub checks: u64,
    /// Of which red.
    pub red: u64,
    /// The 95 % interval of the chance that a check is red.
    pub chance: Interval,
}

/// Runs of a matrix in many worlds, cut into checks.
#[derive(Clone, Debug)]
pub struct Pool {
    /// A cell each; all runs of every figure.
    cells: Vec<CellRuns>,
}

impl Pool {
    /// Runs every cell of `matrix` in `worlds` worlds, from the first of
    /// `settings` on.
    ///
    /// # Errors
    /// A run fails.
    pub fn new(matrix: &Matrix, worlds: u32, settings: &Settings) -> Result<Pool, PolicyError> {
        let matrix = Matrix {
            replications: worlds,
            ..matrix.clone()
        };
        Ok(Pool {
            cells: super::record(&matrix, settings)?.cells,
        })
    }

    /// As many runs as a check has, from world `from` on.
    fn cut(&self, from: usize, n: usize) -> Vec<CellRuns> {
        let cut = |cell: &CellRuns| CellRuns {
            cell: cell.cell.clone(),
            figures: cell
                .figures
                .iter()
                .map(|(name, runs)| (name.clone(), runs[from..from + n].to_vec()))
                .collect(),
        };
        self.cells.iter().map(cut).collect()
    }

    /// Means of figure `metric`, a cell each.
    pub fn means(&self, metric: usize) -> Vec<f64> {
        let name = METRICS[metric].name;
        let of = |cell: &CellRuns| {
            let figure = cell.figures.iter().find(|(own, _)| own == name);
            figure.map_or(f64::NAN, |(_, runs)| {
                runs.iter().sum::<f64>() / runs.len() as f64
            })
        };
        self.cells.iter().map(of).collect()
    }
}

/// Checks of what has not changed: the runs of each are held against a baseline
/// from the worlds of the next.
pub fn fresh(matrix: &Matrix, pool: &Pool) -> Study {
    changed(matrix, pool, pool, false)
}

/// Checks of `changed` against baselines of `pool`: in the same worlds if
/// `paired`, else each in those of the next check.
pub fn changed(matrix: &Matrix, pool: &Pool, changed: &Pool, paired: bool) -> Study {
    let n = matrix.replications as usize;
    let worlds = pool
        .cells
        .first()
        .and_then(|cell| cell.figures.first())
        .map_or(0, |(_, runs)| runs.len());
    let checks = worlds / n;
    study(checks, |i| {
        let other = if paired { i } else { (i + 1) % checks };
        is_red(
            matrix,
            &pool.cut(i * n, n),
            &changed.cut(other * n, n),
            paired,
        )
    })
}

fn is_red(matrix: &Matrix, was: &[CellRuns], is: &[CellRuns], paired: bool) -> bool {
    judge_cells(matrix, was, is, paired)
        .iter()
        .any(|row| row.state == State::Worse)
}

fn study(checks: usize, is_red: impl Fn(usize) -> bool + Sync) -> Study {
    use rayon::prelude::*;
    let red = (0..checks).into_par_iter().filter(|i| is_red(*i)).count() as u64;
    Study {
        checks: checks as u64,
        red,
        chance: proportion(red, checks as u64, 0.95),
    }
}
