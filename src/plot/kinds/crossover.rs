//! Which mode is better, over two axes of a sweep.

use super::sweep_axis::Axis;
use super::sweep_grid::{Grid, write_cells};
use super::sweep_metric::Metric;
use super::sweep_slice::{Choice, Slice, about, foot, modes, restricted, two_axes};
use super::sweep_thin::{ACROSS, Ends, Thin, UP, foot_words, together};
use crate::plot::PlotError;
use crate::plot::chart::page;
use crate::plot::drawing::{Drawing, Hatch, Paint, Table, rect};
use crate::plot::legend::{Key, legend};
use crate::plot::result::{Cell, SweepResult};
use crate::plot::theme::Ink;
use crate::plot::units::figures;
use crate::sweep::Better;

/// Less than this share apart is equal.
const EQUAL: f64 = 1.02;

/// What two modes are beside each other.
#[derive(Copy, Clone, PartialEq, Debug)]
pub enum Verdict {
    /// Bio mode is better, by this factor; of what is neither, it has more.
    Bio(f64),
    /// Request mode is.
    Request(f64),
    /// Within 2 %.
    Equal,
    /// More apart, but so are the runs of each.
    Unsure,
}

impl Verdict {
    /// Of two cells of a point.
    pub fn new(bio: &Cell, request: &Cell, better: Better) -> Verdict {
        let (low, high) = (bio.mean.min(request.mean), bio.mean.max(request.mean));
        let factor = if high == low {
            1.0
        } else {
            high / low.max(1e-300)
        };
        let apart = bio.low > request.high || request.low > bio.high;
        if factor < EQUAL {
            Verdict::Equal
        } else if !apart {
            Verdict::Unsure
        } else if (bio.mean > request.mean) == (better != Better::Less) {
            Verdict::Bio(factor)
        } else {
            Verdict::Request(factor)
        }
    }
    fn told(self) -> String {
        let by = |factor: f64| match factor {
            f if f < 1e4 => format!(" ×{}", figures(f)),
            _ => String::new(),
        };
        match self {
            Verdict::Bio(factor) => format!("bio{}", by(factor)),
            Verdict::Request(factor) => format!("request{}", by(factor)),
            Verdict::Equal => "equal".into(),
            Verdict::Unsure => "not told apart".into(),
        }
    }
    /// What is written in its cell, the longest first; the colour tells the rest.
    fn forms(self) -> Vec<String> {
        let short = match self {
            Verdict::Bio(_) | Verdict::Request(_) => self.told(),
            Verdict::Equal => "equal".into(),
            Verdict::Unsure => String::new(),
        };
        let factor = short.split_once(' ').map(|(_, factor)| factor.to_owned());
        vec![self.told(), short, factor.unwrap_or_default()]
    }
    fn paint(self) -> (Paint, Hatch) {
        // A factor of 4 is as strong as it gets.
        let strength = |factor: f64| 0.35 + 0.65 * (libm::log2(factor) / 2.0).clamp(0.0, 1.0);
        match self {
            Verdict::Bio(factor) => (Ink::Bio.alpha(strength(factor)), Hatch::Plain),
            Verdict::Request(factor) => (Ink::Request.alpha(strength(factor)), Hatch::Plain),
            Verdict::Equal => (Ink::Grid.into(), Hatch::Plain),
            Verdict::Unsure => (Ink::Muted.alpha(0.6), Hatch::Rising),
        }
    }
}

/// Draws it.
///
/// # Errors
/// The sweep has no such figure or axes, or not both modes.
pub fn crossover(whole: &SweepResult, choice: &Choice) -> Result<Drawing, PlotError> {
    let sweep = restricted(whole, choice)?;
    let metric = Metric::chosen(&sweep, choice)?;
    let both = |mode: &usize| {
        let modes = sweep.values(*mode);
        ["bio", "request"]
            .iter()
            .all(|m| modes.iter().any(|n| n == m))
    };
    let Some(mode) = modes(&sweep).filter(both) else {
        return Err(PlotError::OneMode);
    };
    let columns = two_axes(&sweep, choice)?;
    let axes = columns.map(|column| Axis::new(&sweep, column));
    let free = [columns[0], columns[1], mode];
    let slice = Slice::new(&sweep, &metric.key, &free, &[mode]);
    let [x, y] = axes;
    let thin = [Thin::new(x, ACROSS), Thin::new(y, UP)];
    let cells = slice.cells(&sweep, &metric.key);
    let cells = together(&cells, &[&thin[0], &thin[1]], Ends::Mean);
    let cells: Vec<&Cell> = cells.iter().collect();
    let note = foot_words(&[&thin[0], &thin[1]], &slice.words(whole));
    let axes = thin.map(|thin| thin.axis);
    let (subject, x, y) = (&metric.subject, &axes[0].words, &axes[1].words);
    let title = format!("Bio or request: {subject} by {x} and {y}");
    let (is, verb) = match metric.better {
        Better::Neither => ("has more", "has more"),
        _ => ("is better", "has the better"),
    };
    let otherwise = format!("which mode {verb} {subject}, and by what factor");
    let subtitle = about(whole, &otherwise);
    let note = foot(whole, &note);
    let (mut drawing, space) = page(960.0, 540.0, &title, subtitle, &note);
    drawing.alt = format!("Which mode {verb} {subject} by {x} and {y}");
    let words = [x.as_str(), y.as_str(), "bio", "request"];
    let last = match metric.better {
        Better::Neither => "more",
        _ => "better",
    };
    drawing.table = Table::new(words.into_iter().chain([last]));
    // The legend has what is to be seen, and is as high as it needs to be.
    let grid = |top: f64| {
        let space = rect(space.x, top, space.w, space.bottom() - top);
        Grid::in_space(&axes, space)
    };
    let pairs = pairs(&grid(space.y), &cells, mode, metric.better);
    let keys = keys(&pairs, is);
    let below = legend(&mut drawing, &keys, space.x, space.y, space.w);
    let grid = grid(space.y + below + 32.0);
    draw(&mut drawing, &grid, &pairs, &metric);
    grid.write_axes(&mut drawing);
    Ok(drawing)
}

