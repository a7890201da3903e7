//! Figures over a whole run, from its outcome.

use super::outcome::{DeviceOutcome, JobOutcome, Outcome};
use super::summary::{ApplicationSummary, CpuSummary, LatencySummary, LayerSummary};
use crate::sim::stats::LatencyStats;

/// What all jobs saw together.
pub fn application(outcome: &Outcome) -> ApplicationSummary {
    let seconds = outcome.duration.as_secs_f64();
    let latency = latency(outcome);
    let (mut issued, mut bytes) = (0, 0);
    for direction in outcome.jobs.iter().flat_map(directions) {
        issued += direction.total_ios;
        bytes += direction.io_bytes;
    }
    let errors: u64 = outcome.jobs.iter().map(|job| job.total_err).sum();
    let is_cut = outcome.jobs.iter().any(|job| job.error != 0) || !outcome.held.is_empty();
    let ios = match is_cut {
        // A job that an error ended, or that hangs, counts what it issued.
        true => issued.saturating_sub(errors).min(latency.count()),
        false => issued.saturating_sub(errors),
    };
    let rate = |n: u64| {
        if seconds > 0.0 {
            n as f64 / seconds
        } else {
            0.0
        }
    };
    ApplicationSummary {
        ios,
        errors: errors.max(seen_errors(outcome)),
        bytes,
        iops: rate(ios),
        bytes_per_second: rate(bytes),
        latency: LatencySummary::from(&latency),
    }
}

/// Errors that reached the application. What ends a job is not in its
/// `total_err`, which fio counts only where it goes on after an error.
fn seen_errors(outcome: &Outcome) -> u64 {
    match &outcome.marks {
        Some(marks) => marks.errors.iter().map(|error| error.count).sum(),
        None => {
            let ended = |job: &JobOutcome| job.total_err.max(u64::from(job.error != 0));
            outcome.jobs.iter().map(ended).sum()
        }
    }
}

/// From submission to completion, all jobs and directions.
pub fn latency(outcome: &Outcome) -> LatencyStats {
    let mut latency = LatencyStats::default();
    for direction in outcome.jobs.iter().flat_map(directions) {
        latency.merge(match direction.lat.count() {
            0 => &direction.clat,
            _ => &direction.lat,
        });
    }
    latency
}

fn directions(job: &JobOutcome) -> impl Iterator<Item = &super::outcome::DirOutcome> {
    [&job.read, &job.write, &job.trim].into_iter().flatten()
}

/// What some devices did together.
pub fn layer<'a>(devices: impl Iterator<Item = &'a DeviceOutcome>) -> LayerSummary {
    let mut layer = LayerSummary::default();
    let (mut sectors, mut with_data) = (0u64, 0u64);
    for device in devices {
        layer.bios += device.bios;
        layer.bios_merged += device.bios_back_merged + device.bios_front_merged;
        layer.requests_merged += device.requests_merged;
        layer.requeues += device.requests_requeued;
        let issued: u64 = device.issued.iter().map(|issued| issued.count).sum();
        layer.requests_kept += issued.saturating_sub(device.requests_taken_back);
        for issued in &device.issued {
            layer.requests += issued.count;
            if issued.sectors > 0 {
                with_data += issued.count;
                sectors += u64::from(issued.sectors) * issued.count;
            }
        }
    }
    if with_data > 0 {
        layer.mean_request_bytes = 512.0 * sectors as f64 / with_data as f64;
    }
    if layer.bios > 0 {
        layer.merge_rate = layer.bios_merged as f64 / layer.bios as f64;
    }
    layer
}

/// What the CPUs did together, for `ios` I/Os.
pub fn cpu(outcome: &Outcome, ios: u64) -> CpuSummary {
    let mut summary = CpuSummary::default();
    let duration = outcome.duration.0;
    for cpu in &outcome.cpus {
        let used = cpu.task.0 + cpu.worker.0 + cpu.irq.0;
        summary.task_ns += cpu.task.0;
        summary.worker_ns += cpu.worker.0;
        summary.irq_ns += cpu.irq.0;
        summary.switches += cpu.switches;
        if duration > 0 {
            summary.busiest = summary.busiest.max(used as f64 / duration as f64);
        }
    }
    let used = (summary.task_ns + summary.worker_ns + summary.irq_ns) as f64;
    let available = duration as f64 * outcome.cpus.len() as f64;
    if available > 0.0 {
        summary.busy = used / available;
    }
    if ios > 0 {
        summary.ns_per_io = used / ios as f64;
    }
    summary
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_that_ends_a_job_is_one() {
        let ended = JobOutcome {
            error: 5,
            ..JobOutcome::default()
        };
        let outcome = Outcome {
            jobs: vec![ended, JobOutcome::default()],
            ..Outcome::default()
        };
        assert_eq!(application(&outcome).errors, 1);
    }
}
