//! The `mpathsim` command: hands the arguments to [`mpathsim::cli`] and renders
//! what went wrong.

use std::process::ExitCode;

use mpathsim::sdk::Registry;

fn main() -> ExitCode {
    match mpathsim::cli::run(&Registry::default(), std::env::args_os()) {
        Ok(code) => code,
        Err(error) => {
            let code = error.exit_code();
            eprintln!("{:?}", miette::Report::new(error));
            code
        }
    }
}
