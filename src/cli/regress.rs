//! `mpathsim regress`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::replicated::{Machine, watched};
use super::{CliError, print, terminal};
use crate::models::mpath::policy::Registry;
use crate::policy::regress::{Baseline, Matrix, Recorded, check, junit, markdown, record, text};
use crate::policy::{Cut, PolicyError, Settings};
use crate::run::write;
use crate::stats::{Difference, Moments};
use crate::sweep::quoted;

/// Keep policies from getting worse: hold them against a baseline.
#[derive(Debug, Args)]
pub struct Regress {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Run the matrix and write the baseline.
    Record(Record),
    /// Run the matrix again; exit code 1 if anything became worse.
    Check(Check),
    /// Replace the baseline, and say what changed.
    Update(Update),
}

#[derive(Debug, Args)]
struct Common {
    /// The matrix: policies × scenarios × figures.
    #[arg(value_name = "MATRIX.toml")]
    matrix: PathBuf,
    /// The baseline. Default: beside the matrix, NAME.baseline.json.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    #[command(flatten)]
    machine: Machine,
}

#[derive(Debug, Args)]
struct Record {
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Update {
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Check {
    #[command(flatten)]
    common: Common,
    /// Run in other worlds than the baseline: replications from N on.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=LAST_WORLD))]
    fresh: Option<u32>,
    /// Check only this cell, named as the table has it; may be given several times.
    #[arg(long, value_name = "NAME")]
    cell: Vec<String>,
    /// Write a JUnit XML file.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write a Markdown summary, for instance to "$GITHUB_STEP_SUMMARY".
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

/// The last world that a check may begin with: none behind it is out of range.
const LAST_WORLD: i64 = u32::MAX as i64 - 100_000;

impl Common {
    fn load(&self, policies: &Registry) -> Result<(Matrix, PathBuf, Settings), CliError> {
        let matrix = Matrix::load(&self.matrix, policies)?;
        let baseline = self
            .baseline
            .clone()
            .unwrap_or_else(|| matrix.baseline_path());
        Ok((matrix, baseline, self.machine.settings(policies)))
    }
}

impl Regress {
    /// Records, checks or updates. Exit code 1: something became worse.
    ///
    /// # Errors
    /// The matrix or the baseline is wrong, or a run fails.
    pub fn execute(&self, policies: &Registry) -> Result<ExitCode, CliError> {
        match &self.what {
            What::Record(record) => record.execute(policies),
            What::Check(check) => check.execute(policies),
            What::Update(update) => update.execute(policies),
        }
    }
}

impl Record {
    fn execute(&self, policies: &Registry) -> Result<ExitCode, CliError> {
        let (matrix, path, settings) = self.common.load(policies)?;
        if path.exists() {
            return Err(PolicyError::asked(
                format!("there is a baseline already: {}", path.display()),
                "mpathsim regress update replaces it",
            )
            .into());
        }
        let recorded = watched(&settings, || record(&matrix, &settings))?;
        recorded.baseline.write(&path)?;
        let (cells, n) = (matrix.cells.len(), matrix.replications);
        print(&format!(
            "{}{cells} cells, {n} runs each, written to {}\n",
            cut(&recorded),
            path.display()
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Check {
    /// This command, without a choice of cells and files: of this program, which may
    /// have policies of its own.
    fn command(&self) -> String {
        let program = std::env::args_os().next();
        let program = program.map(|program| program.to_string_lossy().into_owned());
        let mut words = vec![program.unwrap_or_else(|| "mpathsim".into())];
        words.extend(["regress".into(), "check".into()]);
        words.push(self.common.matrix.display().to_string());
        if let Some(path) = &self.common.baseline {
            words.extend(["--baseline".into(), path.display().to_string()]);
        }
        if let Some(first) = self.fresh {
            words.extend(["--fresh".into(), first.to_string()]);
        }
        let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        words.join(" ")
    }

    fn execute(&self, policies: &Registry) -> Result<ExitCode, CliError> {
        let (matrix, path, settings) = self.common.load(policies)?;
        let mut baseline = Baseline::read(&path)?;
        let matrix = matrix.only(&self.cell)?;
        if !self.cell.is_empty() {
            baseline = baseline.only(&matrix);
        }
        let settings = Settings {
            first: self.fresh.unwrap_or(baseline.first),
            ..settings
        };
        let mut report = watched(&settings, || check(&matrix, &baseline, &settings))?;
        report.command = self.command();
        let files = [
            (&self.junit, junit(&report)),
            (&self.markdown, markdown(&report)),
        ];
        // The table first: a file that cannot be written takes nothing away.
        print(&text(&report, terminal::width()))?;
        for (path, text) in files {
            if let Some(path) = path {
                put(path, &text)?;
            }
        }
        Ok(ExitCode::from(u8::from(report.is_red())))
    }
}

impl Update {
    fn execute(&self, policies: &Registry) -> Result<ExitCode, CliError> {
        let (matrix, path, settings) = self.common.load(policies)?;
        // Anything else than a baseline is not replaced.
        let old = Baseline::there(&path)?;
        let recorded = watched(&settings, || record(&matrix, &settings))?;
        let new = &recorded.baseline;
        let changed = match &old {
            Some(old) => changes(old, new),
            None => "there was none\n".into(),
        };
        new.write(&path)?;
        let cut = cut(&recorded);
        print(&format!("{changed}{cut}written to {}\n", path.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// What was cut from the start of the runs, a line.
fn cut(recorded: &Recorded) -> String {
    Cut::told(recorded.cut).map_or(String::new(), |told| told + "\n")
}

/// Figures whose runs are others than before.
fn changes(old: &Baseline, new: &Baseline) -> String {
    let mut text = String::new();
    for cell in &new.cells {
        let before = old.cells.iter().find(|other| other.cell == cell.cell);
        let Some(before) = before else {
            text += &format!("new: {}\n", cell.cell);
            continue;
        };
        for (name, runs) in &cell.figures {
            let was = before.figures.iter().find(|(other, _)| other == name);
            let Some((_, was)) = was.filter(|(_, was)| was != runs) else {
                continue;
            };
            text += &format!(
                "{}, {name}: {}\n",
                cell.cell,
                change(was, runs, old.first == new.first)
            );
        }
    }
    if text.is_empty() {
        "nothing changed\n".into()
    } else {
        text
    }
}

/// The difference of the means as a share of what was (itself, if that was 0), with its 95 % interval; runs
/// of the same number are pairs if both met the `same_worlds`.
fn change(was: &[f64], is: &[f64], same_worlds: bool) -> String {
    let of = |runs: &[f64]| Moments::of(runs.iter().copied());
    let difference = match same_worlds && was.len() == is.len() {
        true => {
            let pairs: Vec<(f64, f64)> = was.iter().copied().zip(is.iter().copied()).collect();
            Difference::of_pairs(&pairs)
        }
        false => Difference::of_samples(&of(was), &of(is)),
    };
    let mean = of(was).mean;
    let percent = |x: f64| match mean == 0.0 {
        true => format!("{x:+.2}"),
        false => format!("{:+.2} %", 100.0 * x / mean),
    };
    difference.map_or("cannot be compared".into(), |d| {
        let ends = d.interval(0.95);
        format!(
            "{} ({} to {})",
            percent(d.mean),
            percent(ends.low),
            percent(ends.high)
        )
    })
}

fn put(path: &std::path::Path, text: &str) -> Result<(), CliError> {
    write::file(path, text.as_bytes()).map_err(|why| CliError::WriteFile {
        path: path.display().to_string(),
        why,
    })
}
