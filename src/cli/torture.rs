//! `mpathsim torture`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use indicatif::ProgressBar;

use super::{CliError, print, terminal};
use crate::run::write;
use crate::torture::check::check_text;
use crate::torture::generator::generate;
use crate::torture::shrink::MOST_TIME;
use crate::torture::{Campaign, Failure, Report};

/// Run random computers, tables, workloads and faults, and check each run
/// against everything that has to be true.
#[derive(Debug, Args)]
pub struct Torture {
    /// Check these scenario files instead, in the way that their line `# --mode
    /// …` says, or in both modes.
    #[arg(value_name = "SCENARIO.toml")]
    files: Vec<PathBuf>,
    /// How many cases. Default: 1000, or as many as there is time for.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    runs: Option<u64>,
    /// Which cases they are.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// How long: 90s, 10m, 2h.
    #[arg(long, value_name = "TIME", value_parser = time)]
    time: Option<Duration>,
    /// This case alone; with `--runs` or `--time`, from this one on.
    #[arg(long, value_name = "N")]
    run: Option<u64>,
    /// Print the scenario file of that case, and run nothing.
    #[arg(long, requires = "run")]
    show: bool,
    /// Go on until this many have failed.
    #[arg(long, value_name = "N", default_value_t = 1)]
    failures: usize,
    /// Where the files of cases that fail are written.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    out: PathBuf,
}

impl Torture {
    /// Runs the campaign. Exit code 0: all cases passed, 1: some failed.
    ///
    /// # Errors
    /// A file that cannot be read or written.
    pub fn execute(&self) -> Result<ExitCode, CliError> {
        if !self.files.is_empty() {
            return self.check_files();
        }
        if let (Some(run), true) = (self.run, self.show) {
            print(&generate(self.seed, run).to_string())?;
            return Ok(ExitCode::SUCCESS);
        }
        let usual = if self.run.is_some() { 1 } else { 1000 };
        let runs = match self.time {
            Some(_) => self.runs,
            None => self.runs.or(Some(usual)),
        };
        let campaign = Campaign {
            seed: self.seed,
            first: self.run.unwrap_or(0),
            runs,
            time: self.time,
            failures: self.failures.max(1),
            ..Campaign::default()
        };
        let bar = bar(runs);
        let report = campaign.run_telling(
            |done| bar.set_position(done),
            |run, failure| bar.suspend(|| self.tell(run, failure)),
        );
        bar.finish_and_clear();
        self.report(&report)
    }

    /// A case has failed; it may take a while to make it smaller.
    fn tell(&self, run: u64, failure: &Failure) {
        let (seed, what) = (self.seed, &failure.what);
        let secs = MOST_TIME.as_secs();
        // Who does not read this finds it in the report.
        let _ = print(&format!(
            "seed {seed}, run {run} fails: {what}\n  it is made smaller, for {secs} s at most\n"
        ));
    }

    fn report(&self, report: &Report) -> Result<ExitCode, CliError> {
        for found in &report.found {
            let name = found.file_name(self.seed);
            let text = found.file(self.seed);
            write::whole_file(&self.out, &name, text.as_bytes()).map_err(|why| {
                CliError::Write {
                    path: self.out.join(&name).display().to_string(),
                    why,
                }
            })?;
            let file = self.out.join(&name);
            print(&format!(
                "seed {}, run {}: {}\n  shrunk to {}\n",
                self.seed,
                found.run,
                found.failure.what,
                file.display()
            ))?;
        }
        let t = &report.tally;
        print(&format!(
            "seed {}: {} runs passed, {} failed\n\
             {} I/Os, {} of them failed as they had to; {} actions; {} runs ended with I/O held back\n\
             hazards: {} late writes after an acknowledged retry, {} of them over newer data\n",
            self.seed,
            t.runs,
            report.found.len(),
            t.ios,
            t.failed,
            t.actions,
            t.held,
            t.hazards.late_writes,
            t.hazards.overwrote_newer,
        ))?;
        if let Some((run, write)) = &report.late_write {
            print(&format!("the first in run {run}: {write}\n"))?;
        }
        Ok(ExitCode::from(u8::from(!report.found.is_empty())))
    }

    fn check_files(&self) -> Result<ExitCode, CliError> {
        let mut failed = 0;
        for path in &self.files {
            let name = path.display().to_string();
            match check_file(path)? {
                Ok(late_writes) => {
                    print(&format!("{name}: passed\n"))?;
                    for write in late_writes {
                        print(&format!("  hazard: {write}\n"))?;
                    }
                }
                Err(failure) => {
                    failed += 1;
                    print(&format!("{name}: {}\n", failure.what))?;
                }
            }
        }
        Ok(ExitCode::from(u8::from(failed > 0)))
    }
}

/// Checks the scenario file at `path`: its late writes, or what is wrong.
fn check_file(path: &Path) -> Result<Result<Vec<String>, Failure>, CliError> {
    let text = std::fs::read_to_string(path).map_err(|why| {
        CliError::Scenario(crate::scenario::ScenarioError::Unreadable {
            path: path.display().to_string(),
            why,
        })
    })?;
    let mut late_writes = Vec::new();
    for (mode, ties) in crate::torture::case::ways(&text) {
        match check_text(&text, mode, ties) {
            Ok(passed) => late_writes.extend(passed.late_writes),
            Err(failure) => return Ok(Err(failure)),
        }
    }
    Ok(Ok(late_writes))
}

/// Reads `90s`, `10m`, `2h`.
fn time(text: &str) -> Result<Duration, String> {
    let unit = |letter| match letter {
        's' => Some(1),
        'm' => Some(60),
        'h' => Some(3600),
        _ => None,
    };
    let seconds = text.chars().last().and_then(unit);
    let number = text
        .get(..text.len().saturating_sub(1))
        .map(str::parse::<u64>);
    match (number, seconds) {
        (Some(Ok(n)), Some(seconds)) => Ok(Duration::from_secs(n.saturating_mul(seconds))),
        _ => Err("write for instance 90s, 10m or 2h".into()),
    }
}

fn bar(runs: Option<u64>) -> ProgressBar {
    let bar = match runs {
        _ if !terminal::has_bar() => return ProgressBar::hidden(),
        Some(runs) => ProgressBar::new(runs),
        None => ProgressBar::new_spinner(),
    };
    let template = "{spinner} {pos} cases, {per_sec}, {elapsed}";
    bar.with_style(terminal::bar_style(template))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaign_of_no_runs_passes_nothing() {
        #[derive(Debug, clap::Parser)]
        struct Cli {
            #[command(flatten)]
            torture: Torture,
        }
        let parse = |runs| <Cli as clap::Parser>::try_parse_from(["torture", "--runs", runs]);
        assert_eq!(parse("1").unwrap().torture.runs, Some(1));
        assert!(parse("0").is_err());
    }

    #[test]
    fn times() {
        assert_eq!(time("10m"), Ok(Duration::from_secs(600)));
        assert_eq!(time("90s"), Ok(Duration::from_secs(90)));
        assert!(time("10").is_err() && time("m").is_err() && time("").is_err());
    }
}
