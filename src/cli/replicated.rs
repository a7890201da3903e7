//! Options that all commands with replications have.

use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget};

use super::{CliError, interrupt, terminal};
use crate::models::mpath::policy::Registry;
use crate::policy::{PolicyError, Settings};
use crate::scenario::{Mode, did_you_mean};
use crate::sim::Ns;
use crate::sweep::{METRICS, WarmUp, metric};

/// How often and how cells are run.
#[derive(Debug, Args)]
pub struct Replicated {
    /// Runs a cell, each in a world of its own that all contenders share.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..=100_000))]
    replications: u32,
    /// What is cut from the start of each run: `none`, `auto` (MSER-5), or a
    /// time.
    #[arg(long, value_name = "TIME", default_value = "none", value_parser = warm_up)]
    warm_up: WarmUp,
    #[command(flatten)]
    machine: Machine,
}

/// How much of this computer is used.
#[derive(Debug, Args)]
pub struct Machine {
    /// Threads. Default: one a CPU.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
}

impl Replicated {
    /// As options of a command that does the same again.
    pub fn options(&self) -> String {
        format!(
            " --replications {} --warm-up {}",
            self.replications, self.warm_up
        )
    }
    /// As settings.
    pub fn settings(&self, policies: &Registry) -> Settings {
        Settings {
            replications: self.replications,
            warm_up: self.warm_up,
            ..self.machine.settings(policies)
        }
    }
}

impl Machine {
    /// As settings.
    pub fn settings(&self, policies: &Registry) -> Settings {
        Settings {
            policies: policies.clone(),
            threads: self.threads.map(usize::from),
            stop: interrupt::flag(),
            ..Settings::default()
        }
    }
}

/// Reads `none`, `auto`, or a time.
fn warm_up(text: &str) -> Result<WarmUp, String> {
    match text {
        "none" => Ok(WarmUp::None),
        "auto" => Ok(WarmUp::Auto),
        text => text
            .parse::<Ns>()
            .map(WarmUp::Fixed)
            .map_err(|why| why.to_string()),
    }
}

/// `--mode`.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModeName {
    /// Bio mode.
    Bio,
    /// Request mode.
    Request,
    /// The first path alone.
    Single,
}

/// The modes of these names; bio and request for none.
pub fn modes(names: &[ModeName]) -> Vec<Mode> {
    let mode = |name: &ModeName| match name {
        ModeName::Bio => Mode::Bio,
        ModeName::Request => Mode::Request,
        ModeName::Single => Mode::Single,
    };
    let mut modes: Vec<Mode> = names.iter().map(mode).collect();
    if modes.is_empty() {
        modes = vec![Mode::Bio, Mode::Request];
    }
    modes.sort();
    modes.dedup();
    modes
}

/// Reads the name of a figure.
pub fn figure(name: &str) -> Result<usize, String> {
    metric(name).map(|(index, _)| index).ok_or_else(|| {
        let hint = did_you_mean(name, METRICS.iter().map(|metric| metric.name));
        format!("there is no such figure; {hint}")
    })
}

/// Does `work` under a spinner that counts runs, where somebody watches.
pub fn watched<T>(
    settings: &Settings,
    work: impl FnOnce() -> Result<T, PolicyError>,
) -> Result<T, CliError> {
    if !terminal::has_bar() {
        return Ok(work()?);
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(5));
    let template = "{spinner} {pos} runs, {per_sec}, {elapsed}";
    bar.set_style(terminal::bar_style(template));
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let result = std::thread::scope(|scope| {
        let bar = &bar;
        scope.spawn(move || {
            use std::sync::mpsc::RecvTimeoutError::Timeout;
            let every = Duration::from_millis(200);
            while stopped.recv_timeout(every).is_err_and(|why| why == Timeout) {
                bar.set_position(settings.done.load(Ordering::Relaxed));
            }
        });
        let result = work();
        drop(stop);
        result
    });
    bar.finish_and_clear();
    Ok(result?)
}
