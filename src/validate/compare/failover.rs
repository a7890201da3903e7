//! `failover`: what the log and `dmsetup` say, what each path got, what fio
//! completed and what failed, and when nothing went on.

use super::counts;
use super::figure::{Figure, Tolerance};
use super::{gaps, job_file};
use crate::formats::kernel_observation::{FioJob, Observation, Observed};

/// Reads and writes issued to a path.
const ISSUED: Tolerance = Tolerance::either(0.02, 2.0);
/// I/Os completed with success.
const COMPLETED: Tolerance = Tolerance::relative(0.02);
/// Errors where fio submits the next I/O as soon as one has failed, as fast as
/// its CPU allows.
const SPINNING: Tolerance = Tolerance::relative(0.25);
/// Errors where a rate decides: as many as come in 15 ms at either end of a gap
/// at a thousand a second.
const AT_A_RATE: Tolerance = Tolerance::either(0.02, 30.0);

/// The figures of a case.
pub fn figures(observation: &Observation, ours: &Observed) -> Vec<Figure> {
    let mut all = Vec::new();
    all.extend(texts(observation, ours));
    for path in counts::paths(observation) {
        let issued = |run: &Observed| counts::data_issued_to(run, &path) as f64;
        let name = format!("{path} reads and writes issued");
        all.push(number(observation, ours, name, ISSUED, issued));
    }
    all.extend(jobs(observation, ours));
    let completed = "I/Os completed".to_owned();
    all.push(number(observation, ours, completed, COMPLETED, completions));
    all.extend(gaps::figures(observation, ours));
    all.extend(gaps::longest(observation, ours));
    all
}

fn number(
    observation: &Observation,
    ours: &Observed,
    name: String,
    tolerance: Tolerance,
    value: impl Fn(&Observed) -> f64,
) -> Figure {
    let runs: Vec<f64> = observation.runs().into_iter().map(&value).collect();
    Figure::new(name, &runs, value(ours), tolerance)
}

fn completions(run: &Observed) -> f64 {
    let completions = run.completions.as_ref();
    completions.map_or(0.0, |c| c.completions as f64)
}

/// What is asked of a run to be compared word by word; none if it was not
/// recorded.
type Text = fn(&Observed) -> Option<String>;

const TEXTS: [(&str, Text); 6] = [
    ("table at start", |run| run.table_at_start.clone()),
    ("status at start", |run| run.status_at_start.clone()),
    ("table at end", |run| run.table_at_end.clone()),
    ("status at end", |run| run.status_at_end.clone()),
    ("status during the run", |run| {
        let lines: Vec<&str> = run.status_seen.iter().map(|s| s.status.as_str()).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }),
    ("paths failing and reinstated", |run| {
        let log = run.kernel_log.as_ref()?.iter().map(String::as_str);
        let is_path = |l: &&str| l.contains("Failing path") || l.contains("Reinstating path");
        Some(log.filter(is_path).collect::<Vec<_>>().join("\n"))
    }),
];

/// For each text, whether ours is another than that of both runs of the kernel.
fn texts(observation: &Observation, ours: &Observed) -> Vec<Figure> {
    let figure = |(name, text): (&str, Text)| {
        let runs: Vec<String> = observation.runs().into_iter().filter_map(text).collect();
        let (kernel, ours) = (runs.first()?, text(ours)?);
        let differs = !runs.contains(&ours);
        let value = f64::from(u8::from(differs));
        let name = format!("{name}, whether it differs");
        let mut figure = Figure::new(name, &[0.0], value, Tolerance::EXACT);
        figure.detail = differs.then(|| parting(kernel, &ours));
        Some(figure)
    };
    TEXTS.into_iter().filter_map(figure).collect()
}

/// The first lines in which two texts part.
fn parting(kernel: &str, ours: &str) -> String {
    let (mut kernel, mut ours) = (kernel.lines(), ours.lines());
    loop {
        match (kernel.next(), ours.next()) {
            (a, b) if a == b && a.is_some() => {}
            (a, b) => {
                let line = |l: Option<&str>| l.map_or("nothing".to_owned(), |l| format!("`{l}`"));
                return format!("kernel {}, ours {}", line(a), line(b));
            }
        }
    }
}

/// What fio says of errors, a job at a time.
fn jobs(observation: &Observation, ours: &Observed) -> Vec<Figure> {
    let jobs = observation.observed.fio.len().max(ours.fio.len());
    let errors = errors_tolerance(observation);
    let of = |job: usize, value: fn(&FioJob) -> f64| {
        move |run: &Observed| run.fio.get(job).map_or(f64::NAN, value)
    };
    let mut all = Vec::new();
    for job in 0..jobs {
        let mut figure = |name: &str, tolerance, value| {
            let name = format!("job {} {name}", job + 1);
            all.push(number(observation, ours, name, tolerance, of(job, value)));
        };
        figure("error", Tolerance::EXACT, |j| f64::from(j.error));
        figure("first error", Tolerance::EXACT, |j| {
            f64::from(j.first_error)
        });
        figure("errors", errors, |j| j.total_err as f64);
    }
    all
}

/// Whether a rate decides how many fail.
fn errors_tolerance(observation: &Observation) -> Tolerance {
    let job = observation.fio_job.as_deref().unwrap_or_default();
    let rate =
        |job: &job_file::Section<'_>| ["rate", "rate_iops"].iter().any(|k| job.contains_key(k));
    if job_file::sections(job).iter().all(rate) {
        AT_A_RATE
    } else {
        SPINNING
    }
}

/// `p0 1284 p1 2693 issued; 3977 done, 0 failed; longest gap 4 ms`.
pub fn summary(observation: &Observation, run: &Observed) -> String {
    let issued: Vec<String> = counts::paths(observation)
        .iter()
        .map(|path| format!("{path} {}", counts::data_issued_to(run, path)))
        .collect();
    let failed: u64 = run.fio.iter().map(|job| job.total_err).sum();
    let gap = run.completions.as_ref().map_or(0, |c| c.longest_gap_ms);
    format!(
        "{} issued; {} done, {failed} failed; longest gap {gap} ms",
        issued.join(" "),
        completions(run)
    )
}
