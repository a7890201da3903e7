//! Scenarios, run so that everything can be told of their faults.

use std::path::Path;

use mpathsim::run::outcome::Outcome;
use mpathsim::run::summary::{FailoverSummary, FaultSummary, RunSummary};
use mpathsim::run::{RunError, RunOptions, run};
use mpathsim::scenario::{self, Mode, Scenario};

pub const MS: u64 = 1_000_000;
pub const S: u64 = 1000 * MS;
pub const BOTH: [Mode; 2] = [Mode::Bio, Mode::Request];

/// The scenario that `text` is.
pub fn parsed(text: &str) -> Scenario {
    scenario::parse("faults", text, &[]).unwrap_or_else(|e| panic!("{:?}", miette::Report::new(e)))
}

/// The file `scenarios/NAME.toml`, with some keys set.
pub fn loaded(name: &str, set: &[&str]) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("scenarios/{name}.toml"));
    let set: Vec<String> = set.iter().map(ToString::to_string).collect();
    scenario::load(&path, &set)
        .unwrap_or_else(|why| panic!("{name}: {:?}", miette::Report::new(why)))
}

/// A LUN `lun0` behind `fabric`, in an array of which `more` is said, and disks of it: each its name, its initiator and
/// its target port.
pub fn network(fabric: &str, size: &str, more: &str, disks: &[[&str; 3]]) -> String {
    let disks = disks.iter().map(|[name, initiator, target]| {
        format!(
            "[[device]]\nname = \"{name}\"\n\
             lun = {{ initiator = \"{initiator}\", target = \"{target}\", lun = \"lun0\" }}\n"
        )
    });
    let disks: String = disks.collect();
    format!(
        "\n[fabric]\n{fabric}\n[[initiator]]\nname = \"hba0\"\n[[initiator]]\nname = \"hba1\"\n\
         [[array]]\npreset = \"flash\"\n\
         luns = [{{ name = \"lun0\", size = \"{size}\", owner = 0 }}]\n{more}{disks}"
    )
}

/// Eight random reads at a time of the first `size`, for `secs` seconds.
pub fn reader(size: &str, secs: u64) -> String {
    format!(
        "[[workload.job]]\nrw = \"randread\"\nbs = \"8k\"\niodepth = 8\nsize = \"{size}\"\n\
         runtime = {secs}\ntime_based = 1\nnorandommap = 1\n"
    )
}

/// What a run has to keep so that it can be told of.
pub fn told_of() -> RunOptions {
    RunOptions {
        gaps: true,
        marks: true,
        ..RunOptions::default()
    }
}

/// How a run of `scenario` ends.
pub fn end_of(scenario: &Scenario, mode: Mode) -> Result<Outcome, RunError> {
    run(&scenario::build(scenario, mode).unwrap(), &told_of())
}

/// What comes of a run of `scenario`.
pub fn outcome_of(scenario: &Scenario, mode: Mode) -> Outcome {
    end_of(scenario, mode).unwrap_or_else(|why| panic!("{why}"))
}

/// What a run tells of its faults.
pub fn told_by(outcome: &Outcome, mode: Mode) -> FailoverSummary {
    RunSummary::new(mode, None, outcome).failover.unwrap()
}

/// When `what` happened, ms.
pub fn times(told: &FailoverSummary, what: &str) -> Vec<u64> {
    let events = told.events.iter().filter(|event| event.what == what);
    events.map(|event| event.at_ns / MS).collect()
}

/// The fault that is called `what`, or the last of which that is said.
pub fn fault<'f>(told: &'f FailoverSummary, what: &str) -> &'f FaultSummary {
    let mut faults = told.faults.iter();
    let named = faults.clone().find(|f| f.what == what);
    let found = named.or_else(|| faults.rfind(|f| f.what.contains(what)));
    found.unwrap_or_else(|| panic!("no {what} among {:?}", told.faults))
}
