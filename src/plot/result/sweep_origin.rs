//! Where the figures of a sweep come from: its `sweep.json`, and what it is made of.

use std::path::Path;

use crate::policy::Kept;
use crate::sweep::Better;

/// What `sweep.json` tells of a sweep; of tournaments too.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// Name of the sweep.
    pub name: Option<String>,
    /// What it is about; may be empty.
    pub about: String,
    /// Version of the program that ran it; empty if nothing tells.
    pub version: String,
    /// The seed of its scenario.
    pub seed: Option<u64>,
    /// Its CPU profile, the same for all points unless an axis changes it.
    pub cpu_profile: Option<String>,
    /// Which way its figures improve.
    pub better: Vec<(String, Better)>,
    /// Of a tournament: the first and the last place that each policy may have.
    pub places: Vec<Places>,
    /// Of a comparison: what B is beside A.
    pub comparison: Option<Kept>,
}

/// The places among which the runs of a tournament do not tell.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
pub struct Places {
    /// The policy.
    pub policy: String,
    /// The best place that it may have.
    pub first: usize,
    /// The worst.
    pub last: usize,
}

/// The part of `sweep.json` that is shown.
#[derive(serde::Deserialize)]
struct Manifest {
    sweep: String,
    #[serde(default)]
    about: String,
    #[serde(default)]
    mpathsim: String,
    #[serde(default)]
    metrics: Vec<NamedMetric>,
    #[serde(default)]
    places: Vec<Places>,
    #[serde(default)]
    files: Vec<File>,
    #[serde(default)]
    set: Vec<String>,
}

#[derive(serde::Deserialize)]
struct NamedMetric {
    name: String,
    #[serde(default)]
    better: String,
}

#[derive(serde::Deserialize)]
struct File {
    text: String,
}

impl NamedMetric {
    fn better(self) -> (String, Better) {
        let better = match self.better.as_str() {
            "more" => Better::More,
            "less" => Better::Less,
            _ => Better::Neither,
        };
        (self.name, better)
    }
}

impl Origin {
    /// What `folder` tells; nothing, if it has no such file.
    pub fn read(folder: &Path) -> Origin {
        let text = std::fs::read(folder.join("sweep.json")).ok();
        let named = text.and_then(|text| serde_json::from_slice::<Manifest>(&text).ok());
        let Some(named) = named else {
            return Origin::default();
        };
        let comparison = Kept::read(folder).filter(|kept| !kept.is_tournament());
        Origin {
            cpu_profile: named.cpu_profile(),
            seed: seed(folder).or_else(|| seed_of_all(comparison.as_ref()?)),
            name: Some(named.sweep),
            about: named.about,
            version: named.mpathsim,
            better: named.metrics.into_iter().map(NamedMetric::better).collect(),
            places: named.places,
            comparison,
        }
    }
}

const PROFILE: &str = "host.profile";

impl Manifest {
    /// As the sweep itself finds it: `--set` is before the `[set]` of the sweep,
    /// that before the scenario.
    fn cpu_profile(&self) -> Option<String> {
        if self.files.is_empty() {
            return None;
        }
        let option = |set: &String| {
            let (key, value) = set.split_once('=')?;
            (key.trim() == PROFILE).then(|| value.trim().trim_matches('"').to_owned())
        };
        let tables = || {
            self.files
                .iter()
                .filter_map(|f| f.text.parse::<toml::Table>().ok())
        };
        let string = |value: &toml::Value| value.as_str().map(str::to_owned);
        let of_set = |table: toml::Table| {
            let set = table.get("set")?;
            let nested = || set.get("host")?.get("profile");
            set.get(PROFILE).or_else(nested).and_then(string)
        };
        let own = |table: toml::Table| table.get("host")?.get("profile").and_then(string);
        let found = self.set.iter().rev().find_map(option);
        let found = found.or_else(|| tables().find_map(of_set));
        let found = found.or_else(|| tables().find_map(own));
        Some(found.unwrap_or_else(|| "none".into()))
    }
}

/// The seed that all scenarios of a comparison have.
fn seed_of_all(kept: &Kept) -> Option<u64> {
    let mut seeds = kept.scenarios.iter().map(|scenario| scenario.seed);
    let first = seeds.next()?;
    seeds.all(|seed| seed == first).then_some(first)
}

/// The seed of the first run: further replications have seeds that follow from it.
fn seed(folder: &Path) -> Option<u64> {
    let mut reader = csv::Reader::from_path(folder.join("points.csv")).ok()?;
    let column = reader.headers().ok()?.iter().position(|h| h == "seed")?;
    let first = reader.records().next()?.ok()?;
    first.get(column)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_is_that_which_the_runs_had() {
        let manifest = |set: &[&str], texts: &[&str]| Manifest {
            sweep: String::new(),
            about: String::new(),
            mpathsim: String::new(),
            metrics: Vec::new(),
            places: Vec::new(),
            files: texts.iter().map(|t| File { text: (*t).into() }).collect(),
            set: set.iter().map(|s| (*s).to_owned()).collect(),
        };
        let sweep = "[set]\n\"host.profile\" = \"lab\"\n";
        let scenario = "[host]\nprofile = \"fast\"\n";
        let of = |set: &[&str], texts: &[&str]| manifest(set, texts).cpu_profile();
        assert_eq!(of(&[], &[sweep, scenario]).as_deref(), Some("lab"));
        assert_eq!(of(&[], &["", scenario]).as_deref(), Some("fast"));
        assert_eq!(of(&[], &["about = \"x\""]).as_deref(), Some("none"));
        let set = ["host.profile=slow"];
        assert_eq!(of(&set, &[sweep, scenario]).as_deref(), Some("slow"));
        assert_eq!(of(&[], &[]), None);
    }
}
