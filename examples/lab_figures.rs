//! Kernel observations simulated under given CPU costs: what
//! `scripts/calibrate.py` fits the profile `lab` with.
//!
//! Arguments: observation files. Standard input, any number of times: a line of
//! `name=ns` words, the costs that differ from the profile. Standard output, a
//! line each: for every file what the simulator observes, in the shape of the
//! file's `observed`; null where the run fails.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::Path;

use mpathsim::formats::kernel_observation::{Observed, read_file};
use mpathsim::models::config::MachineConfig;
use mpathsim::run::{RunOptions, run};
use mpathsim::sim::Ns;
use mpathsim::validate::{experiment, simulated};
use rayon::prelude::*;

fn simulate(
    (machine, trace): &(MachineConfig, bool),
    costs: &BTreeMap<String, Ns>,
) -> Option<Observed> {
    let mut machine = machine.clone();
    machine.host.costs = costs.clone();
    let options = RunOptions {
        trace: *trace,
        ..RunOptions::default()
    };
    let outcome = run(&machine, &options).ok()?;
    Some(simulated::observed(&outcome))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut machines = Vec::new();
    for path in std::env::args().skip(1) {
        for observation in read_file(Path::new(&path))? {
            let trace = observation.group == "trace";
            machines.push((experiment::machine(&observation)?, trace));
        }
    }
    for line in std::io::stdin().lock().lines() {
        let mut costs = BTreeMap::new();
        for word in line?.split_whitespace() {
            let (name, ns) = word.split_once('=').ok_or("name=ns")?;
            costs.insert(name.to_string(), Ns(ns.parse()?));
        }
        let all: Vec<_> = machines.par_iter().map(|m| simulate(m, &costs)).collect();
        println!("{}", serde_json::to_string(&all)?);
    }
    Ok(())
}
