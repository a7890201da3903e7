//! The axes of a sweep as they are read: words, units, places.

use crate::plot::chart::{Panel, SMALL, TEXT, within};
use crate::plot::drawing::{Dash, Drawing, Label, label};
use crate::plot::font::{self, Weight};
use crate::plot::result::{SweepResult, quantity};
use crate::plot::scale::{Run, Scale};
use crate::plot::theme::Ink;
use crate::plot::units::Unit;

/// Lines that a name below an axis may take.
const LINES: usize = 3;
/// Rows that names below an axis may take.
const ROWS: usize = 4;
/// Sizes more of which are written at even steps.
const MANY: usize = 12;
/// From a line of them to the next.
const LINE: f64 = 15.0;

/// An axis.
#[derive(Clone, Debug)]
pub struct Axis {
    /// Its column.
    pub column: usize,
    /// Its values as the table has them, in order.
    pub values: Vec<String>,
    /// The same as they are read: `316 µs`.
    pub told: Vec<String>,
    /// What it is, in words.
    pub words: String,
    /// The same, its own name and its unit.
    pub name: String,
    /// Its values, if they are sizes.
    sizes: Option<Vec<f64>>,
}

impl Axis {
    /// Axis number `column` of `sweep`.
    pub fn new(sweep: &SweepResult, column: usize) -> Axis {
        let values = sweep.values(column).to_vec();
        let own = short(&sweep.axes[column]);
        let words = words(own);
        let unit = unit(own, &values);
        let told = told(&values, unit);
        let suffix = match unit {
            Some(Unit::PerSecond) => ", I/Os a second",
            _ => "",
        };
        let name = match words == own {
            true => format!("{own}{suffix}"),
            false => format!("{words} ({own}){suffix}"),
        };
        let sizes: Option<Vec<f64>> = values.iter().map(|value| quantity(value)).collect();
        Axis {
            column,
            told,
            words: words.into(),
            name,
            sizes: sizes.filter(|all| all.iter().all(|size| *size >= 0.0)),
            values,
        }
    }

    /// The same with these values only.
    pub fn only(&self, kept: impl Iterator<Item = usize>) -> Axis {
        let kept: Vec<usize> = kept.collect();
        let of = |all: &[String]| kept.iter().map(|i| all[*i].clone()).collect();
        let sizes = self.sizes.as_ref();
        Axis {
            values: of(&self.values),
            told: of(&self.told),
            sizes: sizes.map(|sizes| kept.iter().map(|i| sizes[*i]).collect()),
            ..self.clone()
        }
    }

    /// How value number `i` is read.
    pub fn tell(&self, value: &str) -> &str {
        let at = self.values.iter().position(|known| known == value);
        at.map_or("", |at| self.told[at].as_str())
    }
    /// Whether its values are sizes: a line may run through what is between them.
    pub fn has_sizes(&self) -> bool {
        self.sizes.is_some()
    }
    /// Where value number `i` lies.
    pub fn place(&self, i: usize) -> f64 {
        match &self.sizes {
            Some(sizes) => sizes[i],
            None => i as f64 + 1.0,
        }
    }
    /// Sizes that differ by factors are on a logarithmic scale.
    pub fn scale(&self) -> Scale {
        let places: Vec<f64> = (0..self.values.len()).map(|i| self.place(i)).collect();
        let low = places.iter().copied().fold(f64::INFINITY, f64::min);
        let high = places.iter().copied().fold(0.0, f64::max);
        let steps: Vec<f64> = places.windows(2).map(|w| w[1] - w[0]).collect();
        let even = steps.iter().all(|s| *s < 1.6 * steps[0]);
        if self.has_sizes() && !even && low > 0.0 && high / low > 4.0 {
            return Scale {
                run: Run::Log,
                unit: Unit::Count,
                low: low / 1.1,
                high: high * 1.1,
            };
        }
        let pad = match self.has_sizes() && high > low {
            true => (high - low) * 0.04,
            false => 0.5,
        };
        Scale::span(Unit::Count, low - pad, high + pad)
    }

    /// Height that is written below a panel of `width`.
    pub fn height(&self, width: f64) -> f64 {
        let lines = match self.has_sizes() {
            true => 1,
            false => self.stagger(width).lines(),
        };
        26.0 + LINE * lines as f64
    }
    /// Values and name, below `panel`.
    pub fn draw_below(&self, drawing: &mut Drawing, panel: &Panel) {
        panel.draw_x_line(drawing);
        match self.has_sizes() {
            true => self.write_sizes(drawing, panel),
            false => self.write_names(drawing, panel),
        }
        let y = panel.area.bottom() + self.height(panel.area.w) - 7.0;
        let name = label(panel.area.right(), y, self.name.as_str(), TEXT);
        drawing.text(name.ink(Ink::Muted).fit(panel.area.w).right());
    }

