//! What was cut from the start of runs, as it is told beside their figures.

use crate::run::text::time;
use crate::sweep::metric;

/// What was cut from the start of some runs, seconds.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Cut {
    /// From that of which least was.
    pub least: f64,
    /// From that of which most was.
    pub most: f64,
}

impl Cut {
    /// Of `runs`, each [`METRICS`](crate::sweep::METRICS) in order; none if they do
    /// not tell.
    pub fn of<'r>(runs: impl IntoIterator<Item = &'r Vec<Option<f64>>>) -> Option<Cut> {
        let (index, _) = metric("warm_up_s")?;
        let one = |run: &'r Vec<Option<f64>>| {
            let seconds = run.get(index).copied().flatten()?;
            Some(Cut {
                least: seconds,
                most: seconds,
            })
        };
        runs.into_iter().map(one).fold(None, Cut::both)
    }

    /// Of the runs of both.
    pub fn both(a: Option<Cut>, b: Option<Cut>) -> Option<Cut> {
        let (Some(own), Some(other)) = (a, b) else {
            return a.or(b);
        };
        Some(Cut {
            least: own.least.min(other.least),
            most: own.most.max(other.most),
        })
    }

    /// In words, if anything was cut.
    pub fn told(cut: Option<Cut>) -> Option<String> {
        let cut = cut.filter(|cut| cut.most > 0.0)?;
        let (least, most) = (time(1e9 * cut.least), time(1e9 * cut.most));
        let how_much = match least == most {
            true => least,
            false => format!("{least} to {most}"),
        };
        Some(format!(
            "warm-up: {how_much} cut from the start of each run"
        ))
    }
}
