//! The table `[sweep]`, read.

use super::axis::{Axis, Values};
use super::condition::{Columns, Exclusion};
use super::definition::{Replications, Until, WarmUp};
use super::metric::{METRICS, metric};
use super::sample::Sample;
use super::space::{MOST, NoSpace, Space};
use crate::scenario::raw::{RawSweep, RawSweepMode};
use crate::scenario::{At, Mode, Problem, Source, did_you_mean};
use crate::sim::Ns;

/// What is read of a table `[sweep]`.
pub(super) struct Parts {
    pub space: Space,
    pub replications: Replications,
    pub metrics: Vec<usize>,
    pub warm_up: WarmUp,
}

pub(super) struct Reader<'s> {
    pub source: &'s Source,
    pub problems: Vec<Problem>,
}

/// Columns of the tables that no axis may be called.
const RESERVED: [&str; 8] = [
    "point",
    "mode",
    "replication",
    "seed",
    "map",
    "device",
    "group",
    "error",
];

impl Reader<'_> {
    fn wrong(&mut self, span: std::ops::Range<usize>, what: impl Into<String>, hint: &str) {
        self.problems
            .push(self.source.problem(span, what, hint.to_owned()));
    }

    fn keep<T>(&mut self, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.problems.push(problem)).ok()
    }

    /// What the table says; none if there are problems.
    pub fn sweep(&mut self, raw: &RawSweep) -> Option<Parts> {
        let axes: Vec<Axis> = raw
            .axis
            .iter()
            .filter_map(|axis| self.keep(Axis::new(self.source, axis)))
            .collect();
        if raw.sample.is_none() {
            self.open_ranges(&axes);
        }
        let modes = self.modes(raw);
        let mut exclusions = Vec::new();
        // Without all axes, names of columns would be missed.
        if axes.len() == raw.axis.len() {
            self.names(raw, &axes);
            exclusions = self.exclusions(raw, &axes, &modes);
        }
        let metrics = match &raw.metrics {
            None => (0..METRICS.len()).collect(),
            Some(names) => self.metrics(names, "metrics"),
        };
        let replications = self.replications(raw);
        let warm_up = self.warm_up(raw.warm_up.as_ref());
        if !self.problems.is_empty() {
            return None;
        }
        Some(Parts {
            space: self.space(raw, axes, modes, &exclusions)?,
            replications,
            metrics,
            warm_up,
        })
    }

    /// A range that does not say how many values can only be drawn from.
    fn open_ranges(&mut self, axes: &[Axis]) {
        for axis in axes {
            if let Values::Range(range) = &axis.values {
                self.wrong(
                    range.span.clone(),
                    "the range does not say how many values",
                    "add steps = 8, or step, or [sweep.sample]",
                );
            }
        }
    }

    fn exclusions(&mut self, raw: &RawSweep, axes: &[Axis], modes: &[Mode]) -> Vec<Exclusion> {
        let columns = Columns { axes, modes };
        raw.exclude
            .iter()
            .filter_map(|raw| self.keep(Exclusion::new(self.source, raw, &columns)))
            .collect()
    }

    fn space(
        &mut self,
        raw: &RawSweep,
        axes: Vec<Axis>,
        modes: Vec<Mode>,
        exclusions: &[Exclusion],
    ) -> Option<Space> {
        let sample = raw.sample.as_ref();
        let sample = sample.map(|sample| Sample::new(sample, axes.len()));
        let first = raw.axis.first().map_or(0..0, |axis| axis.span.clone());
        match Space::new(axes, modes, sample, exclusions) {
            Ok(space) if space.is_empty() => {
                let span = exclusions.first().map_or(first, |e| e.at.clone());
                self.wrong(span, "every point is left out", "see `exclude`");
                None
            }
            Ok(space) => Some(space),
            Err(NoSpace::TooMany(points)) => {
                self.wrong(
                    first,
                    format!("that are {points} points; {MOST} at most"),
                    "take fewer values, zip axes, or draw some of them: [sweep.sample]",
                );
                None
            }
            Err(NoSpace::Idle(which)) => {
                self.wrong(
                    exclusions[which].at.clone(),
                    "this leaves out no point",
                    "all conditions of a table have to hold; write one table each for what is to be left out by itself",
                );
                None
            }
        }
    }

    fn names(&mut self, raw: &RawSweep, axes: &[Axis]) {
        let mut seen: Vec<&str> = Vec::new();
        for (axis, raw) in axes.iter().zip(&raw.axis) {
            let written = raw.name.as_ref().or(raw.key.as_ref());
            let span = written.map_or(&raw.span, |name| &name.span);
            for name in &axis.columns {
                let taken = RESERVED.contains(&name.as_str()) || metric(name).is_some();
                if taken || seen.contains(&name.as_str()) {
                    self.wrong(
                        span.clone(),
                        format!("`{name}` is the name of another column"),
                        "give the axis a name of its own: name = \"…\"",
                    );
                }
                if name.is_empty() || name.contains([',', '"', '\n']) {
                    self.wrong(
                        span.clone(),
                        format!("{name:?} cannot be the name of a column"),
                        "use letters, digits and `_`",
                    );
                }
                seen.push(name);
            }
        }
    }

    fn modes(&mut self, raw: &RawSweep) -> Vec<Mode> {
        let Some(modes) = &raw.modes else {
            return vec![Mode::Bio, Mode::Request];
        };
        let mut all: Vec<Mode> = modes
            .iter()
            .map(|mode| match mode.value {
                RawSweepMode::Bio => Mode::Bio,
                RawSweepMode::Request => Mode::Request,
                RawSweepMode::Single => Mode::Single,
            })
            .collect();
        self.once(modes);
        all.sort();
        all.dedup();
        if all.is_empty() {
            self.wrong(
                modes.span.clone(),
                "there is no mode to run",
                "modes = [\"bio\", \"request\"]",
            );
        }
        all
    }

    /// Refuses a list that has something twice.
    fn once<T: PartialEq>(&mut self, list: &[At<T>]) {
        let is_there = |i: &usize| list[..*i].iter().any(|at| at.value == list[*i].value);
        if let Some(i) = (1..list.len()).find(is_there) {
            self.wrong(
                list[i].span.clone(),
                "this is there twice",
                "name each once",
            );
        }
    }

    /// The figures of the list called `of`.
    fn metrics(&mut self, names: &At<Vec<At<String>>>, of: &str) -> Vec<usize> {
        if names.is_empty() {
            let what = format!("`{of}` names no figure");
            let hint = format!("{of} = [\"iops\", \"lat_p99_us\"], or leave it out");
            self.wrong(names.span.clone(), what, &hint);
        }
        self.once(names);
        let mut found = Vec::new();
        for name in names.iter() {
            match metric(name) {
                Some((index, _)) => found.push(index),
                None => {
                    let hint = did_you_mean(name, METRICS.iter().map(|metric| metric.name));
                    self.wrong(
                        name.span.clone(),
                        format!("there is no figure `{}`", name.value),
                        &hint,
                    );
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn replications(&mut self, raw: &RawSweep) -> Replications {
        let Some(at) = &raw.until else {
            return Replications::Fixed(raw.replications.map_or(1, |n| n.get32()));
        };
        if raw.replications.is_some() {
            self.wrong(
                at.span.clone(),
                "`replications` and `until` exclude each other",
                "leave one out",
            );
        }
        let percent = at.confidence_percent.unwrap_or(95.0);
        if !(50.0..100.0).contains(&percent) {
            self.wrong(
                at.span.clone(),
                format!("{percent} is no level of confidence"),
                "confidence_percent: 50 to 99.99",
            );
        }
        if !(at.half_width_percent > 0.0 && at.half_width_percent < 1e6) {
            self.wrong(
                at.span.clone(),
                format!(
                    "a half width of {} % cannot be reached",
                    at.half_width_percent
                ),
                "half_width_percent = 2",
            );
        }
        let of = match &at.of {
            Some(names) => self.metrics(names, "of"),
            None => metric("iops").map(|(index, _)| index).into_iter().collect(),
        };
        let at_most = at.at_most.map_or(100, |n| n.get32());
        let at_least = at.at_least.map_or(at_most.min(10), |n| n.get32());
        if at_least > at_most {
            self.wrong(
                at.span.clone(),
                "`at_least` is more than `at_most`",
                "at_least = 10, at_most = 100",
            );
        }
        Replications::Until(Until {
            half_width: at.half_width_percent / 100.0,
            of,
            confidence: percent / 100.0,
            at_least,
            at_most,
        })
    }

    fn warm_up(&mut self, raw: Option<&At<String>>) -> WarmUp {
        match raw.map(|raw| (raw, raw.as_str())) {
            None | Some((_, "none")) => WarmUp::None,
            Some((_, "auto")) => WarmUp::Auto,
            Some((at, text)) => match text.parse::<Ns>() {
                Ok(time) => WarmUp::Fixed(time),
                Err(why) => {
                    self.wrong(
                        at.span.clone(),
                        why.to_string(),
                        "`none`, `auto`, or a time: \"200ms\"",
                    );
                    WarmUp::None
                }
            },
        }
    }
}
