//! `mpathsim` after a change for the worse: its `least-pending` looks at the paths for
//! every eighth I/O only.
//!
//! ```sh
//! cargo run --release --example worsened_policy -- regress check tests/regression/matrix.toml
//! ```
//!
//! is red: see `docs/regression.md`.

use std::process::ExitCode;

use mpathsim::sdk::{Paths, Policy, Registry, SelectCtx};

/// The path with the fewest I/Os in flight; a change that was to save the comparison
/// for most I/Os takes the path of last time for seven of eight.
#[derive(Default)]
struct LeastPending {
    count: u64,
    last: usize,
}

impl Policy for LeastPending {
    fn choose(&mut self, _io: &SelectCtx, paths: &Paths) -> usize {
        let is_up = paths.all().get(self.last).is_some_and(|path| path.is_up);
        if self.count.is_multiple_of(8) || !is_up {
            self.last = paths.least_by(|path| path.in_flight);
        }
        self.count += 1;
        self.last
    }
}

/// The policies that are shipped, of which one became worse.
pub fn policies() -> Registry {
    Registry::default().with(
        "least-pending",
        "the path with the fewest I/Os in flight",
        |_| Ok(LeastPending::default()),
    )
}

fn main() -> ExitCode {
    match mpathsim::cli::run(&policies(), std::env::args_os()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            error.exit_code()
        }
    }
}
