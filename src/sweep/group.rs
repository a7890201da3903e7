//! The runs of a point, and its rows of `summary.*`.

use std::io;

use super::definition::Until;
use super::record::Label;
use super::rows::{Cell, Columns, Rows};
use super::tables::LEVEL;
use super::within::{Method, Within};
use super::{METRICS, Measured};
use crate::stats::{Interval, Moments};

/// A figure of a run; none if it has none.
pub(super) fn figure(measured: &Measured, metric: usize) -> Option<f64> {
    measured.metrics.get(metric).copied().flatten()
}

/// The runs of one point so far.
pub(super) struct Group {
    /// Its number.
    pub point: u64,
    values: Vec<Label>,
    /// Of each figure that is shown.
    moments: Vec<Moments>,
    /// What the first run alone tells.
    within: Vec<Within>,
    /// Figures that say how long it is run.
    asked: Vec<Moments>,
    /// Its runs, failed or not.
    pub runs: u32,
}

impl Group {
    /// No run of `point` yet, of which so many figures are `shown`.
    pub fn new(point: u64, values: Vec<Label>, shown: usize, until: Option<&Until>) -> Group {
        Group {
            point,
            values,
            moments: vec![Moments::default(); shown],
            within: Vec::new(),
            asked: vec![Moments::default(); until.map_or(0, |until| until.of.len())],
            runs: 0,
        }
    }

    /// Whether it had its most runs and is not known as well as it is to be.
    pub fn is_unsettled(&self, until: &Until) -> bool {
        let is_content = |moments| until.is_content(moments);
        self.runs >= until.at_most && !self.asked.iter().all(is_content)
    }

    /// The interval of a figure, and how it was found: of all runs, or else
    /// what the only one tells, or why it does not.
    fn interval(&self, metric: usize, moments: &Moments) -> (Option<Interval>, &'static str) {
        if let Some(interval) = moments.interval(LEVEL) {
            return (Some(interval), Method::StudentT.name());
        }
        let within = self.within.iter().find(|within| within.metric == metric);
        within.map_or((None, ""), |within| {
            let ends = within.ends.map(|[low, high]| Interval { low, high });
            (ends, within.method.name())
        })
    }

    /// Counts one more run.
    pub fn add(&mut self, measured: Measured, shown: &[usize], until: Option<&Until>) {
        let shown = self.moments.iter_mut().zip(shown);
        let asked = until.map_or(&[][..], |until| &until.of);
        for (moments, i) in shown.chain(self.asked.iter_mut().zip(asked)) {
            if let Some(x) = figure(&measured, *i) {
                moments.add(x);
            }
        }
        if self.within.is_empty() {
            self.within = measured.within;
        }
    }

    /// Adds its rows of `summary.*`, one a metric.
    pub fn rows(&self, shown: &[usize], columns: &Columns, rows: &mut Rows) -> io::Result<()> {
        for (moments, i) in self.moments.iter().zip(shown) {
            if moments.count == 0 {
                continue;
            }
            let (interval, method) = self.interval(*i, moments);
            let own = [
                Cell::Text(METRICS[*i].name),
                Cell::Count(moments.count),
                Cell::Real(Some(moments.mean)),
                Cell::Real(interval.map(|interval| interval.low)),
                Cell::Real(interval.map(|interval| interval.high)),
                Cell::Text(method),
                Cell::Real(moments.stddev()),
                Cell::Real(Some(moments.min)),
                Cell::Real(Some(moments.max)),
            ];
            let values = self.values.iter().map(Cell::Label);
            let head = std::iter::once(Cell::Count(self.point)).chain(values);
            rows.add(columns, head.chain(own))?;
        }
        Ok(())
    }
}
