//! `mpathsim compare`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::kept::KeptIn;
use super::replicated::{ModeName, Replicated, figure, modes, watched};
use super::{CliError, print, terminal};
use crate::models::mpath::policy::Registry;
use crate::policy::{
    self, COMPARISON, Comparison, Contender, Cut, Judged, LeftOut, Row, compare, keep_comparison,
};
use crate::run::text::{Columns, three, with_interval, wrapped};
use crate::stats::{Difference, Interval, Moments};
use crate::sweep::{Better, METRICS, quoted, ratio_to_bound};

/// Compare two policies, modes, scenario files, folders of results, or builds.
#[derive(Debug, Args)]
pub struct Compare {
    #[command(flatten)]
    what: Compared,
    /// Print one JSON object a row.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    kept: KeptIn,
    #[command(flatten)]
    replicated: Replicated,
    /// Figures; may be given several times. Default: iops, lat_mean_us,
    /// lat_p99_us, cpu_per_io_us.
    #[arg(long, value_name = "NAME", value_parser = figure)]
    metric: Vec<usize>,
}

/// What is compared, over what: shared with `sensitivity`.
#[derive(Debug, Args)]
pub struct Compared {
    /// A policy, a mode, a scenario file, a folder of results, or an mpathsim.
    a: String,
    /// Another of the same kind.
    b: String,
    /// Scenario files to compare over; may be given several times.
    #[arg(long, value_name = "FILE.toml")]
    scenario: Vec<PathBuf>,
    /// Modes; may be given several times. Default: bio and request.
    #[arg(long, value_enum, value_delimiter = ',')]
    mode: Vec<ModeName>,
    /// Replace a value of the scenarios; may be given several times.
    #[arg(long, value_name = "path.to.key=value")]
    set: Vec<String>,
    /// Differences up to so much do not matter, percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 1.0)]
    margin: f64,
    /// Chance that any of the verdicts is wrong, percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 5.0)]
    alpha: f64,
}

impl Compared {
    /// As a question about `metrics`.
    ///
    /// # Errors
    /// A or B is nothing that can be compared.
    pub fn comparison(
        &self,
        policies: &Registry,
        metrics: Vec<usize>,
    ) -> Result<Comparison, CliError> {
        let margin = share("--margin", self.margin)?;
        let alpha = chance("--alpha", self.alpha)?;
        Ok(Comparison {
            a: Contender::new(&self.a, policies)?,
            b: Contender::new(&self.b, policies)?,
            scenarios: self.scenario.clone(),
            modes: modes(&self.mode),
            sets: self.set.clone(),
            metrics,
            margin,
            alpha,
        })
    }
}

/// Percent as a share of one.
pub fn share(option: &'static str, percent: f64) -> Result<f64, CliError> {
    match (0.0..100.0).contains(&percent) {
        true => Ok(percent / 100.0),
        false => Err(CliError::Share {
            option,
            percent,
            least: "from 0",
        }),
    }
}

/// A chance of being wrong, in percent, as a share of one: nothing is certain.
pub fn chance(option: &'static str, percent: f64) -> Result<f64, CliError> {
    match share(option, percent) {
        Ok(share) if share > 0.0 => Ok(share),
        _ => Err(CliError::Share {
            option,
            percent,
            least: "above 0",
        }),
    }
}

const FIGURES: [&str; 4] = ["iops", "lat_mean_us", "lat_p99_us", "cpu_per_io_us"];

