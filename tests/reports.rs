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

/// Who hears the headings of a page is not told the same twice.
#[test]
fn no_heading_repeats_the_title() {
    let quick = run("headings", "scenarios/quick-start.toml", &[]);
    let (_, pair) = kept(
        "headings-pair",
        &[
            "compare",
            "round-robin",
            "queue-length",
            "--scenario",
            "scenarios/unequal-ports.toml",
            "--replications",
            "2",
        ],
    );
    for found in [quick, pair] {
        let page = html(std::slice::from_ref(&found));
        let headings = |level: u8| -> Vec<String> {
            let tag = format!("<h{level}");
            let parts = page.split(&tag).skip(1);
            let text = |part: &str| {
                let text = part.split_once('>').unwrap().1;
                text.split_once("</h").unwrap().0.to_owned()
            };
            parts.map(text).collect()
        };
        assert_eq!(headings(1).len(), 1);
        assert!(headings(2).len() >= 2);
        assert!(!headings(2).contains(&headings(1)[0]), "{:?}", headings(2));
        // With another title the name of the result is told.
        let titled = report(std::slice::from_ref(&found), Some("Ours")).unwrap();
        assert!(titled.contains(&format!("<h2 id=\"r0\">{}</h2>", headings(1)[0])));
    }
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
    let drawing = topology(&stacked.summary);
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
        "The set-up, before an axis changes it",
        "id=\"r0-topology\"",
        "sdb: null_blk",
        "The answer",
        "best at iodepth = 4",
        "seed 1, CPU profile",
        "run r of a point, 0 to 1, has world r of that seed",
    ] {
        let plain = part.replace("&quot;", "\"");
        assert!(html.contains(part) || html.contains(&plain), "{part}");
    }
}

/// Runs the command in the folder of scenarios, its results in a fresh folder.
fn kept(name: &str, words: &[&str]) -> (PathBuf, Found) {
    let out = folder(name);
    mpathsim(&[words, &["--out", out.to_str().unwrap()]].concat());
    let found = Found::read(&out).unwrap();
    (out, found)
}

#[test]
fn a_tournament_says_what_was_asked_of_what_and_how_to_repeat_it() {
    let words = [
        "tournament",
        "scenarios/unequal-ports.toml",
        "scenarios/quick-start.toml",
        "--policy",
        "round-robin",
        "--policy",
        "ewma-latency shift=4",
        "--mode",
        "request",
        "--replications",
        "2",
        "--warm-up",
        "1ms",
    ];
    let (_, found) = kept("tournament", &words);
    let html = html(&[found]);
    for part in [
        "mpathsim tournament scenarios/unequal-ports.toml scenarios/quick-start.toml --policy \
         round-robin --policy &#39;ewma-latency shift=4&#39; --mode request --metric iops \
         --margin 0.5 --alpha 5 --replications 2 --warm-up 1ms</pre>",
        "id=\"r0-topology-0\"",
        "id=\"r0-topology-1\"",
        "Policies, the best first",
        "2 runs each, in worlds that all share; warm-up: 1ms",
        "seed 1, CPU profile",
        "<summary>scenarios/quick-start.toml</summary>",
        "number_ios",
        "id=\"r0-ranking\"",
    ] {
        let plain = part.replace("&#39;", "'");
        assert!(html.contains(part) || html.contains(&plain), "{part}");
    }
    assert!(!html.contains("id=\"r0-lines\""), "names make no line");
}

