//! `mpathsim sweep`.

mod plan;
mod progress;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{CliError, interrupt, print};
use crate::models::mpath::policy::Registry;
use crate::sweep::{self, Control, Existing, Manifest, Options, Shard, Sweep};

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
    /// Replace the results that are there.
    #[arg(long)]
    overwrite: bool,
}

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
            print(&summary(&report.manifest, &reused, &folder)?)?;
        }
        Ok(exit_code(&report.manifest))
    }
}

impl Merge {
    fn execute(&self) -> Result<ExitCode, CliError> {
        let existing = match self.overwrite {
            true => Existing::Replace,
            false => Existing::Refuse,
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
    let mut text = sweep::overview(folder)?;
    let (runs, failures) = (manifest.runs.unwrap_or(0), manifest.failures.unwrap_or(0));
    text += &format!("\n{runs} runs{reused}, written to {}\n", folder.display());
    if failures > 0 {
        let file = folder.join("failures.jsonl");
        text += &format!("{failures} of them failed: see {}\n", file.display());
    }
    Ok(text)
}
