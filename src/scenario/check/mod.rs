//! From the file as written to a scenario that holds together: names are
//! known and unique, choices exclusive, tables and jobs over devices that
//! exist. Every problem is collected, not only the first.

mod array;
mod device;
mod kernel;
mod map;
mod multipathd;
mod san;
mod timeline;
mod workload;

use std::collections::BTreeMap;

use super::Scenario;
use super::at::At;
use super::error::{Problem, Source, did_you_mean};
use super::raw::{RawHost, RawMessage, RawScenario};
use crate::models::fault::DmMultipathParams;
use crate::models::host::{Cost, HostConfig};
use crate::models::mpath::policy::Registry;
use crate::sim::Ns;

/// What is known while checking.
struct Checker<'s> {
    source: &'s Source,
    /// Folder that relative paths start from.
    folder: &'s std::path::Path,
    /// Path selectors there are beside the kernel's.
    policies: &'s Registry,
    problems: Vec<Problem>,
    /// What may not be as the author expects.
    warnings: Vec<String>,
}

/// Checks `raw`, which was read from `source`. Files that it names are looked
/// for in `folder`.
///
/// # Errors
/// Everything that is wrong, in order of appearance.
pub(super) fn check(
    raw: &RawScenario,
    source: &Source,
    folder: &std::path::Path,
    default_name: &str,
    policies: &Registry,
) -> Result<Scenario, Vec<Problem>> {
    let mut checker = Checker {
        source,
        folder,
        policies,
        problems: Vec::new(),
        warnings: Vec::new(),
    };
    let name = checker.name(raw.name.as_ref(), default_name);
    let (kernel, way, patches) = checker.kernel(raw);
    let host = checker.host(&raw.host);
    let media = checker.media(&raw.media);
    let mut san = checker.san(raw);
    let multipathd = checker.multipathd(raw.multipathd.as_ref());
    if let Some(settings) = &multipathd {
        checker.set_timeouts(&mut san, settings);
    }
    checker.compare_timeouts(raw, &san);
    let devices = checker.devices(&raw.device, &raw.media, &san);
    let maps = checker.maps(&raw.map, &devices, &san, multipathd.as_ref());
    let messages = checker.messages(&raw.message, &maps);
    let timeline = checker.timeline(&raw.timeline, &devices, &maps);
    let workload = checker.workload(&raw.workload, &devices, &maps);
    checker.late_events(&raw.timeline, &workload);
    checker
        .problems
        .sort_by_key(|problem| (problem.line, problem.column));
    if !checker.problems.is_empty() {
        return Err(checker.problems);
    }
    Ok(Scenario {
        name,
        about: raw.about.clone().unwrap_or_default(),
        look_at: raw.look_at.clone().unwrap_or_default(),
        verdicts: raw.verdicts.unwrap_or(true),
        seed: raw.seed.map_or(1, |seed| seed.get()),
        kernel,
        way,
        patches,
        host,
        devices,
        media,
        san,
        maps,
        messages,
        timeline,
        multipathd,
        dm_multipath: DmMultipathParams {
            queue_if_no_path_timeout_secs: raw
                .dm_multipath
                .queue_if_no_path_timeout_secs
                .map_or(0, |secs| secs.get32()),
            requeue_when_busy: raw
                .dm_multipath
                .requeue_when_busy
                .map_or(Ns::ZERO, |t| t.ns()),
            seq_merge_hold: raw.dm_multipath.seq_merge_hold.map_or(Ns::ZERO, |t| t.ns()),
        },
        workload,
        policies: policies.clone(),
        has_sweep: raw.sweep.is_some(),
        warnings: checker.warnings,
        series_bin: raw
            .output
            .series_bin
            .map_or(Ns::from_ms(10), |bin| bin.ns()),
    })
}

impl Checker<'_> {
    /// Notes a problem at the place of `at`.
    fn wrong<T>(&mut self, at: &At<T>, message: impl Into<String>, hint: impl Into<String>) {
        let problem = self.source.problem(at.span.clone(), message, hint.into());
        self.problems.push(problem);
    }

    /// Warns of something at the place of `at`.
    fn warn<T>(&mut self, at: &At<T>, message: impl Into<String>) {
        let problem = self.source.problem(at.span.clone(), message, None);
        self.warnings.push(problem.to_line());
    }

    /// Notes a problem at bytes `part` of the text `at`.
    fn wrong_within(
        &mut self,
        at: &At<String>,
        part: std::ops::Range<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let span = self.source.within(&at.span, &at.value, part);
        let problem = self.source.problem(span, message, hint.into());
        self.problems.push(problem);
    }

    fn name(&mut self, name: Option<&At<String>>, default: &str) -> String {
        let Some(name) = name else {
            return default.to_owned();
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
            self.wrong(
                name,
                format!("`{}` cannot be the name of a folder of results", **name),
                "use letters, digits, `-`, `_` and `.`",
            );
        }
        name.value.clone()
    }

    fn host(&mut self, raw: &RawHost) -> HostConfig {
        let default = HostConfig::default();
        if let Some(hz) = &raw.hz
            && ![100, 250, 300, 1000].contains(&hz.0)
        {
            self.wrong(
                hz,
                format!("a kernel does not tick {} times a second", hz.0),
                "100, 250, 300 or 1000",
            );
        }
        HostConfig {
            cpus: raw.cpus.map_or(default.cpus, |cpus| cpus.get() as u16),
            hz: raw.hz.as_ref().map_or(default.hz, |hz| hz.get32()),
            profile: raw.profile.unwrap_or_default().name().into(),
            tracing: raw.tracing.unwrap_or(default.tracing),
            blktrace: default.blktrace,
            uptime: raw.uptime.map_or(default.uptime, |t| Ns(t.0)),
            costs: self.costs(raw),
        }
    }

    /// What code paths cost beside the profile.
    fn costs(&mut self, raw: &RawHost) -> BTreeMap<String, Ns> {
        let mut costs = BTreeMap::new();
        for (name, time) in &raw.costs {
            if Cost::by_name(name).is_some() {
                costs.insert(name.clone(), Ns(time.value.0));
            } else {
                let known = Cost::ALL.iter().map(|cost| cost.name());
                let hint = did_you_mean(name, known);
                self.wrong(time, format!("no code path `{name}` costs CPU"), hint);
            }
        }
        costs
    }

    fn messages(&mut self, raw: &[RawMessage], maps: &[super::Map]) -> Vec<(String, String)> {
        let mut messages = Vec::new();
        for message in raw {
            let map = match (&message.map, maps) {
                (Some(name), _) if maps.iter().any(|map| map.name == **name) => name.value.clone(),
                (Some(name), _) => {
                    let hint = did_you_mean(name, maps.iter().map(|map| map.name.as_str()));
                    self.wrong(name, format!("there is no map `{}`", **name), hint);
                    continue;
                }
                (None, [only]) => only.name.clone(),
                (None, _) => {
                    self.wrong(
                        &message.text,
                        "it is not said to which map",
                        "add map = \"NAME\"",
                    );
                    continue;
                }
            };
            messages.push((map, message.text.value.clone()));
        }
        messages
    }
}