#[test]
fn a_comparison_can_be_drawn_and_reported() {
    let words = [
        "compare",
        "round-robin",
        "queue-length",
        "--scenario",
        "scenarios/unequal-ports.toml",
        "--replications",
        "3",
    ];
    let (out, found) = kept("comparison", &words);
    let figure = out.join("lines.svg");
    let out = out.to_str().unwrap();
    mpathsim(&[
        "plot",
        out,
        "--kind",
        "lines",
        "--out",
        figure.to_str().unwrap(),
    ]);
    let drawn = std::fs::read_to_string(figure).unwrap();
    assert!(drawn.contains("round-robin") && drawn.contains("queue-length"));
    mpathsim(&["plot", out]);
    let html = html(&[found]);
    for part in [
        "queue-length (B) beside round-robin (A)",
        "B beside A, with 95 % intervals",
        "B is better",
        "mpathsim compare round-robin queue-length --scenario scenarios/unequal-ports.toml",
        "id=\"r0-topology-0\"",
        "id=\"r0-differences\"",
        "id=\"r0-lines\"",
        "seed 1, CPU profile",
    ] {
        assert!(html.contains(part), "{part}");
    }
}

#[test]
fn where_every_io_failed_there_is_no_latency() {
    let words = [
        "--set",
        "timeline.0.at=0s",
        "--set",
        "timeline.0.for=40s",
        "--mode",
        "single",
    ];
    let scenario = "scenarios/failover/port-down-and-back.toml";
    let found = run("all-failed", scenario, &words);
    let html = html(&[found.clone(), found]);
    // The table of all results, and those of the two runs.
    let rows = html
        .split("<tr>")
        .filter_map(|row| row.split("</tr>").next());
    let rows: Vec<&str> = rows.filter(|row| row.contains("<td>0 B/s</td>")).collect();
    assert_eq!(rows.len(), 4);
    for row in rows {
        // IOPS, bandwidth, errors; then latencies.
        let cells: Vec<&str> = row.split("<td>").skip(1).collect();
        let first = cells.iter().position(|cell| cell.starts_with('–'));
        assert!(first.is_some_and(|first| first >= 2), "{row}");
        let none = cells.iter().filter(|cell| cell.starts_with('–')).count();
        assert!(none == 2 || none == 4, "{row}");
    }
}

#[test]
fn terminal_and_report_judge_in_the_same_words() {
    let found = run("words", "scenarios/quick-start.toml", &[]);
    let Found::Run(result) = &found else { panic!() };
    let printed = mpathsim::run::compare::comparison(&result.summary);
    let html = html(std::slice::from_ref(&found));
    assert_eq!(result.summary.verdicts.len(), 4);
    for verdict in &result.summary.verdicts {
        let sentence = format!("{}: {}", verdict.subject(), verdict.finding());
        assert!(printed.contains(&sentence), "{sentence}");
        assert!(
            html.contains(&format!("<b>{}</b>", verdict.finding())),
            "{sentence}"
        );
    }
    assert!(html.contains("<b>request mode, 16 times fewer</b>"));
}

#[test]
fn tables_of_maps_have_intervals() {
    let folder = folder("map");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("map.toml");
    let text = std::fs::read_to_string(Path::new(ROOT).join("scenarios/poisson-arrivals.toml"));
    let more = r#"
[sweep]
replications = 3
metrics = ["iops", "lat_mean_us"]
[[sweep.axis]]
key = "workload.open.0.rate_iops"
values = [1000, 3000]
[[sweep.axis]]
key = "policy"
values = ["round-robin", "queue-length"]
"#;
    std::fs::write(&file, text.unwrap() + more).unwrap();
    let (_, found) = kept("map-out", &["sweep", file.to_str().unwrap(), "--quiet"]);
    use mpathsim::plot::{Choice, Kind};
    for (kind, means) in [(Kind::Heat, 3..4), (Kind::Crossover, 2..4)] {
        let table = kind.draw(&found, &Choice::default()).unwrap().table;
        assert_eq!(table.rows.len(), if kind == Kind::Heat { 8 } else { 4 });
        for cell in table.rows.iter().flat_map(|row| &row[means.clone()]) {
            assert!(cell.contains(" ± "), "{cell}");
        }
    }
    // And so has the table of everything.
    let html = html(&[found]);
    let all = html
        .split("Means, with their 95 % intervals")
        .last()
        .unwrap();
    let rows = all.split("</table>").next().unwrap();
    assert_eq!(rows.matches(" ± ").count(), 16, "{rows}");
}
