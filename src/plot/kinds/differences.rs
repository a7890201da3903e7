//! What B has more or less than A: each figure of each cell of a comparison, with its
//! interval and the margin.

use super::cut::end_of_bulk;
use super::sweep_metric::Metric;
use super::sweep_slice::{Choice, foot, restricted};
use crate::plot::PlotError;
use crate::plot::chart::{EDGE, Panel, SMALL, TEXT, page};
use crate::plot::drawing::{Dash, Drawing, Table, label, rect};
use crate::plot::font::{self, Weight};
use crate::plot::legend::{Key, legend, legend_height};
use crate::plot::result::SweepResult;
use crate::plot::scale::Scale;
use crate::plot::theme::Ink;
use crate::plot::units::{Unit, figures};
use crate::policy::{Kept, KeptVerdict, Verdict};

const WIDTH: f64 = 960.0;
/// Height of a row.
const ROW: f64 = 28.0;
/// Height of the name of a cell, above its rows.
const HEAD: f64 = 30.0;
/// Room for the difference and the verdict, behind the rows.
const TOLD: f64 = 330.0;
/// Verdicts that a page has room for.
const MOST: usize = 60;

/// B − A over A, a row a figure, a block a cell.
///
/// # Errors
/// The comparison has no such figure or cell.
pub fn differences(
    whole: &SweepResult,
    kept: &Kept,
    choice: &Choice,
) -> Result<Drawing, PlotError> {
    let sweep = restricted(whole, choice)?;
    if let Some(key) = &choice.metric {
        Metric::new(&sweep, key)?;
    }
    let cells = sweep.values(1);
    let is_asked = |v: &&KeptVerdict| {
        cells.contains(&v.cell) && choice.metric.as_ref().is_none_or(|key| *key == v.metric)
    };
    let asked: Vec<&KeptVerdict> = kept.verdicts.iter().filter(is_asked).collect();
    let sides = whole.values(0);
    let (a, b) = match sides {
        [a, b, ..] => (a.as_str(), b.as_str()),
        [one] => (one.as_str(), one.as_str()),
        [] => ("A", "B"),
    };
    let sheet = Sheet {
        whole,
        kept,
        left_out: asked.len().saturating_sub(MOST),
        asked: asked.into_iter().take(MOST).collect(),
        sides: (a, b),
    };
    sheet.draw()
}

/// All that is drawn.
struct Sheet<'s> {
    whole: &'s SweepResult,
    kept: &'s Kept,
    asked: Vec<&'s KeptVerdict>,
    left_out: usize,
    /// A and B.
    sides: (&'s str, &'s str),
}

