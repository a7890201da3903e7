//! The comparison at a glance, for a terminal: bars of the figures that matter,
//! and throughput over time.

use super::summary::{RunSummary, Summary};
use super::text::{count, time};
use crate::sim::Ns;

/// Cells of the longest bar.
const CELLS: usize = 28;
/// Cells of a sparkline.
const SPARKS: usize = 40;
/// Columns of the names of figures.
const FIGURE: usize = 18;
/// Columns of the names of modes.
const MODE: usize = 9;
/// Terminals narrower than this have the name of a figure in a line of its own.
const NARROW: usize = 60;

/// How a terminal is written to.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Look {
    /// Whether it has colours, and its user wants them (`NO_COLOR`).
    pub colour: bool,
    /// Its columns: no line is longer, if there are 40.
    pub width: usize,
}

/// A figure: its name, where it stands, how it is told.
type Figure = (&'static str, fn(&RunSummary) -> f64, fn(f64) -> String);

const FIGURES: [Figure; 4] = [
    ("IOPS", |r| r.application.iops, |v| count(v.round() as u64)),
    ("mean latency", |r| r.application.latency.mean_ns, time),
    (
        "99 % latency",
        |r| r.application.latency.p99_ns as f64,
        time,
    ),
    ("requests to paths", requests, |v| count(v as u64)),
];

/// Those that the drivers kept: one may be requeued several times.
fn requests(run: &RunSummary) -> f64 {
    run.path_devices.requests_kept as f64
}

/// A run's I/Os by time.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// Width of a bin.
    pub width: Ns,
    /// I/Os in each.
    pub ios: Vec<u64>,
}

/// The runs of `summary` as bars, and their `series`.
pub fn glance(summary: &Summary, series: &[Series], look: Look) -> String {
    let mut text = String::new();
    let modes: Vec<&str> = summary.runs.iter().map(|run| run.mode.as_str()).collect();
    for (name, of, tell) in FIGURES {
        let most = summary.runs.iter().map(of).fold(0.0, f64::max);
        let told: Vec<String> = summary.runs.iter().map(|run| tell(of(run))).collect();
        let wide = told.iter().map(|t| t.chars().count()).max().unwrap_or(0);
        let cells = CELLS.min(look.room().saturating_sub(wide + 1)).max(4);
        let drawn = summary.runs.iter().zip(&told).map(|(run, told)| {
            let share = if most > 0.0 { of(run) / most } else { 0.0 };
            (bar(share, cells), format!(" {told}"))
        });
        text += &look.rows(name, &modes, drawn);
    }
    let drawn = sparklines(series, SPARKS.min(look.room()).max(4));
    let drawn = drawn.into_iter().map(|line| (line, String::new()));
    text + &look.rows("I/Os over time", &modes, drawn)
}

impl Look {
    fn is_narrow(self) -> bool {
        self.width < NARROW
    }
    /// Columns that are left for a bar and its value. The last one stays free:
    /// some terminals go on to the next line behind it.
    fn room(self) -> usize {
        let taken = match self.is_narrow() {
            true => 2 + MODE,
            false => 2 + FIGURE + MODE,
        };
        self.width.saturating_sub(taken + 1)
    }
    /// A row a mode of what is `drawn`, and what stands behind it.
    fn rows(
        self,
        name: &str,
        modes: &[&str],
        drawn: impl Iterator<Item = (String, String)>,
    ) -> String {
        let mut text = match self.is_narrow() {
            true => format!("{name}\n"),
            false => String::new(),
        };
        for (n, (mode, (drawn, behind))) in modes.iter().zip(drawn).enumerate() {
            let head = if n == 0 { name } else { "" };
            let head = match self.is_narrow() {
                true => String::new(),
                false => format!("{head:<FIGURE$}"),
            };
            text += &format!(
                "  {head}{mode:<MODE$}{}{behind}\n",
                paint(&drawn, mode, self)
            );
        }
        text
    }
}

/// The colours of the figures, as near as 256 colours come.
fn paint(text: &str, mode: &str, look: Look) -> String {
    if !look.colour {
        return text.into();
    }
    let colour = match mode {
        "bio" => 32,
        "request" => 166,
        _ => 245,
    };
    format!("\u{1b}[38;5;{colour}m{text}\u{1b}[0m")
}

/// A bar of so much of the longest, which has `cells`, in eighths of a cell.
fn bar(share: f64, cells: usize) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * cells as f64 * 8.0).round() as usize;
    let eighths = if share > 0.0 { eighths.max(1) } else { 0 };
    "█".repeat(eighths / 8) + PARTS[eighths % 8]
}

