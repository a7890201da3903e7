//! `mpathsim sweep --plan`.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use crate::cli::{CliError, print};
use crate::sweep::{self, Options, Replications, Sweep, Values};

/// Prints what `sweep` comes to.
///
/// # Errors
/// Standard output is broken.
pub fn print_plan(sweep: &Sweep, options: &Options) -> Result<ExitCode, CliError> {
    let mut text = sweep.name.clone();
    if !sweep.about.is_empty() {
        text += &format!(": {}", sweep.about);
    }
    text.push('\n');
    for axis in &sweep.space.axes {
        text += &format!("  {}: {}\n", axis.columns.join(", "), values(&axis.values));
    }
    let modes: Vec<&str> = sweep.space.modes.iter().map(|mode| mode.name()).collect();
    text += &format!("  mode: {}\n", modes.join(" "));
    let (points, excluded) = (sweep.space.len(), sweep.space.excluded);
    text += &match excluded {
        0 => format!("{points} points"),
        _ => format!("{points} points ({excluded} left out)"),
    };
    text += &match &sweep.replications {
        Replications::Fixed(n) => format!(", {n} runs each"),
        Replications::Until(until) => {
            format!(", {} to {} runs each", until.at_least, until.at_most)
        }
    };
    let estimate = sweep::plan(sweep, options)?;
    let cpus = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = options.threads.unwrap_or(cpus);
    let part = options
        .shard
        .map_or(String::new(), |shard| format!(" in shard {shard}"));
    text += &format!(
        "\n{} runs{part}, {:.1} million I/Os: about {} on {threads} threads\n",
        estimate.runs,
        estimate.ios / 1e6,
        rough(estimate.time(threads)),
    );
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn values(values: &Values) -> String {
    match values {
        Values::Range(range) => format!("drawn from {} to {}", range.at(0.0), range.at(1.0)),
        Values::List(list) => {
            let name = |choice: &sweep::Choice| choice.name().replace(", ", "+");
            let mut text: Vec<String> = list.iter().take(12).map(name).collect();
            if list.len() > 12 {
                text.push(format!("… ({} values)", list.len()));
            }
            text.join(" ")
        }
    }
}

/// A time as a person says it.
fn rough(time: Duration) -> String {
    match time.as_secs_f64() {
        s if s < 1.0 => "a second".into(),
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.0} h", s / 3600.0),
        s => format!("{:.0} days", s / 86_400.0),
    }
}