impl Sheet<'_> {
    fn draw(&self) -> Result<Drawing, PlotError> {
        let (a, b) = self.sides;
        let title = format!("{b} beside {a}");
        let about = format!(
            "What {b} has more or less, as a share of the mean of {a}; {} runs each, in worlds that \
             both share",
            self.kept.replications
        );
        let blocks: Vec<&[&KeptVerdict]> = self.asked.chunk_by(|x, y| x.cell == y.cell).collect();
        let keys = self.keys();
        let head = legend_height(&keys, WIDTH - 2.0 * EDGE) + 30.0;
        let high = HEAD * blocks.len() as f64 + ROW * self.asked.len() as f64;
        let (mut drawing, space) = page(
            WIDTH,
            78.0 + head + high + 44.0 + 38.0,
            &title,
            &about,
            &self.note(),
        );
        drawing.alt = format!(
            "{title}: the difference of each figure with its 95 % interval, beside a band in which \
             differences do not matter"
        );
        legend(&mut drawing, &keys, space.x, space.y, space.w);
        let left = self.left();
        let panel = Panel {
            area: rect(space.x + left, space.y + head, space.w - left - TOLD, high),
            x: self.scale(),
            y: Scale::span(Unit::Count, 0.0, 1.0),
            edge: space.x,
        };
        self.ground(&mut drawing, &panel);
        drawing.table = Table::new(["cell", "figure", "B − A", "from", "to", "verdict on B"]);
        let mut y = panel.area.y;
        for block in blocks {
            let cell = block.first().map_or("", |v| v.cell.as_str());
            let cell = label(space.x, y + HEAD - 12.0, cell, TEXT).bold();
            drawing.text(cell.fit_middle(space.w));
            y += HEAD;
            for verdict in block {
                self.row(&mut drawing, &panel, y, verdict)?;
                y += ROW;
            }
        }
        Ok(drawing)
    }

    fn note(&self) -> String {
        let sure = format!(
            "the chance that any verdict is wrong is below {} % (Holm)",
            figures(100.0 * self.kept.alpha)
        );
        let fixed = match self.left_out {
            0 => sure,
            n => format!("{n} more, which --at and --metric choose · {sure}"),
        };
        foot(self.whole, &fixed)
    }

    fn keys(&self) -> Vec<Key> {
        let margin = format!(
            "within {} %: does not matter",
            figures(100.0 * self.kept.margin)
        );
        let margin = (self.kept.margin > 0.0).then(|| Key::square(Ink::Grid, margin));
        let all = [
            Verdict::Better,
            Verdict::Worse,
            Verdict::More,
            Verdict::Less,
            Verdict::Same,
            Verdict::NotEnoughRuns,
        ];
        let there = |v: &Verdict| self.asked.iter().any(|asked| asked.verdict == *v);
        let verdicts = all.into_iter().filter(there).map(|v| {
            let (ink, filled) = look(v);
            let text = match v {
                Verdict::NotEnoughRuns | Verdict::Same => v.name().into(),
                _ => format!("B is {}", v.name()),
            };
            Key::dot(ink, filled, text)
        });
        let interval = Key::line(
            Ink::Text,
            Dash::Solid,
            "95 % interval of the mean difference",
        );
        verdicts.chain([interval]).chain(margin).collect()
    }

    /// Room for the names of figures.
    fn left(&self) -> f64 {
        let names = self.asked.iter().filter_map(|v| self.metric(v).ok());
        let widths = names.map(|m| font::width(&m.name, TEXT, Weight::Regular));
        (1.12 * widths.fold(60.0, f64::max) + 16.0).min(320.0)
    }
    fn metric(&self, verdict: &KeptVerdict) -> Result<Metric, PlotError> {
        Metric::new(self.whole, &verdict.metric)
    }

    /// About nothing, the margin and the ends of intervals; a few that are far beyond
    /// must not press all else together.
    fn scale(&self) -> Scale {
        let ends = || {
            self.asked
                .iter()
                .flat_map(|v| [v.low, v.high, v.difference])
        };
        let furthest = |v: &&KeptVerdict| {
            let ends = [v.low, v.high, v.difference].into_iter().flatten();
            ends.map(f64::abs).fold(0.0, f64::max)
        };
        let bulk = end_of_bulk(self.asked.iter().map(furthest));
        let least = 1.6 * self.kept.margin.max(1e-4);
        let reach = |sign: f64| {
            let most = ends().flatten().map(|x| sign * x).fold(0.0, f64::max);
            1.06 * most.min(bulk).max(least)
        };
        Scale::span(Unit::Share, -reach(-1.0), reach(1.0))
    }

    /// The margin, the scale, and which side is whose.
    fn ground(&self, drawing: &mut Drawing, panel: &Panel) {
        let (a, x) = (panel.area, |v: f64| panel.x_at(v));
        let margin = self.kept.margin;
        drawing.bar(
            rect(x(-margin), a.y, x(margin) - x(-margin), a.h),
            Ink::Grid,
        );
        for tick in panel.x.ticks((a.w / 70.0).clamp(2.0, 9.0)) {
            let at = x(tick.at);
            let ink = if tick.at == 0.0 { Ink::Text } else { Ink::Grid };
            drawing.line([(at, a.y), (at, a.bottom() + 5.0)], ink, 1.0, Dash::Solid);
            let text = label(at, a.bottom() + 14.0, signed(&tick.text), SMALL);
            drawing.text(text.ink(Ink::Muted).centred());
        }
        let (less, more) = (format!("← {} has less", self.sides.1), "more →".to_owned());
        for (text, at, is_left) in [(less, x(0.0) - 8.0, true), (more, x(0.0) + 8.0, false)] {
            let room = if is_left {
                at - panel.edge
            } else {
                WIDTH - EDGE - at
            };
            let text = label(at, a.y - 12.0, text, SMALL)
                .ink(Ink::Muted)
                .fit_middle(room);
            drawing.text(if is_left { text.right() } else { text });
        }
        let unit = label(a.right(), a.bottom() + 32.0, "difference, % of A", TEXT);
        drawing.text(unit.ink(Ink::Muted).right());
    }

    /// A figure: its name, the interval with the mean on it, and what that comes to.
    fn row(
        &self,
        drawing: &mut Drawing,
        panel: &Panel,
        y: f64,
        verdict: &KeptVerdict,
    ) -> Result<(), PlotError> {
        let (area, middle) = (panel.area, y + ROW / 2.0);
        let metric = self.metric(verdict)?;
        let name = label(area.x - 10.0, middle, metric.name.as_str(), TEXT).right();
        drawing.text(name.fit_middle(area.x - 10.0 - panel.edge));
        let (ink, filled) = look(verdict.verdict);
        if let Some((low, high)) = verdict.low.zip(verdict.high) {
            let ends = [panel.x_at(low), panel.x_at(high)];
            drawing.line(ends.map(|x| (x, middle)), ink, 2.0, Dash::Solid);
            for (x, end) in ends.into_iter().zip([low, high]) {
                if (panel.x.low..=panel.x.high).contains(&end) {
                    let upright = [(x, middle - 5.0), (x, middle + 5.0)];
                    drawing.line(upright, ink, 2.0, Dash::Solid);
                }
            }
        }
        if let Some(mean) = verdict.difference {
            let x = panel.x_at(mean);
            match (mean < panel.x.low, mean > panel.x.high) {
                (true, _) => arrow(drawing, (x, middle), -8.0, ink),
                (_, true) => arrow(drawing, (x, middle), 8.0, ink),
                _ => drawing.dot((x, middle), 4.5, ink, filled),
            }
        }
        let told = told(verdict);
        let text = label(area.right() + 14.0, middle, told.as_str(), TEXT);
        drawing.text(text.fit(TOLD - 130.0));
        let is = label(WIDTH - EDGE, middle, short(verdict.verdict), TEXT).bold();
        drawing.text(is.ink(word_ink(verdict.verdict)).right());
        let (cell, words) = (verdict.cell.as_str(), verdict.verdict.name());
        let text = format!("{cell}\n{}: {told}\nB is: {words}", metric.name);
        drawing.spot(rect(area.x, y, area.w, ROW), text);
        let percent = |x: Option<f64>| x.map_or("–".into(), percent);
        let [mean, low, high] = [verdict.difference, verdict.low, verdict.high].map(percent);
        let row = [cell, metric.name.as_str(), &mean, &low, &high, words];
        drawing.table.row(row);
        Ok(())
    }
}

