//! The figures in which the claims show, of a run in request mode.

use crate::run::outcome::{DeviceOutcome, Outcome};
use crate::run::single_queue::{QueueOutcome, SingleQueueOutcome, StackingOutcome};
use crate::run::summary::RunSummary;
use crate::run::text::{bytes, count, time};

fn single(run: &RunSummary) -> SingleQueueOutcome {
    run.single_queues.clone().unwrap_or_default()
}

fn stacked(run: &RunSummary, figure: impl Fn(&StackingOutcome) -> u64) -> u64 {
    single(run).stacking.iter().map(figure).sum()
}

fn errors(run: &RunSummary) -> String {
    format!("errors {}", count(run.application.errors))
}

fn mean_request(run: &RunSummary) -> String {
    format!("mean {}", bytes(run.path_devices.mean_request_bytes))
}

pub(super) fn early_bytes(run: &RunSummary, _: &Outcome) -> String {
    let early = bytes(stacked(run, |s| s.early_bytes) as f64);
    let again = bytes(stacked(run, |s| s.retried_bytes) as f64);
    format!("delivered {early}, sent again {again}")
}

pub(super) fn past_elevator(run: &RunSummary, _: &Outcome) -> String {
    let s = single(run);
    let past = s.sum(false, |q| q.past_elevator);
    let through = s.sum(false, |q| q.inserts) - past;
    let mean = time(run.application.latency.mean_ns);
    let (past, through) = (count(past), count(through));
    format!("past {past}, through {through}, mean latency {mean}")
}

pub(super) fn limit_check(run: &RunSummary, outcome: &Outcome) -> String {
    let refused = single(run).sum(false, |q| q.over_limit);
    let leaves = outcome.devices.iter().filter(|device| !device.is_map);
    let largest = |device: &DeviceOutcome| {
        let sectors = device.issued.iter().map(|issued| issued.sectors);
        let most = bytes(512.0 * f64::from(sectors.max().unwrap_or(0)));
        format!("largest to {} {most}", device.name)
    };
    let largest: Vec<String> = leaves.map(largest).collect();
    let errors = errors(run);
    format!(
        "refused {}, {}, {errors}",
        count(refused),
        largest.join(", ")
    )
}

pub(super) fn request(run: &RunSummary, _: &Outcome) -> String {
    bytes(run.path_devices.mean_request_bytes)
}

pub(super) fn request_and_bandwidth(run: &RunSummary, _: &Outcome) -> String {
    let rate = bytes(run.application.bytes_per_second);
    format!("{}, bandwidth {rate}/s", mean_request(run))
}

pub(super) fn own_queue(run: &RunSummary, _: &Outcome) -> String {
    let s = single(run);
    let own: Option<&QueueOutcome> = s.queues.iter().find(|q| q.device.starts_with("dm-"));
    own.map_or("none".into(), |q| {
        let slept = count(q.slept);
        format!("{}, depth {}, slept {slept}", q.scheduler, q.nr_requests)
    })
}

pub(super) fn clones(run: &RunSummary, _: &Outcome) -> String {
    let most = count(stacked(run, |s| u64::from(s.most_clones)));
    let empty = count(stacked(run, |s| s.deferred));
    format!("at most {most}, pool empty {empty} times, {}", errors(run))
}

pub(super) fn choices(run: &RunSummary, _: &Outcome) -> String {
    let choices: u64 = run.paths.iter().map(|path| path.ios).sum();
    format!("{} for {} bios", count(choices), count(run.multipath.bios))
}

pub(super) fn whole_way(run: &RunSummary, _: &Outcome) -> String {
    let requests = count(run.path_devices.requests);
    let all = time(run.duration_ns as f64);
    format!("{requests}, {}, all done in {all}", mean_request(run))
}

/// Of what an administrator did that is called `what`: how many there were, and why
/// each that was refused was.
fn refusals<'o>(outcome: &'o Outcome, what: &str) -> (usize, Vec<&'o str>) {
    let all = outcome.actions.iter().filter(|a| a.what.contains(what));
    let why = all.clone().filter_map(|a| a.error.as_deref());
    (all.count(), why.collect())
}

pub(super) fn loads(run: &RunSummary, outcome: &Outcome) -> String {
    let (all, refused) = refusals(outcome, "load");
    let mut text = format!("refused {} of {all}, {}", refused.len(), errors(run));
    let log = outcome.maps.iter().flat_map(|map| &map.kernel_log);
    let mut reasons: Vec<&str> = log
        .filter_map(|line| line.strip_prefix("device-mapper: "))
        .collect();
    if reasons.is_empty() {
        // Nobody has looked at the tables.
        reasons = refused.iter().map(|why| last_of(why)).collect();
        reasons.dedup();
    }
    if !refused.is_empty() {
        reasons
            .iter()
            .for_each(|reason| text += &format!("\n{reason}"));
    }
    text
}

/// The errno at the end of what dmsetup says.
fn last_of(error: &str) -> &str {
    error.rsplit(": ").next().unwrap_or(error)
}

pub(super) fn interface(_: &RunSummary, outcome: &Outcome) -> String {
    let (all, refused) = refusals(outcome, "message");
    let mut text = format!("messages taken {} of {all}", all - refused.len());
    for map in &outcome.maps {
        let lines = [&map.table_at_end, &map.status_at_end];
        match refused.first() {
            Some(why) if lines.iter().all(|line| line.trim().is_empty()) => {
                text += &format!("\nno table, no status: {}", last_of(why));
            }
            _ => lines
                .iter()
                .for_each(|line| text += &format!("\n{}", line.trim_end())),
        }
    }
    text
}

pub(super) fn activation(run: &RunSummary, _: &Outcome) -> String {
    let (done, merged) = (run.application.ios, run.multipath.bios_merged);
    let longest = match done {
        0 => "–".into(),
        _ => time(run.application.latency.max_ns as f64),
    };
    let (done, merged, errors) = (count(done), count(merged), errors(run));
    format!("done {done}, {errors}, merged {merged}, longest {longest}")
}

pub(super) fn retries(run: &RunSummary, outcome: &Outcome) -> String {
    let again: u64 = outcome.maps.iter().map(|map| map.retried).sum();
    let plural = if again == 1 { "" } else { "s" };
    let (again, errors) = (count(again), errors(run));
    match run.multipath.requests {
        0 => format!("{again} bio{plural}, {errors}"),
        _ => {
            let rest = stacked(run, |s| s.retried_bytes);
            let whole = rest + stacked(run, |s| s.early_bytes);
            let (rest, whole) = (bytes(rest as f64), bytes(whole as f64));
            format!("{again} request{plural}, what is left {rest} of {whole}, {errors}")
        }
    }
}

pub(super) fn cycles(run: &RunSummary, _: &Outcome) -> String {
    count(single(run).cycles.len() as u64)
}

pub(super) fn stacked_on(run: &RunSummary, outcome: &Outcome) -> String {
    let with_queue = |device: &&DeviceOutcome| device.is_map && !device.issued.is_empty();
    let (mut merged, mut bios) = (0, 0);
    for map in outcome.devices.iter().filter(with_queue) {
        merged += map.bios_back_merged + map.bios_front_merged;
        bios += map.bios;
    }
    let (merged, bios, errors) = (count(merged), count(bios), errors(run));
    format!("{merged} of {bios} bios merged, {errors}")
}
