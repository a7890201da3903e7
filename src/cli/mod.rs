//! The command line: a file a subcommand, no logic of its own.

mod compare;
mod error;
mod explain;
mod generate;
mod interrupt;
mod kept;
mod plot;
mod regress;
mod replicated;
mod report;
mod run;
mod schema;
mod sensitivity;
mod sweep;
mod terminal;
mod torture;
mod tournament;
mod validate;

pub use error::CliError;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::models::mpath::policy::Registry;

/// Simulates Linux block I/O over device-mapper multipath: bio-based and
/// request-based, side by side.
#[derive(Debug, Parser)]
#[command(name = "mpathsim", version, about, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a scenario in both queue modes and on a single path, and compare.
    Run(run::Run),
    /// Run a scenario at many points.
    Sweep(sweep::SweepCommand),
    /// Compare two policies, modes, scenarios, results or builds.
    Compare(compare::Compare),
    /// Rank all policies over some scenarios.
    Tournament(tournament::TournamentCommand),
    /// Say for which inputs a verdict holds.
    Sensitivity(sensitivity::SensitivityCommand),
    /// Keep policies from getting worse.
    Regress(regress::Regress),
    /// Draw figures of results.
    Plot(plot::Plot),
    /// Write a report of results, fit for a design review.
    Report(report::Report),
    /// Compare the simulator with observations of a real kernel.
    Validate(validate::Validate),
    /// Run random cases with faults, and check everything that has to be true.
    Torture(torture::Torture),
    /// Show what a mechanism buys, by running with it and without.
    Explain(explain::Explain),
    /// Print the JSON Schema of scenario files.
    Schema(schema::Schema),
    /// Print shell completions.
    Completions(generate::Completions),
    /// Write man pages.
    Man(generate::Man),
    /// Print a page of the documentation that follows from the program.
    #[command(hide = true)]
    Reference(generate::Reference),
}

/// Runs the command that `arguments` ask for; the first is the program's name.
/// Tables may name the path selectors of `policies` beside the kernel's own: a
/// program that registers policies has every subcommand with them.
///
/// # Errors
/// Bad input, files that cannot be written, or a defect of the simulator;
/// [`CliError::exit_code`] tells them apart. Wrong arguments are printed at
/// once and end in exit code 2, help in 0. A reader of standard output that went
/// away is no error.
pub fn run(
    policies: &Registry,
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<ExitCode, CliError> {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = u8::from(error.use_stderr()) * 2;
            return match error.print() {
                Err(why) if why.kind() != io::ErrorKind::BrokenPipe => Err(CliError::Output(why)),
                _ => Ok(ExitCode::from(code)),
            };
        }
    };
    match execute(arguments.command, policies) {
        Err(why) if why.has_no_reader() => Ok(ExitCode::SUCCESS),
        ended => ended,
    }
}

fn execute(command: Command, policies: &Registry) -> Result<ExitCode, CliError> {
    match command {
        Command::Run(command) => command.execute(policies),
        Command::Sweep(command) => command.execute(policies),
        Command::Compare(command) => command.execute(policies),
        Command::Tournament(command) => command.execute(policies),
        Command::Sensitivity(command) => command.execute(policies),
        Command::Regress(command) => command.execute(policies),
        Command::Plot(command) => command.execute(),
        Command::Report(command) => command.execute(),
        Command::Validate(command) => command.execute(),
        Command::Torture(command) => command.execute(),
        Command::Explain(command) => command.execute(),
        Command::Schema(command) => command.execute(),
        Command::Completions(command) => command.execute(),
        Command::Man(command) => command.execute(),
        Command::Reference(command) => command.execute(),
    }
}

/// Prints `text` to standard output. A command goes on although nobody reads it
/// any more: what it writes to files may be wanted.
fn print(text: &str) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    let printed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match printed.map_err(CliError::Output) {
        Err(why) if why.has_no_reader() => Ok(()),
        printed => printed,
    }
}