/// What is beyond the scale.
fn arrow(drawing: &mut Drawing, (x, y): (f64, f64), by: f64, ink: Ink) {
    drawing.area(vec![(x - by, y - 6.0), (x - by, y + 6.0), (x, y)], ink);
}

/// Colour of a verdict, and whether its dot is filled.
fn look(verdict: Verdict) -> (Ink, bool) {
    match verdict {
        Verdict::Better => (Ink::Good, true),
        Verdict::Worse => (Ink::Bad, true),
        Verdict::More | Verdict::Less => (Ink::Text, true),
        Verdict::Same => (Ink::Muted, true),
        Verdict::NotEnoughRuns | Verdict::NothingToCompare => (Ink::Muted, false),
    }
}

/// Colour of its word.
fn word_ink(verdict: Verdict) -> Ink {
    match look(verdict) {
        // Green of a thin letter is hard to read on white.
        (Ink::Good, _) => Ink::Text,
        (ink, _) => ink,
    }
}

/// A verdict in few words.
fn short(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Same => "same",
        other => other.name(),
    }
}

/// The difference and its interval in words.
fn told(v: &KeptVerdict) -> String {
    match (v.difference, v.low.zip(v.high)) {
        _ if v.verdict == Verdict::NothingToCompare => "–".into(),
        (Some(mean), Some((low, high))) => {
            let [low, high] = [low, high].map(|x| percent(x).replace(" %", ""));
            format!("{} ({low} to {high})", percent(mean))
        }
        (Some(mean), None) => format!("{} (1 run)", percent(mean)),
        (None, _) => "no share: A has none".into(),
    }
}

/// `+1.25 %`, `−30.1 %`, `+554 %`.
fn percent(share: f64) -> String {
    let text = match 100.0 * share {
        x if x.abs() >= 99.95 => format!("{x:.0}"),
        x if x.abs() >= 9.995 => format!("{x:.1}"),
        x => format!("{x:.2}"),
    };
    format!("{} %", signed(&text))
}

