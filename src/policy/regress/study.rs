//! How often a check is wrong: with fresh worlds, for policies that have not
//! changed and for one that has.

use std::ops::Range;

use rayon::prelude::*;

use super::baseline::{CellRuns, record};
use super::check::{State, judge_cells};
use super::matrix::Matrix;
use crate::policy::{PolicyError, Settings};

/// Checks, and how many of them were red.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Checks.
    pub checks: u64,
    /// Of which red.
    pub red: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.checks += other.checks;
        self.red += other.red;
    }
}

/// Runs of a matrix in blocks of worlds; a block is what a check needs.
#[derive(Clone, Debug)]
pub struct Pool {
    /// A cell each; all runs of every figure.
    cells: Vec<CellRuns>,
    /// Worlds a block.
    worlds: usize,
}

impl Pool {
    /// Runs every cell of `matrix` in all worlds of `blocks`: block i has as many
    /// as the matrix has replications, from i times that on.
    ///
    /// # Errors
    /// A run fails.
    pub fn new(
        matrix: &Matrix,
        blocks: Range<u32>,
        settings: &Settings,
    ) -> Result<Pool, PolicyError> {
        let worlds = matrix.replications;
        let all = Matrix {
            replications: worlds * blocks.len() as u32,
            ..matrix.clone()
        };
        let settings = Settings {
            first: worlds * blocks.start,
            ..settings.clone()
        };
        Ok(Pool {
            cells: record(&all, &settings)?.baseline.cells,
            worlds: worlds as usize,
        })
    }

    /// The same with the cells of `changed` in place of its own.
    pub fn with(&self, changed: &Pool) -> Pool {
        let mut pool = self.clone();
        for cell in &mut pool.cells {
            if let Some(other) = changed.cells.iter().find(|other| other.cell == cell.cell) {
                cell.clone_from(other);
            }
        }
        pool
    }

    /// How many blocks.
    pub fn blocks(&self) -> usize {
        self.runs(0, 0).len() / self.worlds.max(1)
    }

    /// All runs of figure `figure` of cell `cell`, counted as in the matrix; none
    /// if there is no such figure.
    pub fn runs(&self, cell: usize, figure: usize) -> &[f64] {
        let figures = self.cells.get(cell).map(|cell| cell.figures.as_slice());
        let found = figures.and_then(|figures| figures.get(figure));
        found.map_or(&[], |(_, runs)| runs)
    }

    /// The runs of block `i`.
    fn block(&self, i: usize) -> Vec<CellRuns> {
        let worlds = i * self.worlds..(i + 1) * self.worlds;
        let cut = |cell: &CellRuns| CellRuns {
            cell: cell.cell.clone(),
            figures: cell
                .figures
                .iter()
                .map(|(name, runs)| (name.clone(), runs[worlds.clone()].to_vec()))
                .collect(),
        };
        self.cells.iter().map(cut).collect()
    }
}

/// Checks of blocks of `is` against baselines of blocks of `was`, one a pair of
/// these: in the same worlds where both are the same block.
pub fn tally(matrix: &Matrix, was: &Pool, is: &Pool, pairs: &[(usize, usize)]) -> Tally {
    let is_red = |(a, b): &&(usize, usize)| {
        judge_cells(matrix, &was.block(*a), &is.block(*b), a == b)
            .iter()
            .any(|row| row.state == State::Worse)
    };
    Tally {
        checks: pairs.len() as u64,
        red: pairs.par_iter().filter(is_red).count() as u64,
    }
}
