//! A figure of a sweep as tables tell it: never without its interval.

use super::sweep_metric::Metric;
use crate::plot::result::Cell;

impl Metric {
    /// A mean with its 95 % interval: `9.1 k ± 120`; from end to end where the
    /// mean is not in its middle; with its runs where there is none.
    pub fn tell_cell(&self, cell: &Cell) -> String {
        let mean = self.tell(cell.mean);
        if cell.method.is_empty() {
            return match cell.runs {
                1 => format!("{mean} (1 run)"),
                runs => format!("{mean} ({runs} runs)"),
            };
        }
        let (below, above) = (cell.mean - cell.low, cell.high - cell.mean);
        match (below - above).abs() <= 0.01 * (below + above) {
            true => format!("{mean} ± {}", self.tell((below + above) / 2.0)),
            false => format!(
                "{mean} ({} to {})",
                self.tell(cell.low),
                self.tell(cell.high)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::result::SweepResult;

    #[test]
    fn no_mean_is_told_without_its_interval() {
        let cell = |low: f64, high: f64, method: &str| Cell {
            values: [].into(),
            metric: "iops".into(),
            mean: 2000.0,
            low,
            high,
            runs: 1,
            method: method.into(),
        };
        let sweep = SweepResult {
            cells: vec![cell(1.0, 1.0, "")],
            ..SweepResult::default()
        };
        let metric = Metric::new(&sweep, "iops").unwrap();
        let told = |low, high, method| metric.tell_cell(&cell(low, high, method));
        assert_eq!(told(1900.0, 2100.0, "student-t"), "2 k ± 100");
        assert_eq!(told(1900.0, 2500.0, "x"), "2 k (1.9 k to 2.5 k)");
        assert_eq!(told(2000.0, 2000.0, "student-t"), "2 k ± 0");
        assert_eq!(told(2000.0, 2000.0, ""), "2 k (1 run)");
    }
}