/// A cell of the map: where it is, both modes, and how they compare.
struct Pair<'c> {
    at: (usize, usize),
    bio: &'c Cell,
    request: &'c Cell,
    verdict: Verdict,
}

fn pairs<'c>(grid: &Grid<'_>, cells: &[&'c Cell], mode: usize, better: Better) -> Vec<Pair<'c>> {
    let [bio, request] = ["bio", "request"].map(|name| grid.placed(cells, Some((mode, name))));
    let pair = |at| {
        let (bio, request) = (*bio.get(&at)?, *request.get(&at)?);
        let verdict = Verdict::new(bio, request, better);
        Some(Pair {
            at,
            bio,
            request,
            verdict,
        })
    };
    grid.all().filter_map(pair).collect()
}

fn keys(pairs: &[Pair<'_>], is: &str) -> Vec<Key> {
    let some = |what: fn(&Verdict) -> bool| pairs.iter().any(|pair| what(&pair.verdict));
    let unsure = "not told apart: intervals overlap";
    let all = [
        (
            some(|v| matches!(v, Verdict::Bio(_))),
            Key::square(Ink::Bio, format!("bio mode {is}")),
        ),
        (
            some(|v| matches!(v, Verdict::Request(_))),
            Key::square(Ink::Request, format!("request mode {is}")),
        ),
        (
            some(|v| *v == Verdict::Equal),
            Key::square(Ink::Grid, "equal within 2 %"),
        ),
        (
            some(|v| *v == Verdict::Unsure),
            Key::hatched(Ink::Muted, 1.0, Hatch::Rising, unsure),
        ),
        (
            some(|v| matches!(v, Verdict::Bio(_) | Verdict::Request(_))),
            Key::note("full colour: 4 times and more"),
        ),
    ];
    let seen = all.into_iter().filter(|key| key.0);
    seen.map(|key| key.1).collect()
}

fn draw(drawing: &mut Drawing, grid: &Grid<'_>, pairs: &[Pair<'_>], metric: &Metric) {
    let mut told = Vec::new();
    for pair in pairs {
        let place = grid.cell(pair.at.0, pair.at.1);
        let inner = grid.inner(pair.at.0, pair.at.1);
        let (paint, hatch) = pair.verdict.paint();
        drawing.bar(inner, Ink::Lane);
        drawing.hatched(inner, paint, hatch);
        let verdict = pair.verdict.told();
        let (b, r) = (metric.tell(pair.bio.mean), metric.tell(pair.request.mean));
        let [x, y] = [(0, pair.at.0), (1, pair.at.1)].map(|(axis, i)| &grid.axes[axis].told[i]);
        let text = format!("{x} × {y}: bio {b}, request {r}: {verdict}");
        drawing.spot(place, text);
        let (b, r) = (metric.tell_cell(pair.bio), metric.tell_cell(pair.request));
        drawing.table.row([x.clone(), y.clone(), b, r, verdict]);
        told.push((place, pair.verdict.forms()));
    }
    write_cells(drawing, &told);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(mean: f64, half: f64) -> Cell {
        Cell {
            values: [].into(),
            metric: "".into(),
            mean,
            low: mean - half,
            high: mean + half,
            runs: 3,
            method: "student-t".into(),
        }
    }

    #[test]
    fn equal_is_not_the_same_as_not_told_apart() {
        let judge = |a, b, better| Verdict::new(&a, &b, better);
        let more = Better::More;
        assert_eq!(
            judge(cell(100.0, 1.0), cell(101.0, 1.0), more),
            Verdict::Equal
        );
        assert_eq!(
            judge(cell(100.0, 30.0), cell(120.0, 30.0), more),
            Verdict::Unsure
        );
        assert_eq!(
            judge(cell(100.0, 1.0), cell(200.0, 1.0), more),
            Verdict::Request(2.0)
        );
        let less = Better::Less;
        assert_eq!(
            judge(cell(100.0, 1.0), cell(200.0, 1.0), less),
            Verdict::Bio(2.0)
        );
        assert_eq!(judge(cell(0.0, 0.0), cell(0.0, 0.0), less), Verdict::Equal);
    }

    #[test]
    fn the_legend_has_what_is_to_be_seen() {
        let (low, high) = (cell(1.0, 0.0), cell(2.0, 0.0));
        let pair = |bio, request| Pair {
            at: (0, 0),
            bio,
            request,
            verdict: Verdict::new(bio, request, Better::More),
        };
        assert_eq!(keys(&[pair(&high, &low)], "is better").len(), 2);
        assert_eq!(
            keys(&[pair(&low, &low), pair(&low, &high)], "is better").len(),
            3
        );
        assert_eq!(Verdict::Bio(2.0).forms(), ["bio ×2", "bio ×2", "×2"]);
        assert_eq!(Verdict::Unsure.forms(), ["not told apart", "", ""]);
    }
}
