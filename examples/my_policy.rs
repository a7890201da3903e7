//! A program of one's own: `mpathsim` with one more policy.
//!
//! ```sh
//! cargo run --release --example my_policy -- run scenarios/unequal-ports.toml \
//!     --policy fewest-bytes
//! ```
//!
//! `docs/writing-a-policy.md` leads to it from nothing.

use std::process::ExitCode;

use mpathsim::sdk::{Paths, Policy, Registry, SelectCtx, Tunables};

/// The path with the fewest bytes in flight, as long as it is not much more than
/// `slack` bytes worse than the one used last: long runs of neighbouring
/// sectors stay together.
struct FewestBytes {
    slack: u64,
    last: usize,
}

impl Policy for FewestBytes {
    fn choose(&mut self, _io: &SelectCtx, paths: &Paths) -> usize {
        let best = paths.least_by(|path| path.bytes_in_flight);
        let (last, least) = (paths.all()[self.last], paths.all()[best].bytes_in_flight);
        if !last.is_up || last.bytes_in_flight > least + self.slack {
            self.last = best;
        }
        self.last
    }
}

impl FewestBytes {
    fn new(tunables: &mut Tunables) -> Result<Self, String> {
        Ok(FewestBytes {
            slack: tunables.get("slack", 0, 0..=1 << 30)?,
            last: 0,
        })
    }
}

/// The policies of this program, beside those that are shipped.
pub fn policies() -> Registry {
    Registry::default().with(
        "fewest-bytes",
        "the path with the fewest bytes in flight",
        FewestBytes::new,
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
