//! The `mpathsim` command: hands the arguments to [`mpathsim::cli`] and renders
//! what went wrong.

use std::io::Write;
use std::process::ExitCode;

use mpathsim::sdk::Registry;

fn main() -> ExitCode {
    match mpathsim::cli::run(&Registry::default(), std::env::args_os()) {
        Ok(code) => code,
        Err(error) => {
            let code = error.exit_code();
            // Nobody may be there to read this; there is nobody to tell that either.
            let _ = writeln!(std::io::stderr(), "{:?}", miette::Report::new(error));
            code
        }
    }
}
