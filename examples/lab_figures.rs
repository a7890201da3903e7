//! Figures of kernel observations under given CPU costs: what
//! `scripts/calibrate.py` fits the profile `lab` with.
//!
//! Arguments: observation files. Standard input, any number of times: a line of
//! `name=ns` words, the costs that differ from the profile. Standard output, a
//! line each: for every file and job, mean time an I/O takes and mean latencies
//! in µs, ours and the kernel's.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::Path;

use mpathsim::formats::kernel_observation::read_file;
use mpathsim::models::config::MachineConfig;
use mpathsim::run::outcome::Outcome;
use mpathsim::run::{RunOptions, run};
use mpathsim::sim::Ns;
use mpathsim::validate::experiment;
use rayon::prelude::*;

/// Time an I/O takes, submission and completion latency, µs.
fn figures(outcome: &Outcome) -> Vec<f64> {
    outcome
        .jobs
        .iter()
        .flat_map(|job| [&job.read, &job.write])
        .flatten()
        .flat_map(|d| [1e6 / d.iops(), d.clat.mean() / 1e3, d.slat.mean() / 1e3])
        .collect()
}

fn simulate(machine: &MachineConfig, costs: &BTreeMap<String, Ns>) -> Vec<f64> {
    let mut machine = machine.clone();
    machine.host.costs = costs.clone();
    run(&machine, &RunOptions::default()).map_or(Vec::new(), |o| figures(&o))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut machines = Vec::new();
    for path in std::env::args().skip(1) {
        for observation in read_file(Path::new(&path))? {
            machines.push(experiment::machine(&observation)?);
        }
    }
    for line in std::io::stdin().lock().lines() {
        let mut costs = BTreeMap::new();
        for word in line?.split_whitespace() {
            let (name, ns) = word.split_once('=').ok_or("name=ns")?;
            costs.insert(name.to_string(), Ns(ns.parse()?));
        }
        let all: Vec<Vec<f64>> = machines.par_iter().map(|m| simulate(m, &costs)).collect();
        println!("{}", serde_json::to_string(&all)?);
    }
    Ok(())
}