fn signed(text: &str) -> String {
    match text.strip_prefix('-') {
        Some(rest) => format!("−{rest}"),
        None if text == "0" => text.into(),
        None => format!("+{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::Shape;
    use crate::plot::result::{Cell, Origin};

    fn verdict(metric: &str, ends: [f64; 3], verdict: Verdict) -> KeptVerdict {
        KeptVerdict {
            cell: "unequal, bio mode".into(),
            metric: metric.into(),
            difference: Some(ends[1]),
            low: Some(ends[0]),
            high: Some(ends[2]),
            correlation: Some(0.9),
            verdict,
        }
    }

    fn compared(verdicts: Vec<KeptVerdict>) -> SweepResult {
        let cell = |policy: &str, metric: &str| Cell {
            values: [policy.into(), "unequal, bio mode".into()].into(),
            metric: metric.into(),
            mean: 1.0,
            low: 1.0,
            high: 1.0,
            runs: 5,
            method: "".into(),
        };
        let metrics: Vec<String> = verdicts.iter().map(|v| v.metric.clone()).collect();
        let both = |metric: &String| ["round-robin", "adaptive"].map(|p| cell(p, metric));
        SweepResult {
            name: "round-robin and adaptive".into(),
            axes: vec!["policy".into(), "cell".into()],
            cells: metrics.iter().flat_map(both).collect(),
            origin: Box::new(Origin {
                comparison: Some(Kept {
                    replications: 5,
                    margin: 0.01,
                    alpha: 0.05,
                    verdicts,
                    ..Kept::default()
                }),
                ..Origin::default()
            }),
            ..SweepResult::default()
        }
    }

    fn drawn(verdicts: Vec<KeptVerdict>) -> Drawing {
        let sweep = compared(verdicts);
        let kept = sweep.origin.comparison.clone().unwrap();
        let drawing = differences(&sweep, &kept, &Choice::default()).unwrap();
        assert_eq!(drawing.faults(), Vec::<String>::new());
        drawing
    }

    /// The band is the margin; what is within it lies in it, what is not does not.
    #[test]
    fn intervals_lie_beside_the_margin() {
        let drawing = drawn(vec![
            verdict("iops", [0.05, 0.06, 0.07], Verdict::Better),
            verdict("lat_mean_us", [-0.004, 0.0, 0.004], Verdict::Same),
        ]);
        let band = drawing.shapes.iter().find_map(|shape| match shape {
            Shape::Bar(at, paint) if paint.ink == Ink::Grid && at.h > 40.0 => Some(*at),
            _ => None,
        });
        let band = band.unwrap();
        let dots = drawing.shapes.iter().filter_map(|shape| match shape {
            Shape::Dot((x, _), _, paint, true) => Some((*x, paint.ink)),
            _ => None,
        });
        let dots: Vec<(f64, Ink)> = dots.collect();
        let is_same = |d: &(f64, Ink)| d.0 > band.x && d.0 < band.right() && d.1 == Ink::Muted;
        assert!(dots.iter().any(|d| d.1 == Ink::Good) && dots.iter().any(is_same));
        let texts: Vec<&str> = drawing.labels().map(|l| l.text.as_str()).collect();
        assert_eq!(drawing.title, "adaptive beside round-robin");
        assert!(texts.contains(&"+6.00 % (+5.00 to +7.00)"), "{texts:?}");
        assert!(texts.contains(&"within 1 %: does not matter"));
        assert!(texts.contains(&"← adaptive has less"));
    }

    /// What is five times as much must not hide what is a tenth less.
    #[test]
    fn one_large_difference_is_cut_and_told() {
        let drawing = drawn(vec![
            verdict("iops", [-0.11, -0.1, -0.09], Verdict::Worse),
            verdict("lat_mean_us", [0.08, 0.1, 0.12], Verdict::Worse),
            verdict("lat_p99_us", [5.0, 5.5, 6.0], Verdict::Worse),
            verdict("lat_p50_us", [-0.01, 0.1, 0.2], Verdict::NotEnoughRuns),
        ]);
        let texts: Vec<&str> = drawing.labels().map(|l| l.text.as_str()).collect();
        assert!(texts.contains(&"+550 % (+500 to +600)"), "{texts:?}");
        assert!(texts.contains(&"−10.0 % (−11.0 to −9.00)"), "{texts:?}");
        let arrows = drawing
            .shapes
            .iter()
            .filter(|s| matches!(s, Shape::Area(p, _) if p.len() == 3));
        assert_eq!(arrows.count(), 1);
    }

    #[test]
    fn a_figure_of_which_there_is_nothing_says_so() {
        let nothing = KeptVerdict {
            difference: None,
            low: None,
            high: None,
            ..verdict("cpu_per_io_us", [0.0; 3], Verdict::NothingToCompare)
        };
        let drawing = drawn(vec![nothing]);
        assert!(drawing.labels().any(|l| l.text == "nothing to compare"));
    }
}
