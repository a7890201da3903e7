//! What a report says of results that the command itself has written.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::Command;

use mpathsim::plot::result::Found;
use mpathsim::report::{report, topology};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn mpathsim(words: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpathsim"));
    let done = command.current_dir(ROOT).args(words).output().unwrap();
    assert!(
        done.status.success(),
        "{words:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

/// A fresh folder.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("reports")
        .join(name);
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

fn run(name: &str, scenario: &str, more: &[&str]) -> Found {
    let out = folder(name);
    let first = ["run", scenario, "--quiet", "--one-profile", "--out"];
    mpathsim(&[&first, &[out.to_str().unwrap()][..], more].concat());
    Found::read(&out).unwrap()
}

fn html(results: &[Found]) -> String {
    report(results, None).unwrap()
}

#[test]
fn the_command_repeats_the_very_run() {
    let words = [
        "--policy",
        "ewma-latency shift=4",
        "--mode",
        "request",
        "--replication",
        "2",
        "--seed",
        "5",
    ];
    let html = html(&[run("repeat", "scenarios/poisson-arrivals.toml", &words)]);
    let command = "mpathsim run poisson-arrivals.toml --seed 5 \
                   --policy &#39;ewma-latency shift=4&#39; --mode request --replication 2</pre>";
    assert!(
        html.contains(command) || html.contains(&command.replace("&#39;", "'")),
        "{}",
        html.split("To repeat it")
            .nth(1)
            .unwrap()
            .get(..600)
            .unwrap()
    );
    assert!(html.contains("ewma-latency shift=4"), "the set-up names it");
}

#[test]
fn two_runs_of_one_scenario_are_told_apart() {
    let scenario = "scenarios/quick-start.toml";
    let slow = ["--set", "device.0.null_blk.completion=4ms"];
    let both = [run("fast", scenario, &[]), run("slow", scenario, &slow)];
    let html = html(&both);
    for heading in ["quick-start (fast)</h2>", "quick-start (slow)</h2>"] {
        assert_eq!(html.matches(heading).count(), 1, "{heading}");
    }
}

#[test]
fn what_hangs_for_ever_is_said_first() {
    let scenario = "scenarios/failover/all-paths-down-for-ever.toml";
    let html = html(&[run("for-ever", scenario, &[])]);
    let answer = html.split("The answer").nth(1).unwrap();
    let answer = answer.split("The set-up").next().unwrap();
    assert!(answer.contains("never ends"), "{answer}");
    assert!(answer.contains("I/Os that hang for ever"), "{answer}");
}

#[test]
fn errors_of_a_failover_are_counted() {
    let scenario = "scenarios/failover/all-paths-down-fail.toml";
    let found = run("fail", scenario, &["--mode", "bio"]);
    let Found::Run(result) = &found else { panic!() };
    let failover = result.summary.runs[0].failover.as_ref().unwrap();
    let errors: u64 = failover.errors.iter().map(|error| error.count).sum();
    assert!(errors > 0);
    let html = html(&[found]);
    assert!(html.contains(&format!("<b>{errors}</b>")), "{errors}");
}

#[test]
fn the_set_up_is_wired_as_the_scenario_says() {
    let two = run(
        "two-luns",
        "scenarios/sharing/two-luns-on-shared-ports.toml",
        &[],
    );
    let Found::Run(two) = &two else { panic!() };
    let wired = |name: &str| {
        let mut jobs = two.summary.scenario.jobs.iter();
        jobs.find(|job| job.name == name).unwrap().device.clone()
    };
    assert_eq!(
        (wired("db").as_str(), wired("scan").as_str()),
        ("mp0", "mp1")
    );
    let stacked = run("stacking", "scenarios/letter/stacking.toml", &[]);
    let Found::Run(stacked) = &stacked else {
        panic!()
    };
    let maps = &stacked.summary.scenario.maps;
    let lin = maps.iter().find(|map| map.name == "lin").unwrap();
    assert_eq!(
        (lin.target.as_str(), lin.on[0].device.as_str()),
        ("linear", "mp")
    );
    assert_eq!(lin.selector, None);
    let drawing = topology(stacked);
    assert_eq!(drawing.faults(), Vec::<String>::new());
    let order = "application, device-mapper, multipath devices, paths";
    assert!(drawing.alt.contains(order), "{}", drawing.alt);
}

#[test]
fn a_sweep_says_what_was_asked_what_failed_and_how_to_repeat_it() {
    let folder = folder("sweep");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("pair.toml");
    let text = r#"about = "what a <deeper> queue buys"
[[device]]
name = ["sda", "sdb"]
null_blk = { completion = "1ms" }
[[map]]
selector = "round-robin"
paths = ["sda", "sdb"]
[[workload.job]]
rw = "randread"
number_ios = 200
[sweep]
modes = ["request"]
replications = 2
[[sweep.axis]]
key = "workload.job.0.iodepth"
values = [1, 4]
[[sweep.axis]]
key = "map.0.selector"
values = ["round-robin", "io-affinity"]
"#;
    std::fs::write(&file, text).unwrap();
    let out = folder.join("out");
    let words = [
        "sweep",
        file.to_str().unwrap(),
        "--quiet",
        "--out",
        out.to_str().unwrap(),
    ];
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpathsim"));
    // io-affinity wants CPU masks, which the paths do not give.
    let _ = command.current_dir(ROOT).args(words).output().unwrap();
    let html = html(&[Found::read(&out).unwrap()]);
    for part in [
        "what a &lt;deeper&gt; queue buys",
        "mpathsim sweep pair.toml",
        "4 of 8 runs failed",
        "2 times each, in worlds of their own",
        "values = [&quot;round-robin&quot;",
    ] {
        let plain = part.replace("&quot;", "\"");
        assert!(html.contains(part) || html.contains(&plain), "{part}");
    }
}