    /// Sizes, as far as they have room: what lies between is clear.
    fn write_sizes(&self, drawing: &mut Drawing, panel: &Panel) {
        let base = panel.area.bottom();
        let texts: Vec<Label> = self
            .told
            .iter()
            .enumerate()
            .map(|(i, value)| {
                let x = panel.x_at(self.place(i));
                let text = label(x, base + LINE, value.as_str(), SMALL).ink(Ink::Muted);
                text.fit_middle(90.0).centred()
            })
            .collect();
        let every = self.every(&texts);
        let mut free = f64::NEG_INFINITY;
        for (i, text) in texts.into_iter().enumerate().step_by(every) {
            let x = panel.x_at(self.place(i));
            drawing.line([(x, base), (x, base + 5.0)], Ink::Muted, 1.0, Dash::Solid);
            let space = text.space();
            let right = space.x + 1.1 * space.w;
            if space.x > free && right < panel.area.right() + 24.0 {
                free = right + 6.0;
                drawing.text(text);
            }
        }
    }
    /// Of many sizes that are evenly spaced every so many are written, so that all of these
    /// have room; of others, all that have.
    fn every(&self, texts: &[Label]) -> usize {
        if texts.len() <= MANY || self.scale().run == Run::Log {
            return 1;
        }
        let has_room = |every: &usize| {
            let mut spaces = texts.iter().step_by(*every).map(Label::space);
            let mut free = f64::NEG_INFINITY;
            spaces.all(|space| {
                let is_free = space.x > free;
                free = space.x + 1.1 * space.w + 6.0;
                is_free
            })
        };
        (1..texts.len()).find(has_room).unwrap_or(texts.len())
    }
    /// Names, all of them: in as many rows as it takes.
    fn write_names(&self, drawing: &mut Drawing, panel: &Panel) {
        let base = panel.area.bottom();
        let rows = self.stagger(panel.area.w);
        for (i, lines) in rows.names.iter().enumerate() {
            let x = panel.x_at(self.place(i));
            let below = LINE * (rows.of * (i % rows.count)) as f64;
            let tick = [(x, base), (x, base + 5.0 + below)];
            let ink = if below > 0.0 { Ink::Grid } else { Ink::Muted };
            drawing.line(tick, ink, 1.0, Dash::Solid);
            for (n, line) in lines.iter().enumerate() {
                let y = base + LINE * (n + 1) as f64 + below;
                let text = label(x, y, line.as_str(), SMALL).ink(Ink::Muted);
                let text = text.fit_middle(rows.room + 6.0).centred();
                let (left, right) = (panel.edge, panel.area.right() + 16.0);
                drawing.text(within(text, left, right));
            }
        }
    }
    /// The fewest rows in which every name has room.
    fn stagger(&self, width: f64) -> Rows {
        let each = width / self.told.len().max(1) as f64;
        let rows = |count: usize| {
            let room = each * count as f64 - 6.0;
            let names: Vec<_> = self.told.iter().map(|name| wrap(name, room)).collect();
            let of = names.iter().map(Vec::len).max().unwrap_or(1);
            Rows {
                count,
                of,
                room,
                names,
            }
        };
        let most = self.told.len().clamp(1, ROWS);
        let found = (1..=most).map(rows).find(Rows::fit);
        found.unwrap_or_else(|| rows(most))
    }
}

/// Names below an axis, in turn in one of some rows.
struct Rows {
    count: usize,
    /// Lines of a row.
    of: usize,
    /// Width of a name.
    room: f64,
    /// Each in its lines.
    names: Vec<Vec<String>>,
}

impl Rows {
    fn fit(&self) -> bool {
        let wide = |line: &String| 1.1 * font::width(line, SMALL, Weight::Regular);
        self.names
            .iter()
            .flatten()
            .all(|line| wide(line) <= self.room)
    }
    fn lines(&self) -> usize {
        self.count * self.of
    }
}

