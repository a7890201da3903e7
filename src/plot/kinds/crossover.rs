//! Which mode is better, over two axes of a sweep.

use super::sweep_axis::Axis;
use super::sweep_grid::{Grid, plate};
use super::sweep_slice::{Choice, Metric, Slice, about, foot, modes, restricted, two_axes};
use crate::plot::PlotError;
use crate::plot::chart::{Key, legend, page};
use crate::plot::drawing::{Drawing, Hatch, Paint, Table, rect};
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
    let cells = slice.cells(&sweep, &metric.key);
    let (subject, x, y) = (&metric.subject, &axes[0].words, &axes[1].words);
    let title = format!("Bio or request: {subject} by {x} and {y}");
    let (is, verb) = match metric.better {
        Better::Neither => ("has more", "has more"),
        _ => ("is better", "has the better"),
    };
    let otherwise = format!("which mode {verb} {subject}, and by what factor");
    let subtitle = about(whole, &otherwise);
    let note = foot(whole, &slice.words(whole));
    let (mut drawing, space) = page(960.0, 540.0, &title, subtitle, &note);
    drawing.alt = format!("Which mode {verb} {subject} by {x} and {y}");
    let keys = [
        Key::square(Ink::Bio, format!("bio mode {is}")),
        Key::square(Ink::Request, format!("request mode {is}")),
        Key::square(Ink::Grid, "equal within 2 %"),
        Key::hatched(
            Ink::Muted,
            1.0,
            Hatch::Rising,
            "not told apart: intervals overlap",
        ),
    ];
    let below = legend(&mut drawing, &keys, space.x, space.y, space.w);
    let top = space.y + below + 32.0;
    let grid = Grid::in_space(&axes, rect(space.x, top, space.w, space.bottom() - top));
    let last = if metric.better == Better::Neither {
        "more"
    } else {
        "better"
    };
    drawing.table = Table::new([x.as_str(), y.as_str(), "bio", "request", last]);
    for at in grid.all() {
        let of = |name| grid.find(&cells, at, Some((mode, name)));
        let (Some(bio), Some(request)) = (of("bio"), of("request")) else {
            continue;
        };
        let place = grid.cell(at.0, at.1);
        let verdict = Verdict::new(bio, request, metric.better);
        let inner = rect(place.x + 1.0, place.y + 1.0, place.w - 2.0, place.h - 2.0);
        let (paint, hatch) = verdict.paint();
        drawing.bar(inner, Ink::Lane);
        drawing.hatched(inner, paint, hatch);
        let told = verdict.told();
        plate(&mut drawing, place, &told);
        let (b, r) = (metric.tell(bio.mean), metric.tell(request.mean));
        let (x, y) = (&axes[0].told[at.0], &axes[1].told[at.1]);
        let text = format!("{x} × {y}: bio {b}, request {r}: {told}");
        drawing.spot(place, text);
        let (b, r) = (metric.tell_cell(bio), metric.tell_cell(request));
        drawing.table.row([x.clone(), y.clone(), b, r, told]);
    }
    grid.write_axes(&mut drawing);
    Ok(drawing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(mean: f64, half: f64) -> Cell {
        Cell {
            values: Vec::new(),
            metric: String::new(),
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
}
