//! `mpathsim sweep`.

mod plan;
mod progress;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{CliError, interrupt, print, terminal};
use crate::models::mpath::policy::Registry;
use crate::sweep::{self, Control, Existing, Manifest, Options, Shard, Submission, Sweep};

/// Run a scenario at many points: over axes, replicated, on all cores.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct SweepCommand {
    #[command(subcommand)]
    merge: Option<Sub>,
    #[command(flatten)]
    run: Option<RunSweep>,
}

#[derive(Debug, Subcommand)]
enum Sub {
    /// Join the folders of all shards of a sweep: the same bytes as of the
    /// sweep in one piece.
    Merge(Merge),
}

#[derive(Debug, Args)]
struct RunSweep {
    /// A scenario with a table [sweep], or a file that names a scenario.
    #[arg(value_name = "FILE.toml")]
    file: PathBuf,
    /// Print how many points there are and about how long they take, and run
    /// nothing.
    #[arg(long)]
    plan: bool,
    /// Replace a value of the scenario at all points; may be given several
    /// times.
    #[arg(long, value_name = "path.to.key=value")]
    set: Vec<String>,
    /// Folder of the results. Default: results/<name of the sweep>.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Go on with what was interrupted: results that are there are kept.
    #[arg(long)]
    resume: bool,
    /// Replace the results that are there.
    #[arg(long, conflicts_with = "resume")]
    overwrite: bool,
    /// Run this part of the sweep only: 3/8.
    #[arg(long, value_name = "k/n")]
    shard: Option<Shard>,
    /// Submit the sweep to Slurm: an array of shards, and a job that joins them.
    /// A second time: what is missing.
    #[arg(long, conflicts_with_all = ["plan", "shard", "resume", "overwrite"])]
    slurm: bool,
    /// With --slurm: parts. Default: 32.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    shards: Option<u32>,
    /// With --slurm: an option for sbatch; may be given several times:
    /// --sbatch=--partition=batch
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    sbatch: Vec<String>,
    /// With --slurm: write the scripts, and submit nothing.
    #[arg(long)]
    no_submit: bool,
    /// With --slurm: how often lost shards were submitted again.
    #[arg(long, hide = true, default_value_t = 0)]
    attempt: u32,
    /// Threads. Default: one a CPU.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Print nothing.
    #[arg(long)]
    quiet: bool,
}

#[derive(Debug, Args)]
struct Merge {
    /// Folders of the shards, all of them.
    #[arg(required = true, value_name = "SHARD")]
    shards: Vec<PathBuf>,
    /// Folder of the whole.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Replace the results that are there, if they are of another sweep or build.
    #[arg(long)]
    overwrite: bool,
}

/// Parts of a sweep on Slurm.
const SHARDS: u32 = 32;

impl SweepCommand {
    /// Runs the sweep, or joins shards. Exit code 0: all runs are there, 1:
    /// some failed, 130: it was stopped.
    ///
    /// # Errors
    /// A wrong file, or results that cannot be written.
    pub fn execute(&self, policies: &Registry) -> Result<ExitCode, CliError> {
        match (&self.merge, &self.run) {
            (Some(Sub::Merge(merge)), _) => merge.execute(),
            (None, Some(run)) => run.execute(policies),
            (None, None) => Ok(ExitCode::from(2)),
        }
    }
}

