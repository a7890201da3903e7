//! The figures of a sweep as they are read: words and units.

use super::sweep_slice::Choice;
use crate::plot::PlotError;
use crate::plot::result::SweepResult;
use crate::plot::units::Unit;
use crate::sweep::Better;

/// A figure of a sweep.
#[derive(Clone, Debug)]
pub struct Metric {
    /// Its column.
    pub key: String,
    /// As it is read.
    pub name: String,
    /// In titles.
    pub subject: String,
    /// What it is measured in.
    pub unit: Unit,
    /// Which way it improves.
    pub better: Better,
    /// What one of it is in its unit.
    pub times: f64,
}

impl Metric {
    /// The figure called `key`.
    ///
    /// # Errors
    /// There is none.
    pub fn new(sweep: &SweepResult, key: &str) -> Result<Metric, PlotError> {
        let all = sweep.metrics();
        if !all.contains(&key) {
            return Err(PlotError::NoMetric(key.into(), all.join(", ")));
        }
        let name = name(key);
        let (unit, times) = unit(key);
        let subject = match key {
            "iops" => "throughput",
            "score_ratio" => "score",
            _ => name,
        };
        Ok(Metric {
            key: key.into(),
            name: name.into(),
            subject: subject.into(),
            unit,
            better: sweep.better(key),
            times,
        })
    }
    /// The figure that is chosen, or throughput, or the first.
    ///
    /// # Errors
    /// The sweep has no such figure, or none.
    pub fn chosen(sweep: &SweepResult, choice: &Choice) -> Result<Metric, PlotError> {
        let all = sweep.metrics();
        let first = || all.first().copied().unwrap_or("iops");
        let throughput = || all.contains(&"iops").then_some("iops");
        let key = choice.metric.as_deref().or_else(throughput);
        Metric::new(sweep, key.unwrap_or_else(first))
    }
    /// A value of it in its unit.
    pub fn tell(&self, value: f64) -> String {
        self.unit.tell(value * self.times)
    }
    /// The same in two figures.
    pub fn tell_short(&self, value: f64) -> String {
        self.unit.tell_short(value * self.times)
    }
}

/// A figure's name as it is read.
fn name(key: &str) -> &str {
    match key {
        "ios" => "I/Os done",
        "errors" => "failed I/Os",
        "duration_s" => "duration",
        "iops" => "I/Os a second",
        "iops_bound_ratio" => "share of the possible throughput",
        "mib_per_s" => "bandwidth",
        "lat_mean_us" => "mean latency",
        "lat_bound_ratio" => "mean latency over the least possible",
        "lat_stddev_us" => "standard deviation of latency",
        "lat_p50_us" => "median latency",
        "lat_p90_us" => "90 % latency",
        "lat_p99_us" => "99 % latency",
        "lat_p999_us" => "99.9 % latency",
        "lat_max_us" => "largest latency",
        "warm_up_s" => "warm-up cut off",
        "mser5_s" => "warm-up by MSER-5",
        "mpath_bios" => "bios to the multipath device",
        "mpath_merge_ratio" => "merged at the multipath device",
        "mpath_requests" => "requests of the multipath device",
        "mpath_request_kib" => "mean request of the multipath device",
        "mpath_requeues" => "requests put back at the multipath device",
        "path_merge_ratio" => "merged at the path devices",
        "path_requests" => "requests to the paths",
        "path_request_kib" => "mean request to the paths",
        "path_requeues" => "requests put back at the paths",
        "requests_per_io" => "requests an I/O",
        "path_share_max_ratio" => "share of the most loaded path",
        "path_share_min_ratio" => "share of the least loaded path",
        "path_utilisation_max_ratio" => "utilisation of the busiest path",
        "cpu_busy_ratio" => "CPU time in use",
        "cpu_busiest_ratio" => "time in use of the busiest CPU",
        "cpu_per_io_us" => "CPU time an I/O",
        "switches_per_io" => "context switches an I/O",
        "longest_gap_ms" => "longest time without a success",
        "score_ratio" => "score: share of the best in each scenario",
        "bound_ratio" => "share of what the devices could do",
        own => own,
    }
}

/// Its unit, and what one of it is in that.
fn unit(key: &str) -> (Unit, f64) {
    let suffixes = [
        ("mib_per_s", Unit::ByteRate, 1_048_576.0),
        ("_us", Unit::Time, 1e3),
        ("_ms", Unit::Time, 1e6),
        ("_s", Unit::Time, 1e9),
        ("_kib", Unit::Bytes, 1024.0),
        ("_ratio", Unit::Share, 1.0),
        ("iops", Unit::PerSecond, 1.0),
    ];
    let found = suffixes.iter().find(|(end, ..)| key.ends_with(end));
    found.map_or((Unit::Count, 1.0), |(_, unit, times)| (*unit, *times))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::METRICS;

    /// Titles are words, not columns of a table.
    #[test]
    fn every_figure_has_a_name() {
        for metric in METRICS {
            let name = name(metric.name);
            assert!(!name.contains('_') && name != metric.name, "{name}");
        }
    }
}