/// Rates over equal times, as heights: a cell is as long in all runs, whatever the
/// width of their bins, and a height is the same in all. Nothing is a blank, the least
/// that there is can be seen, and a peak is cut where it would press all else flat.
fn sparklines(series: &[Series], cells: usize) -> Vec<String> {
    const HEIGHTS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let width = |run: &Series| run.width.0.max(1);
    let coarsest = series.iter().map(width).max().unwrap_or(1);
    let lasts = |run: &Series| width(run).saturating_mul(run.ios.len() as u64);
    let longest = series.iter().map(lasts).max().unwrap_or(0);
    let cell = longest
        .div_ceil(cells.max(1) as u64)
        .max(1)
        .next_multiple_of(coarsest);
    // A last group that is not whole would look like a drop.
    let rate = |group: &[u64], width: u64| {
        group.iter().sum::<u64>() as f64 / (group.len() as f64 * width as f64)
    };
    let rates = |run: &Series| {
        let each = (cell / width(run)).max(1) as usize;
        let groups = run.ios.chunks(each);
        groups.map(|group| rate(group, width(run))).collect()
    };
    let rates: Vec<Vec<f64>> = series.iter().map(rates).collect();
    let top = top(rates.iter().flatten().copied());
    let height = |rate: &f64| match (rate / top * 8.0).ceil() {
        eighths if eighths >= 1.0 => HEIGHTS[(eighths as usize).min(8)],
        _ => HEIGHTS[0],
    };
    let line = |rates: &Vec<f64>| rates.iter().map(height).collect();
    rates.iter().map(line).collect()
}

/// What a full cell is worth: the most, or twice what is usual if only one in ten
/// is more than that.
fn top(rates: impl Iterator<Item = f64>) -> f64 {
    let mut there: Vec<f64> = rates.filter(|rate| *rate > 0.0).collect();
    there.sort_by(f64::total_cmp);
    let usual = there.get(there.len() / 2).copied().unwrap_or(1.0);
    let beyond = there.iter().filter(|rate| **rate > 2.0 * usual).count();
    match there.last() {
        Some(most) if 10 * beyond > there.len() || *most < 2.0 * usual => *most,
        _ => 2.0 * usual,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::summary::ApplicationSummary;

    #[test]
    fn bars_have_eighths_and_what_is_there_is_seen() {
        assert_eq!(bar(1.0, 28).chars().count(), 28);
        assert_eq!(bar(0.0, 28), "");
        assert_eq!(bar(1e-9, 28), "▏");
        assert_eq!(bar(0.5, 28), "█".repeat(14));
    }

    fn series(ms: u64, ios: Vec<u64>) -> Series {
        let width = Ns::from_ms(ms);
        Series { width, ios }
    }

    #[test]
    fn sparklines_share_their_time_and_their_height() {
        let of = |all: &[Vec<u64>]| {
            let all: Vec<Series> = all.iter().map(|ios| series(10, ios.clone())).collect();
            sparklines(&all, 40)
        };
        assert_eq!(of(&[vec![0, 1, 2, 4]]), [" ▂▄█"]);
        assert_eq!(of(&[vec![8; 2], vec![4; 2], vec![1]]), ["██", "▄▄", "▁"]);
        let lines = of(&[vec![7; 80], vec![7; 160]]);
        assert_eq!([0, 1].map(|n| lines[n].chars().count()), [20, 40]);
        assert_eq!(of(&[vec![]]), [""]);
    }

    /// Bins of a longer run are wider; the same rate is as high, and half the time
    /// half as long.
    #[test]
    fn bins_of_several_widths_share_a_scale() {
        let long = series(80, vec![16; 1000]);
        let short = series(40, vec![8; 1000]);
        let lines = sparklines(&[long, short], 40);
        assert_eq!([&lines[0], &lines[1]].map(|l| l.chars().count()), [40, 20]);
        let height = |line: &str| line.chars().next();
        assert_eq!(height(&lines[0]), height(&lines[1]));
    }

    #[test]
    fn a_stop_is_seen_beside_a_peak_and_beside_a_little() {
        let mut bins = vec![1000; 30];
        bins[8..12].fill(0);
        bins[12] = 1;
        bins[13] = 24_000;
        let line = &sparklines(&[series(10, bins)], 40)[0];
        let want = format!("{}    ▁█{}", "▄".repeat(8), "▄".repeat(16));
        assert_eq!(*line, want);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let run = |mode: &str, iops: f64| RunSummary {
            mode: mode.into(),
            application: ApplicationSummary {
                iops,
                ..ApplicationSummary::default()
            },
            ..RunSummary::default()
        };
        let summary = Summary {
            runs: vec![run("bio", 1e6), run("request", 2e6), run("single", 3.0)],
            ..Summary::default()
        };
        let series = vec![series(10, vec![5; 200]); 3];
        for width in [40, 59, 60, 72, 80, 200] {
            let look = Look {
                colour: false,
                width,
            };
            let text = glance(&summary, &series, look);
            let widest = text.lines().map(|l| l.chars().count()).max().unwrap();
            assert!(widest < width, "{width}: {widest}\n{text}");
            assert!(text.contains("2,000,000") && text.contains("████████"));
        }
    }

    #[test]
    fn nothing_is_painted_unless_wanted() {
        let look = |colour| Look { colour, width: 80 };
        assert_eq!(paint("x", "bio", look(false)), "x");
        assert!(paint("x", "bio", look(true)).contains('\u{1b}'));
    }
}
