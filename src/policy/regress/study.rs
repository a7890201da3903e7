//! How often a check is wrong: with fresh worlds, for policies that have not
//! changed and for one that has.

use super::baseline::CellRuns;
use super::check::{State, judge_cells};
use super::matrix::Matrix;
use crate::policy::{PolicyError, Settings};
use crate::sim::draw::{Draws, Purpose};
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

    /// How many worlds.
    fn worlds(&self) -> usize {
        let first = self.cells.first().and_then(|cell| cell.figures.first());
        first.map_or(0, |(_, runs)| runs.len())
    }

    /// The runs of these worlds.
    fn cut(&self, worlds: &[usize]) -> Vec<CellRuns> {
        let cut = |cell: &CellRuns| CellRuns {
            cell: cell.cell.clone(),
            figures: cell
                .figures
                .iter()
                .map(|(name, runs)| (name.clone(), worlds.iter().map(|i| runs[*i]).collect()))
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

/// So many checks of what has not changed, each against a baseline from other
/// worlds. If `pool` has worlds enough, no two checks share any; else the worlds
/// of each check, and of its baseline, are drawn from the pool.
pub fn fresh(matrix: &Matrix, pool: &Pool, checks: usize) -> Study {
    let n = matrix.replications as usize;
    let disjoint = 2 * n * checks <= pool.worlds();
    study(checks, |i| {
        let worlds = match disjoint {
            true => (2 * n * i..2 * n * (i + 1)).collect(),
            false => draw(pool.worlds(), 2 * n, i as u64),
        };
        let (was, is) = worlds.split_at(n);
        is_red(matrix, &pool.cut(was), &pool.cut(is), false)
    })
}

/// `n` different ones of `worlds`.
fn draw(worlds: usize, n: usize, check: u64) -> Vec<usize> {
    let mut stream = Draws::new(1).key(Purpose::Resample, [check, 2]);
    let mut drawn = Vec::with_capacity(n);
    while drawn.len() < n.min(worlds) {
        let world = stream.below(worlds as u64) as usize;
        if !drawn.contains(&world) {
            drawn.push(world);
        }
    }
    drawn
}

/// Checks of `changed` against baselines of `pool`, no two of which share a
/// world: in the same worlds if `paired`, else each in those of the next check.
pub fn changed(matrix: &Matrix, pool: &Pool, changed: &Pool, paired: bool) -> Study {
    let n = matrix.replications as usize;
    let checks = pool.worlds() / n;
    study(checks, |i| {
        let other = if paired { i } else { (i + 1) % checks };
        let worlds = |i: usize| (i * n..(i + 1) * n).collect::<Vec<_>>();
        is_red(
            matrix,
            &pool.cut(&worlds(i)),
            &changed.cut(&worlds(other)),
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
