//! The comparison at a glance, for a terminal: bars of the figures that matter,
//! and throughput over time.

use super::summary::{RunSummary, Summary};
use super::text::{count, time};

/// Cells of the longest bar.
const CELLS: f64 = 28.0;
/// Cells of a sparkline.
const SPARKS: usize = 40;

/// How a terminal is written to.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Look {
    /// Whether it has colours, and its user wants them (`NO_COLOR`).
    pub colour: bool,
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

/// The runs of `summary` as bars; `series` are each run's I/Os by time.
pub fn glance(summary: &Summary, series: &[Vec<u64>], look: Look) -> String {
    let mut text = String::new();
    for (name, of, tell) in FIGURES {
        let most = summary.runs.iter().map(of).fold(0.0, f64::max);
        for (n, run) in summary.runs.iter().enumerate() {
            let head = if n == 0 { name } else { "" };
            let value = of(run);
            let drawn = bar(if most > 0.0 { value / most } else { 0.0 });
            let line = format!("{} {}", paint(&drawn, &run.mode, look), tell(value));
            text += &format!("  {head:<18}{:<9}{line}\n", run.mode);
        }
    }
    let drawn = sparklines(series);
    for (n, (run, drawn)) in summary.runs.iter().zip(drawn).enumerate() {
        let head = if n == 0 { "I/Os over time" } else { "" };
        text += &format!(
            "  {head:<18}{:<9}{}\n",
            run.mode,
            paint(&drawn, &run.mode, look)
        );
    }
    text
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

/// A bar of so much of the longest, in eighths of a cell.
fn bar(share: f64) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * CELLS * 8.0).round() as usize;
    let eighths = if share > 0.0 { eighths.max(1) } else { 0 };
    "█".repeat(eighths / 8) + PARTS[eighths % 8]
}

/// Sums over equal times, as heights: bins of all runs have the same width, and a
/// height is the same in all.
fn sparklines(series: &[Vec<u64>]) -> Vec<String> {
    const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let longest = series.iter().map(Vec::len).max().unwrap_or(0);
    let each = longest.div_ceil(SPARKS).max(1);
    // A last group that is not whole would look like a drop.
    let mean = |group: &[u64]| group.iter().sum::<u64>() as f64 / group.len() as f64;
    let means = |bins: &Vec<u64>| bins.chunks(each).map(mean).collect();
    let means: Vec<Vec<f64>> = series.iter().map(means).collect();
    let most = means.iter().flatten().copied().fold(0.0, f64::max);
    let height = |mean: &f64| match most {
        0.0 => HEIGHTS[0],
        most => HEIGHTS[(mean / most * 7.0).round() as usize],
    };
    let line = |means: &Vec<f64>| means.iter().map(height).collect();
    means.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_have_eighths_and_what_is_there_is_seen() {
        assert_eq!(bar(1.0).chars().count(), 28);
        assert_eq!(bar(0.0), "");
        assert_eq!(bar(1e-9), "▏");
        assert_eq!(bar(0.5), "█".repeat(14));
    }

    #[test]
    fn sparklines_share_their_time_and_their_height() {
        assert_eq!(sparklines(&[vec![0, 1, 2, 4]]), ["▁▃▅█"]);
        assert_eq!(
            sparklines(&[vec![8; 2], vec![4; 2], vec![1]]),
            ["██", "▅▅", "▂"]
        );
        let lines = sparklines(&[vec![7; 80], vec![7; 160]]);
        assert_eq!([0, 1].map(|n| lines[n].chars().count()), [20, 40]);
        assert_eq!(sparklines(&[vec![]]), [""]);
    }

    #[test]
    fn nothing_is_painted_unless_wanted() {
        assert_eq!(paint("x", "bio", Look { colour: false }), "x");
        assert!(paint("x", "bio", Look { colour: true }).contains('\u{1b}'));
    }
}
