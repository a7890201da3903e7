//! Figures, from results only: nothing is simulated here.
//!
//! A figure is a [`Drawing`]: shapes in colours that are meanings. [`svg()`] and
//! [`png()`] make it ink, on light or dark paper. Every figure also carries the
//! values behind it, as a table and as places that tell theirs.

pub mod chart;
mod drawing;
mod font;
mod ink;
mod kinds;
mod label;
mod legend;
mod names;
mod path_color;
mod policy_color;
mod raster;
pub mod result;
pub mod scale;
mod stroke;
mod svg;
mod theme;
pub mod units;

pub use drawing::{
    Anchor, Dash, Drawing, Hatch, Label, Paint, Rect, Shape, Spot, Table, label, rect,
};
pub use font::Weight;
pub use kinds::{Choice, Metric, Verdict};
pub use names::short_names;
pub(crate) use path_color::{path_color_index, path_ink};
pub use raster::png;
pub use svg::{Colours, escape, svg};
pub use theme::{Ink, Theme};

use result::{Found, ResultError};

/// Why there is no figure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlotError {
    /// The result cannot be read.
    #[error(transparent)]
    Result(#[from] ResultError),
    /// The result has not what this kind shows.
    #[error("{0} has nothing for a figure of kind `{1}`; it has: {2}")]
    NotThere(String, &'static str, String),
    /// A sweep has no such axis.
    #[error("no axis {0:?}; there are: {1}")]
    NoAxis(String, String),
    /// An axis of a sweep has no such value.
    #[error("no value {0:?} of the axis {1:?}; there are: {2}")]
    NoValue(String, String, String),
    /// A map has two axes.
    #[error("--x and --y are the same axis: {0}")]
    SameAxis(String),
    /// A crossover is between both modes.
    #[error("not both modes, bio and request, are there")]
    OneMode,
    /// A sweep has too few axes with several values.
    #[error("too few axes with several values for this figure; there are: {0}")]
    TooFewAxes(String),
    /// A sweep has no such figure.
    #[error("no figure {0:?}; there are: {1}")]
    NoMetric(String, String),
    /// It cannot be drawn.
    #[error("cannot draw: {0}")]
    Draw(String),
}

/// A kind of figure.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Merge rate and mean request by layer.
    Layers,
    /// The first I/Os one by one.
    Sequence,
    /// Cumulative distribution of latency.
    Latency,
    /// Latency by percentile.
    Percentiles,
    /// Load of the paths over time.
    Paths,
    /// What follows a fault.
    Failover,
    /// Figures against an axis of a sweep.
    Lines,
    /// A figure over two axes of a sweep.
    Heat,
    /// Which mode wins, over two axes.
    Crossover,
    /// Policies, the best first.
    Ranking,
    /// What one has more or less than the other, of a comparison.
    Differences,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 11] = [
        Kind::Layers,
        Kind::Sequence,
        Kind::Latency,
        Kind::Percentiles,
        Kind::Paths,
        Kind::Failover,
        Kind::Lines,
        Kind::Heat,
        Kind::Crossover,
        Kind::Ranking,
        Kind::Differences,
    ];

    /// As it is called in options and file names.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Layers => "layers",
            Kind::Sequence => "sequence",
            Kind::Latency => "latency",
            Kind::Percentiles => "percentiles",
            Kind::Paths => "paths",
            Kind::Failover => "failover",
            Kind::Lines => "lines",
            Kind::Heat => "heat",
            Kind::Crossover => "crossover",
            Kind::Ranking => "ranking",
            Kind::Differences => "differences",
        }
    }

    /// The kinds that `found` has something for, the one that tells most first.
    pub fn of(found: &Found) -> Vec<Kind> {
        let is_there = |kind: &Kind| kind.suits(found);
        let order: &[Kind] = match found {
            Found::Run(_) => &[
                Kind::Failover,
                Kind::Layers,
                Kind::Sequence,
                Kind::Latency,
                Kind::Percentiles,
                Kind::Paths,
            ],
            Found::Sweep(sweep) if sweep.origin.comparison.is_some() => {
                &[Kind::Differences, Kind::Lines]
            }
            // Lines run through sizes; names are ranked, which says all that points
            // beside each other would.
            Found::Sweep(sweep) if kinds::has_names_only(sweep) => match kinds::modes(sweep) {
                Some(_) => &[Kind::Ranking, Kind::Lines, Kind::Crossover, Kind::Heat],
                None => &[Kind::Ranking, Kind::Crossover, Kind::Heat],
            },
            Found::Sweep(_) => &[Kind::Crossover, Kind::Lines, Kind::Heat, Kind::Ranking],
        };
        order.iter().copied().filter(is_there).collect()
    }

    fn suits(self, found: &Found) -> bool {
        match found {
            Found::Run(run) => match self {
                Kind::Layers => !run.summary.runs.is_empty(),
                Kind::Sequence => !run.trace.is_empty(),
                Kind::Latency | Kind::Percentiles => !run.latency.is_empty(),
                Kind::Paths => !run.paths.is_empty(),
                Kind::Failover => run.summary.runs.iter().any(|r| r.failover.is_some()),
                _ => false,
            },
            Found::Sweep(_) => self.drawn(found, &Choice::default()).is_ok(),
        }
    }

    /// Draws `found`.
    ///
    /// # Errors
    /// It has nothing of this kind.
    pub fn draw(self, found: &Found, choice: &Choice) -> Result<Drawing, PlotError> {
        self.drawn(found, choice).map_err(|why| {
            why.unwrap_or_else(|| {
                // Also those that tell too little to be drawn unasked.
                let kinds = Kind::ALL.iter().filter(|kind| kind.suits(found));
                let kinds: Vec<&str> = kinds.map(|kind| kind.name()).collect();
                PlotError::NotThere(found.name().to_owned(), self.name(), kinds.join(", "))
            })
        })
    }

    /// The same; no error is that it is not of such results.
    fn drawn(self, found: &Found, choice: &Choice) -> Result<Drawing, Option<PlotError>> {
        let drawn = match (found, self) {
            (Found::Run(_), _) if !self.suits(found) => return Err(None),
            (Found::Run(run), Kind::Layers) => Ok(kinds::layers(run)),
            (Found::Run(run), Kind::Sequence) => Ok(kinds::sequence(run)),
            (Found::Run(run), Kind::Latency) => Ok(kinds::latency(run)),
            (Found::Run(run), Kind::Percentiles) => Ok(kinds::percentiles(run)),
            (Found::Run(run), Kind::Paths) => Ok(kinds::paths(run)),
            (Found::Run(run), Kind::Failover) => Ok(kinds::failover(run)),
            (Found::Sweep(sweep), Kind::Lines) => kinds::lines(sweep, choice),
            (Found::Sweep(sweep), Kind::Heat) => kinds::heat(sweep, choice),
            (Found::Sweep(sweep), Kind::Crossover) => kinds::crossover(sweep, choice),
            (Found::Sweep(sweep), Kind::Ranking) => kinds::ranking(sweep, choice),
            (Found::Sweep(sweep), Kind::Differences) => match &sweep.origin.comparison {
                Some(kept) => kinds::differences(sweep, kept, choice),
                None => return Err(None),
            },
            _ => return Err(None),
        };
        drawn.map_err(Some)
    }
}
