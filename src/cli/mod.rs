//! The command line: a file a subcommand, no logic of its own.

mod error;
mod explain;
mod run;
mod schema;
mod torture;
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
    /// Compare the simulator with observations of a real kernel.
    Validate(validate::Validate),
    /// Run random cases with faults, and check everything that has to be true.
    Torture(torture::Torture),
    /// Show what a mechanism buys, by running with it and without.
    Explain(explain::Explain),
    /// Print the JSON Schema of scenario files.
    Schema(schema::Schema),
}

/// Runs the command that `arguments` ask for; the first is the program's name.
/// Tables may name the path selectors of `policies` beside the kernel's own: a
/// program that registers policies has every subcommand with them.
///
/// # Errors
/// Bad input, files that cannot be written, or a defect of the simulator;
/// [`CliError::exit_code`] tells them apart. Wrong arguments are printed at
/// once and end in exit code 2, help in 0.
pub fn run(
    policies: &Registry,
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<ExitCode, CliError> {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = u8::from(error.use_stderr()) * 2;
            return match error.print() {
                Ok(()) => Ok(ExitCode::from(code)),
                Err(why) => Err(CliError::Output(why)),
            };
        }
    };
    match arguments.command {
        Command::Run(command) => command.execute(policies),
        Command::Validate(command) => command.execute(),
        Command::Torture(command) => command.execute(),
        Command::Explain(command) => command.execute(),
        Command::Schema(command) => command.execute(),
    }
}

/// Prints `text` to standard output. A reader that went away is no error.
fn print(text: &str) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(why) if why.kind() != io::ErrorKind::BrokenPipe => Err(CliError::Output(why)),
        _ => Ok(()),
    }
}