impl RunSweep {
    fn execute(&self, policies: &Registry) -> Result<ExitCode, CliError> {
        self.check()?;
        let sweep = Sweep::load(&self.file, &self.set, policies)?;
        let options = Options {
            threads: self.threads.map(usize::from),
            existing: match (self.resume, self.overwrite) {
                (true, _) => Existing::Resume,
                (_, true) => Existing::Replace,
                _ => Existing::Refuse,
            },
            shard: self.shard,
        };
        if self.plan {
            return plan::print_plan(&sweep, &options);
        }
        if self.slurm {
            return self.submit(&sweep);
        }
        let folder = match (&self.out, self.shard) {
            (Some(folder), _) => folder.clone(),
            (None, None) => PathBuf::from("results").join(&sweep.name),
            (None, Some(shard)) => {
                let name = format!("{}.shard-{}-of-{}", sweep.name, shard.k, shard.n);
                PathBuf::from("results").join(name)
            }
        };
        let control = Control {
            stop: interrupt::flag(),
            ..Control::default()
        };
        let report = progress::under_bar(&control, self.quiet, || {
            sweep::execute(&sweep, &folder, &options, &control)
        })?;
        if !self.quiet {
            let reused = match report.reused {
                0 => String::new(),
                n => format!(", {n} of them from before"),
            };
            let left = match report.left {
                0 => String::new(),
                n => {
                    format!("{n} results that it does not ask for any more are kept for --resume\n")
                }
            };
            let text = summary(&report.manifest, &reused, &folder)? + &left;
            print(&text)?;
        }
        Ok(exit_code(&report.manifest))
    }

    /// Refuses options for Slurm where it is not asked for. (clap lets them pass
    /// beside options that exclude `--slurm`.)
    fn check(&self) -> Result<(), CliError> {
        let given = [
            ("--shards", self.shards.is_some()),
            ("--sbatch", !self.sbatch.is_empty()),
            ("--no-submit", self.no_submit),
        ];
        match given.iter().find(|(_, is_given)| *is_given) {
            Some((option, _)) if !self.slurm => {
                Err(CliError::Usage(format!("{option} is for --slurm only")))
            }
            _ => Ok(()),
        }
    }

    fn submit(&self, sweep: &Sweep) -> Result<ExitCode, CliError> {
        let out = self.out.clone();
        let submission = Submission {
            file: self.file.clone(),
            sets: self.set.clone(),
            out: out.unwrap_or_else(|| PathBuf::from("results").join(&sweep.name)),
            // No shard without a point.
            shards: self.shards.unwrap_or(SHARDS).min(sweep.space.len() as u32),
            sbatch: self.sbatch.clone(),
            attempt: self.attempt,
            submit: !self.no_submit,
        };
        let submitted = submission.submit(sweep)?;
        let (missing, folder) = (submitted.missing.len(), submitted.folder.display());
        let jobs = match &submitted.jobs {
            Some((array, merge)) => format!("submitted: array {array}, merge {merge}"),
            None => "not submitted".into(),
        };
        print(&format!(
            "{missing} of {} shards to run; {jobs}\nscripts, shards and logs in {folder}\n",
            submission.shards
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Merge {
    fn execute(&self) -> Result<ExitCode, CliError> {
        let existing = match self.overwrite {
            true => Existing::Replace,
            false => Existing::Again,
        };
        let manifest = sweep::merge(&self.out, &self.shards, existing)?;
        print(&summary(&manifest, "", &self.out)?)?;
        Ok(exit_code(&manifest))
    }
}

fn exit_code(manifest: &Manifest) -> ExitCode {
    ExitCode::from(u8::from(manifest.failures.unwrap_or(0) > 0))
}

/// What there is, and where.
fn summary(
    manifest: &Manifest,
    reused: &str,
    folder: &std::path::Path,
) -> Result<String, CliError> {
    let mut text = sweep::overview(folder, terminal::width())?;
    let (runs, failures) = (manifest.runs.unwrap_or(0), manifest.failures.unwrap_or(0));
    text += &format!("\n{runs} runs{reused}, written to {}\n", folder.display());
    if let (Some(points @ 1..), Some(until)) = (manifest.unsettled, &manifest.until) {
        text += &format!(
            "{points} points ended after {} runs without the width that `until` asks for\n",
            until.at_most
        );
    }
    if failures > 0 {
        let file = folder.join("failures.jsonl");
        text += &format!("{failures} of them failed: see {}\n", file.display());
    }
    Ok(text)
}