impl Compare {
    /// Compares, and prints a row a figure and cell.
    ///
    /// # Errors
    /// The two cannot be compared, or a run fails.
    pub fn execute(&self, policies: &Registry) -> Result<ExitCode, CliError> {
        self.kept.claim(COMPARISON)?;
        let metrics = match self.metric.as_slice() {
            [] => FIGURES
                .iter()
                .filter_map(|name| figure(name).ok())
                .collect(),
            given => given.to_vec(),
        };
        let comparison = self.what.comparison(policies, metrics)?;
        let settings = self.replicated.settings(policies);
        let policy::Compared { rows, left_out } =
            watched(&settings, || compare(&comparison, &settings))?;
        let text = match self.json {
            true => json(&rows, &left_out)?,
            false => table(&rows, &comparison, &left_out, terminal::width()),
        };
        print(&text)?;
        if self.kept.out.is_some() {
            let command = self.command(&comparison);
            let (kept, rows) = keep_comparison(&comparison, &rows, &settings, command)?;
            self.kept.write(&kept, rows)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The command that makes it again.
    fn command(&self, what: &Comparison) -> String {
        let asked = &self.what;
        let mut command = format!("mpathsim compare {} {}", quoted(&asked.a), quoted(&asked.b));
        for scenario in &asked.scenario {
            command += &format!(" --scenario {}", quoted(&scenario.display().to_string()));
        }
        for mode in modes(&asked.mode).iter().filter(|_| !asked.mode.is_empty()) {
            command += &format!(" --mode {}", mode.name());
        }
        for set in &asked.set {
            command += &format!(" --set {}", quoted(set));
        }
        for metric in &what.metrics {
            command += &format!(" --metric {}", METRICS[*metric].name);
        }
        command += &format!(" --margin {} --alpha {}", asked.margin, asked.alpha);
        command + &self.replicated.options()
    }
}

/// The interval of a difference: as a share of A where A is not 0.
pub fn off(judged: &Judged) -> String {
    let plain = |d: Difference| {
        let i = d.interval(0.95);
        format!("{:+.2} to {:+.2}", i.low, i.high)
    };
    match judged.relative {
        Some(_) => percents(judged.relative),
        None => judged.difference.map_or("–".into(), plain),
    }
}

/// `low to high` as percent.
fn percents(interval: Option<Interval>) -> String {
    let percent = |x: f64| format!("{:+.2} %", 100.0 * x);
    interval.map_or("–".into(), |i| {
        format!("{} to {}", percent(i.low), percent(i.high))
    })
}

/// A mean with its interval; that of a single run is what it tells itself.
fn with_half(moments: &Moments, alone: Option<Interval>) -> String {
    match moments.interval(0.95).or(alone) {
        Some(interval) => with_interval(moments.mean, interval),
        None => format!("{} (1 run)", three(moments.mean)),
    }
}

/// For a terminal of `width` columns, or as wide as it is.
fn table(rows: &[Row], what: &Comparison, left_out: &[LeftOut], width: Option<usize>) -> String {
    let mut text = format!("A: {}\nB: {}\n", what.a, what.b);
    let mut last = "";
    let mut columns = Columns::default();
    for row in rows {
        if row.cell != last {
            columns.row(Vec::<String>::new());
            columns.head([
                row.cell.clone(),
                "A".into(),
                "B".into(),
                "B − A, 95 %".into(),
                "effect".into(),
                "pairs".into(),
                "verdict on B".into(),
            ]);
            last = &row.cell;
            if let Some(cut) = Cut::told(row.cut) {
                columns.row([format!("  {cut}")]);
            }
        }
        let j = &row.judged;
        let effect = j.difference.map_or("–".into(), |d| match d.effect {
            e if e.is_infinite() => "∞".into(),
            e => format!("{e:+.1}"),
        });
        let correlation = j.difference.and_then(|d| d.correlation);
        columns.row([
            format!("  {}", METRICS[row.metric].name),
            with_half(&j.a, row.alone[0]),
            with_half(&j.b, row.alone[1]),
            off(j),
            effect,
            correlation.map_or("–".into(), |r| format!("ρ {r:.2}")),
            j.verdict.name().into(),
        ]);
        if row.of_bound.iter().any(Option::is_some) {
            let is_cut = Cut::told(row.cut).is_some();
            columns.row(of_bound(METRICS[row.metric].better, &row.of_bound, is_cut));
        }
        let not_known = match row.of_bound.each_ref().map(Option::is_some) {
            [true, true] => continue,
            [true, false] => "bound of B",
            [false, true] => "bound of A",
            [false, false] => "bound",
        };
        if ratio_to_bound(METRICS[row.metric].name).is_some() {
            columns.row([format!(
                "    {not_known}: not known (`mpathsim run` tells why)"
            )]);
        }
    }
    text += &columns.shown(width);
    text += &format!(
        "\nmargin {} %; the chance that any verdict is wrong is below {} % (Holm)\n",
        100.0 * what.margin,
        100.0 * what.alpha
    );
    text += &not_compared(left_out);
    width.map_or(text.clone(), |width| wrapped(&text, width))
}

/// Lines that are printed of what could not be compared.
const LEFT_OUT: usize = 20;

/// What could not be compared.
fn not_compared(left_out: &[LeftOut]) -> String {
    let shown = left_out.iter().take(LEFT_OUT);
    let mut text: String = shown
        .map(|line| format!("not compared: {line}\n"))
        .collect();
    if left_out.len() > LEFT_OUT {
        text += &format!("… {} in all\n", left_out.len());
    }
    text
}

/// How near each came to what the devices could do at best, as a whole: with what
/// `is_cut` elsewhere.
fn of_bound(better: Better, near: &[Option<Moments>; 2], is_cut: bool) -> [String; 3] {
    let (label, cell): (_, fn(&Moments) -> String) = match better {
        Better::Less => ("over the least possible", |near| {
            let half = near.interval(0.95).map(|of| of.half_width());
            half.map_or(format!("× {:.2} (1 run)", near.mean), |half| {
                format!("× {:.2} ± {half:.2}", near.mean)
            })
        }),
        _ => ("of what is possible", |near| {
            let (mean, half) = (100.0 * near.mean, near.interval(0.95));
            half.map_or(format!("{mean:.1} % (1 run)"), |of| {
                format!("{mean:.1} ± {:.1} %", 100.0 * of.half_width())
            })
        }),
    };
    let [a, b] = near
        .each_ref()
        .map(|near| near.as_ref().map_or("–".into(), cell));
    let of = if is_cut { ", whole runs" } else { "" };
    [format!("    {label}{of}"), a, b]
}

fn json(rows: &[Row], left_out: &[LeftOut]) -> Result<String, CliError> {
    let mut text = String::new();
    for row in rows {
        let j = &row.judged;
        let pair = |interval: Option<Interval>| interval.map(|i| [i.low, i.high]);
        let finite = |x: f64| x.is_finite().then_some(x);
        let [a, b] = row.of_bound;
        let bounds = |near: Moments| pair(near.interval(0.95));
        let value = serde_json::json!({
            "cell": row.cell,
            "metric": METRICS[row.metric].name,
            "a_mean": j.a.mean, "a_interval": pair(j.a.interval(0.95).or(row.alone[0])), "a_runs": j.a.count,
            "b_mean": j.b.mean, "b_interval": pair(j.b.interval(0.95).or(row.alone[1])), "b_runs": j.b.count,
            "difference": j.difference.map(|d| d.mean),
            "difference_ratio_interval": pair(j.relative),
            "difference_ratio_bootstrap": pair(j.bootstrap),
            "effect": j.difference.and_then(|d| finite(d.effect)),
            "correlation": j.difference.and_then(|d| d.correlation),
            "p": j.p,
            "verdict": j.verdict,
            "a_of_bound": a.map(|a| a.mean), "a_of_bound_interval": a.and_then(bounds),
            "b_of_bound": b.map(|b| b.mean), "b_of_bound_interval": b.and_then(bounds),
            "warm_up_s": row.cut.map(|cut| [cut.least, cut.most]),
        });
        text += &serde_json::to_string(&value)?;
        text.push('\n');
    }
    for left_out in left_out {
        let value = serde_json::json!({
            "cell": left_out.cell,
            "metric": left_out.metric.map(|metric| METRICS[metric].name),
            "not_compared": left_out.why,
        });
        text += &serde_json::to_string(&value)?;
        text.push('\n');
    }
    Ok(text)
}