/// A name in lines of at most `room`, broken behind hyphens.
fn wrap(text: &str, room: f64) -> Vec<String> {
    let fits = |line: &str| 1.1 * font::width(line, SMALL, Weight::Regular) <= room;
    let mut lines: Vec<String> = Vec::new();
    for part in text.split_inclusive(['-', ' ', '_']) {
        let full = lines.len() == LINES;
        match lines.last_mut() {
            Some(line) if full || fits(format!("{line}{part}").trim_end()) => *line += part,
            _ => lines.push(part.to_owned()),
        }
    }
    lines
        .iter()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

/// The last word of `path.to.key`.
pub fn short(axis: &str) -> &str {
    axis.rsplit('.').next().unwrap_or(axis)
}

fn words(own: &str) -> &str {
    match own {
        "completion" => "port latency",
        "bs" => "I/O size",
        "depth" | "iodepth" => "queue depth",
        "rate_iops" => "offered rate",
        "numjobs" => "number of jobs",
        "size" => "amount of data",
        own => own,
    }
}

/// What the values of an axis are measured in, from its name or theirs.
fn unit(own: &str, values: &[String]) -> Option<Unit> {
    let suffix = |value: &String| {
        let at = value.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '-')?;
        Some(value[at..].trim().to_ascii_lowercase())
    };
    let all = values.iter().all(|value| quantity(value).is_some());
    let has = |known: &[&str]| {
        let mut suffixes = values.iter().filter_map(suffix);
        suffixes.any(|suffix| known.contains(&suffix.as_str()))
    };
    match own {
        _ if !all => None,
        _ if has(&["ns", "us", "µs", "ms", "s"]) => Some(Unit::Time),
        "rate_iops" => Some(Unit::PerSecond),
        "bs" | "size" => Some(Unit::Bytes),
        own if own.ends_with("_bytes") => Some(Unit::Bytes),
        _ if has(&["b", "k", "kib", "m", "mib", "g", "gib"]) => Some(Unit::Bytes),
        _ => None,
    }
}

/// Values with their unit; as they are if that would make two of them one.
fn told(values: &[String], unit: Option<Unit>) -> Vec<String> {
    let tell = |value: &String| match (unit, quantity(value)) {
        // 5000 is read as easily as 5 k.
        (Some(Unit::PerSecond), Some(size)) => Unit::Count.tell(size),
        (Some(unit), Some(size)) => unit.tell(size),
        _ => value.clone(),
    };
    let told: Vec<String> = values.iter().map(tell).collect();
    let mut once = told.clone();
    once.sort();
    once.dedup();
    if once.len() == told.len() {
        told
    } else {
        values.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told_of(own: &str, values: &[&str]) -> Vec<String> {
        let values: Vec<String> = values.iter().map(|v| (*v).to_owned()).collect();
        told(&values, unit(own, &values))
    }

    #[test]
    fn values_have_the_unit_that_they_are_read_in() {
        let times = told_of("completion", &["100us", "316228ns", "1ms"]);
        assert_eq!(times, ["100 µs", "316 µs", "1 ms"]);
        assert_eq!(told_of("bs", &["4k", "65536"]), ["4 KiB", "64 KiB"]);
        assert_eq!(told_of("rate_iops", &["9000", "12000"]), ["9000", "12 k"]);
        assert_eq!(told_of("policy", &["oracle", "4k"]), ["oracle", "4k"]);
        assert_eq!(told_of("depth", &["4", "64"]), ["4", "64"]);
        // Rounding must not make one of two.
        let near = ["1000001ns", "1000002ns"];
        assert_eq!(told_of("completion", &near), near);
    }

    /// Names of policies are told whole, however many there are.
    #[test]
    fn many_names_stand_in_rows() {
        let names = [
            "round-robin",
            "queue-length",
            "service-time",
            "historical-service-time",
            "measured-throughput",
            "weighted-round-robin",
        ];
        let all: Vec<String> = names.iter().cycle().take(14).map(|n| (*n).into()).collect();
        let axis = Axis {
            column: 0,
            values: all.clone(),
            told: all,
            words: "policy".into(),
            name: "policy".into(),
            sizes: None,
        };
        let rows = axis.stagger(840.0);
        assert!(rows.fit() && rows.count > 1, "{}", rows.count);
        assert!(rows.names.iter().all(|lines| !lines.concat().contains('…')));
        assert_eq!(axis.stagger(8000.0).count, 1);
    }

    #[test]
    fn names_are_broken_at_hyphens() {
        assert_eq!(wrap("round-robin", 200.0), ["round-robin"]);
        let lines = wrap("historical-service-time", 70.0);
        assert_eq!(lines, ["historical-", "service-", "time"]);
        assert!(wrap("a-b-c-d-e-f", 5.0).len() <= LINES);
    }
}
