//! Linear programs of the kind that capacity is: maximise c·x, where A·x ≤ b, x ≥ 0
//! and b ≥ 0. The simplex method over a dense tableau, begun at x = 0.

/// A program in the making.
#[derive(Clone, Debug)]
pub struct Program {
    variables: usize,
    /// Each with what it is at most behind its coefficients.
    rows: Vec<Vec<f64>>,
}

/// Coefficients below this are none.
const TINY: f64 = 1e-11;
/// Steps after which the rule is taken that cannot go round in circles (Bland's).
const CAREFUL_AFTER: usize = 2_000;
/// Steps after which it is given up.
const MOST_STEPS: usize = 20_000;
/// Numbers of the largest tableau.
const LARGEST: usize = 4_000_000;

impl Program {
    /// One of so many variables, without any constraint.
    pub fn new(variables: usize) -> Self {
        Program {
            variables,
            rows: Vec::new(),
        }
    }

    /// The sum of so much of some variables is at most `most`, from 0 on.
    pub fn at_most(&mut self, most: f64, terms: impl IntoIterator<Item = (usize, f64)>) {
        let mut row = vec![0.0; self.variables + 1];
        for (variable, times) in terms {
            row[variable] += times;
        }
        row[self.variables] = most.max(0.0);
        self.rows.push(row);
    }

    /// The most that the sum of the first `count` variables can be: infinity if there
    /// is no limit, none if it is too much work to find out.
    pub fn most_of_first(&self, count: usize) -> Option<f64> {
        let width = self.variables + self.rows.len() + 1;
        if width.saturating_mul(self.rows.len() + 1) > LARGEST {
            return None;
        }
        let mut tableau = self.tableau(count, width);
        let mut basis: Vec<usize> = (self.variables..width - 1).collect();
        for step in 0..MOST_STEPS {
            let Some(enters) = entering(&tableau, width, step > CAREFUL_AFTER) else {
                let last = tableau.last()?;
                return Some(last[width - 1]);
            };
            let Some(leaves) = leaving(&tableau, &basis, enters, width) else {
                return Some(f64::INFINITY);
            };
            pivot(&mut tableau, leaves, enters);
            basis[leaves] = enters;
        }
        None
    }

    /// All rows, each with a slack of its own, and the objective behind them.
    fn tableau(&self, count: usize, width: usize) -> Vec<Vec<f64>> {
        let slacked = self.rows.iter().enumerate().map(|(n, row)| {
            let mut wide = vec![0.0; width];
            wide[..self.variables].copy_from_slice(&row[..self.variables]);
            wide[self.variables + n] = 1.0;
            wide[width - 1] = row[self.variables];
            wide
        });
        let mut objective = vec![0.0; width];
        for cost in objective.iter_mut().take(count) {
            *cost = -1.0;
        }
        slacked.chain([objective]).collect()
    }
}

/// The variable that promises most, or the first that promises anything.
fn entering(tableau: &[Vec<f64>], width: usize, careful: bool) -> Option<usize> {
    let costs = &tableau.last()?[..width - 1];
    let mut promising = (0..width - 1).filter(|n| costs[*n] < -TINY);
    match careful {
        true => promising.next(),
        false => promising.min_by(|a, b| costs[*a].total_cmp(&costs[*b])),
    }
}

/// The row that first has nothing left, of equals the one of the first variable.
fn leaving(tableau: &[Vec<f64>], basis: &[usize], enters: usize, width: usize) -> Option<usize> {
    let mut found: Option<(f64, usize)> = None;
    for n in 0..basis.len() {
        let row = &tableau[n];
        if row[enters] <= TINY {
            continue;
        }
        let left = row[width - 1] / row[enters];
        let is_sooner = found.is_none_or(|(least, m)| {
            left < least - TINY || (left <= least + TINY && basis[n] < basis[m])
        });
        if is_sooner {
            found = Some((left, n));
        }
    }
    found.map(|(_, n)| n)
}

fn pivot(tableau: &mut [Vec<f64>], leaves: usize, enters: usize) {
    let divisor = tableau[leaves][enters];
    for x in &mut tableau[leaves] {
        *x /= divisor;
    }
    let pivot = tableau[leaves].clone();
    for (n, row) in tableau.iter_mut().enumerate() {
        let times = row[enters];
        if n == leaves || times == 0.0 {
            continue;
        }
        for (x, p) in row.iter_mut().zip(&pivot) {
            *x -= times * p;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_corner_is_found() {
        // x + 2y ≤ 4, 3x + y ≤ 6: best at (1.6, 1.2).
        let mut program = Program::new(2);
        program.at_most(4.0, [(0, 1.0), (1, 2.0)]);
        program.at_most(6.0, [(0, 3.0), (1, 1.0)]);
        let best = program.most_of_first(2).unwrap();
        assert!((best - 2.8).abs() < 1e-12, "{best}");
        // x alone: y stays 0.
        assert_eq!(program.most_of_first(1), Some(2.0));
    }

    #[test]
    fn what_nothing_limits_has_no_limit() {
        let mut program = Program::new(2);
        program.at_most(4.0, [(0, 1.0)]);
        assert_eq!(program.most_of_first(1), Some(4.0));
        assert_eq!(program.most_of_first(2), Some(f64::INFINITY));
    }

    /// Two classes in a fixed mix over two links: the mix decides.
    #[test]
    fn a_mix_is_kept() {
        let mut program = Program::new(3);
        program.at_most(0.0, [(0, 0.75), (1, -1.0)]);
        program.at_most(0.0, [(0, 0.25), (2, -1.0)]);
        program.at_most(1.0, [(1, 1.0)]);
        program.at_most(1.0, [(2, 1.0)]);
        let best = program.most_of_first(1).unwrap();
        assert!((best - 4.0 / 3.0).abs() < 1e-12, "{best}");
    }

    /// Beale's example, on which the simplex method goes round in circles.
    #[test]
    fn it_does_not_go_round_in_circles() {
        let mut program = Program::new(5);
        // z ≤ 0.75 a − 150 b + 0.02 c − 6 d
        let goal = [(0, 1.0), (1, -0.75), (2, 150.0), (3, -0.02), (4, 6.0)];
        program.at_most(0.0, goal);
        program.at_most(0.0, [(1, 0.25), (2, -60.0), (3, -0.04), (4, 9.0)]);
        program.at_most(0.0, [(1, 0.5), (2, -90.0), (3, -0.02), (4, 3.0)]);
        program.at_most(1.0, [(3, 1.0)]);
        let best = program.most_of_first(1).unwrap();
        assert!((best - 0.05).abs() < 1e-9, "{best}");
    }
}
