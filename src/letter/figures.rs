//! The figures in which the claims show, of a run in request mode.

use crate::run::outcome::Outcome;
use crate::run::single_queue::{QueueOutcome, SingleQueueOutcome, StackingOutcome};
use crate::run::summary::RunSummary;
use crate::run::text::{bytes, count, time};

/// The next line of a figure of several.
const BELOW: &str = "\n                     ";

fn single(run: &RunSummary) -> SingleQueueOutcome {
    run.single_queues.clone().unwrap_or_default()
}

fn stacked(run: &RunSummary, figure: impl Fn(&StackingOutcome) -> u64) -> u64 {
    single(run).stacking.iter().map(figure).sum()
}

fn errors(run: &RunSummary) -> String {
    format!("{} errors", count(run.application.errors))
}

fn mean_request(run: &RunSummary) -> String {
    bytes(run.path_devices.mean_request_bytes)
}

pub(super) fn early_bytes(run: &RunSummary, _: &Outcome) -> String {
    let early = stacked(run, |s| s.early_bytes);
    let again = stacked(run, |s| s.retried_bytes);
    format!("{}; {}", bytes(early as f64), bytes(again as f64))
}

pub(super) fn past_elevator(run: &RunSummary, _: &Outcome) -> String {
    let s = single(run);
    let past = s.sum(false, |q| q.past_elevator);
    let through = s.sum(false, |q| q.inserts) - past;
    let mean = time(run.application.latency.mean_ns);
    format!("{} past; {} through; {mean}", count(past), count(through))
}

pub(super) fn request_and_bandwidth(run: &RunSummary, _: &Outcome) -> String {
    let rate = bytes(run.application.bytes_per_second);
    format!("{}; {rate}/s", mean_request(run))
}

pub(super) fn own_queue(run: &RunSummary, _: &Outcome) -> String {
    let s = single(run);
    let own: Option<&QueueOutcome> = s.queues.iter().find(|q| q.device.starts_with("dm-"));
    own.map_or("none".into(), |q| {
        format!("{}, {}; {}", q.scheduler, q.nr_requests, count(q.slept))
    })
}

pub(super) fn clones(run: &RunSummary, _: &Outcome) -> String {
    let most = stacked(run, |s| u64::from(s.most_clones));
    let waited = stacked(run, |s| s.deferred);
    format!("{}; {} waits; {}", count(most), count(waited), errors(run))
}

pub(super) fn choices(run: &RunSummary, _: &Outcome) -> String {
    let choices: u64 = run.paths.iter().map(|path| path.ios).sum();
    format!("{} for {} bios", count(choices), count(run.multipath.bios))
}

pub(super) fn whole_way(run: &RunSummary, _: &Outcome) -> String {
    let requests = count(run.path_devices.requests);
    let all = time(run.duration_ns as f64);
    format!("{}; {requests} requests; {all}", mean_request(run))
}

pub(super) fn loads(run: &RunSummary, outcome: &Outcome) -> String {
    let loads = outcome.actions.iter().filter(|a| a.what.contains("load"));
    let (mut refused, mut all) = (0, 0);
    for load in loads {
        all += 1;
        refused += u32::from(load.error.is_some());
    }
    let log = outcome.maps.iter().flat_map(|map| &map.kernel_log);
    let reasons: Vec<&str> = log
        .filter_map(|line| line.strip_prefix("device-mapper: "))
        .collect();
    let reasons = match (refused, reasons.as_slice()) {
        (0, _) | (_, []) => String::new(),
        _ => format!("{BELOW}{}", reasons.join(BELOW)),
    };
    format!("{refused} of {all} refused; {}{reasons}", errors(run))
}

pub(super) fn interface(_: &RunSummary, outcome: &Outcome) -> String {
    let messages = outcome
        .actions
        .iter()
        .filter(|a| a.what.contains("message"));
    let (mut taken, mut all) = (0, 0);
    for message in messages {
        all += 1;
        taken += u32::from(message.error.is_none());
    }
    let lines = outcome
        .maps
        .iter()
        .flat_map(|map| [&map.table_at_end, &map.status_at_end]);
    let lines: Vec<&str> = lines.map(|line| line.trim_end()).collect();
    format!("{taken} of {all}{BELOW}{}", lines.join(BELOW))
}

pub(super) fn activation(run: &RunSummary, _: &Outcome) -> String {
    let longest = time(run.application.latency.max_ns as f64);
    let (done, merged) = (run.application.ios, run.multipath.bios_merged);
    let errors = errors(run);
    format!(
        "{}; {errors}; {} merged; {longest}",
        count(done),
        count(merged)
    )
}

pub(super) fn retries(run: &RunSummary, outcome: &Outcome) -> String {
    let again: u64 = outcome.maps.iter().map(|map| map.retried).sum();
    let what = match run.multipath.requests {
        0 => "bio",
        _ => "request",
    };
    let plural = if again == 1 { "" } else { "s" };
    format!("{} {what}{plural}; {}", count(again), errors(run))
}

pub(super) fn cycles(run: &RunSummary, _: &Outcome) -> String {
    count(single(run).cycles.len() as u64)
}

pub(super) fn stacked_on(run: &RunSummary, outcome: &Outcome) -> String {
    let maps = outcome.devices.iter().filter(|device| device.is_map);
    let merged: u64 = maps
        .map(|map| map.bios_back_merged + map.bios_front_merged)
        .sum();
    format!("{} merged; {}", count(merged), errors(run))
}
