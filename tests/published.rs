//! What others have measured and published, and what is seen here; see
//! `docs/validation.md`.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;

use mpathsim::run::outcome::Outcome;
use mpathsim::run::summary::RunSummary;
use mpathsim::run::{RunOptions, run};
use mpathsim::scenario::{self, Mode};
use mpathsim::sim::Ns;

#[path = "published/cpu.rs"]
mod cpu;
#[path = "published/merging.rs"]
mod merging;
#[path = "published/selectors.rs"]
mod selectors;
#[path = "published/table.rs"]
mod table;

use table::{effect, judge};

const BOTH: [Mode; 2] = [Mode::Bio, Mode::Request];

fn outcome(name: &str, mode: Mode, set: &[String]) -> Outcome {
    let file = format!("scenarios/published/{name}.toml");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let scenario = scenario::load(&path, set)
        .unwrap_or_else(|why| panic!("{name}: {:?}", miette::Report::new(why)));
    let options = RunOptions {
        gaps: true,
        marks: true,
        series_bin: Some(Ns::from_ms(100)),
        ..RunOptions::default()
    };
    let machine = scenario::build(&scenario, mode).unwrap();
    run(&machine, &options).unwrap_or_else(|why| panic!("{name}: {why}"))
}

/// A run's summary.
fn summary(name: &str, mode: Mode, sets: &[&str]) -> RunSummary {
    let sets: Vec<String> = sets.iter().map(|set| set.to_string()).collect();
    RunSummary::new(mode, None, &outcome(name, mode, &sets))
}

/// MB a second.
fn mb(run: &RunSummary) -> f64 {
    run.application.bytes_per_second / 1e6
}

/// Target 11: dm-devel, April 2011: a dd over multibus, four iSCSI portals of
/// 1 Gbit/s each: 113 MB/s in all, however many are active; about 30, 40 and
/// 60 MB/s a link with four, three and two.
#[test]
fn t11_a_single_stream_does_not_add_up() {
    let disks = ["sda", "sdb", "sdc", "sdd"];
    for mode in BOTH {
        let (mut totals, mut off) = (Vec::new(), 0f64);
        for n in 1..=4 {
            let list: Vec<String> = disks[..n].iter().map(|d| format!("\"{d}\"")).collect();
            let set = format!("map.0.paths=[{}]", list.join(", "));
            let run = summary("single-stream-iscsi", mode, &[&set]);
            totals.push(mb(&run));
            for path in &run.paths {
                off = off.max((path.share - 1.0 / n as f64).abs());
            }
        }
        judge("11a", &totals, 107.35..=118.65);
        effect("A11", totals[3] / totals[0], 1.0);
        judge("11b", &[off], f64::NEG_INFINITY..=0.02);
    }
}

/// The same report: "going to the path devices directly fills every link".
#[test]
fn t11_a_stream_on_each_path_does() {
    let jobs: Vec<String> = ["sda", "sdb", "sdc", "sdd"]
        .iter()
        .map(|disk| {
            format!(
                "{{ filename = \"/dev/{disk}\", rw = \"read\", bs = \"256k\", iodepth = 1, \
                 size = \"4g\", runtime = 2, time_based = 1 }}"
            )
        })
        .collect();
    let set = [format!("workload.job=[{}]", jobs.join(", "))];
    let outcome = outcome("single-stream-iscsi", Mode::Bio, &set);
    let mb = RunSummary::new(Mode::Bio, None, &outcome)
        .application
        .bytes_per_second
        / 1e6;
    judge("11c", &[mb], 429.4..=474.6);
}

/// The longest time without a success, and how many I/Os succeeded in the
/// busiest 100 ms after it and in an ordinary 100 ms before.
fn stall(outcome: &Outcome) -> (Ns, u64, u64) {
    let gaps = outcome.gaps.as_ref().unwrap();
    let listed = &gaps.application.listed;
    let &(from, until) = listed.iter().max_by_key(|gap| gap.1 - gap.0).unwrap();
    let after = outcome.series.iter().filter(|bin| bin.at >= until);
    let peak = after.map(|bin| bin.ios).max().unwrap();
    let before = outcome.series.iter().filter(|bin| bin.at < from);
    let usual = before.map(|bin| bin.ios).max().unwrap();
    (until - from, peak, usual)
}

fn seconds(stall: Ns) -> f64 {
    stall.0 as f64 / 1e9
}

/// Target 12: fio issue 1886: one of eight paths is switched off under `rate_iops`: I/O
/// stops for 5 to 15 s, then comes faster than it was asked for.
#[test]
fn t12_io_stops_for_up_to_15_s_and_catches_up() {
    for mode in BOTH {
        let outcome = outcome("iscsi-port-off", mode, &[]);
        let (stall, peak, usual) = stall(&outcome);
        judge("12a", &[seconds(stall)], 9.0..=16.0);
        assert!((195..=205).contains(&usual), "{usual} in 100 ms");
        assert!(peak > 2 * usual, "{peak} in 100 ms, {usual} before");
        assert_eq!((outcome.jobs[0].error, outcome.jobs[0].total_err), (0, 0));
        // What was missed is made up for: nothing is lost, nothing done twice.
        let read = outcome.jobs[0].read.as_ref().unwrap();
        assert!(
            (79_000..=80_100).contains(&read.total_ios),
            "{}",
            read.total_ios
        );
    }
}

/// Red Hat article 2876: noop_out_interval 5 s + noop_out_timeout 10 s +
/// replacement_timeout 15 s = 30 s. The stall lies within one polling interval
/// of that, whatever the three are.
#[test]
fn t12_the_stall_is_the_sum_of_three_timeouts() {
    for (interval, timeout, recovery) in [(5, 10, 15), (5, 5, 5), (2, 3, 10), (5, 5, 120)] {
        let tcp = format!(
            "fabric.transport={{ tcp = {{ keep_alive_interval = \"{interval}s\", \
             keep_alive_timeout = \"{timeout}s\" }} }}"
        );
        // What multipathd sets overrides replacement_timeout.
        let conf = format!("multipathd.conf=\"defaults {{\\nfast_io_fail_tmo {recovery}\\n}}\"");
        let set = [tcp, conf, "workload.job.0.runtime=150".into()];
        for mode in BOTH {
            let outcome = outcome("iscsi-port-off", mode, &set);
            let sum = f64::from(interval + timeout + recovery);
            let stall = seconds(stall(&outcome).0);
            assert!(
                (sum - 0.1..=sum + 1.0).contains(&stall),
                "{stall} s, not {sum} s"
            );
            if sum == 30.0 {
                judge("12b", &[stall], 29.0..=31.0);
            }
            assert_eq!(outcome.jobs[0].total_err, 0);
        }
    }
}
