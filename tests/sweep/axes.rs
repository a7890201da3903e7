//! What is wrong with an axis is told at its place in the user's file.

use std::path::Path;

use mpathsim::models::mpath::policy::Registry;
use mpathsim::sweep::{Label, Sweep};

use crate::support::*;

/// A sweep file over `SCENARIO`, in a folder of its own, is refused.
fn refused(test: &str, text: &str) -> String {
    let folder = folder(&format!("axes-{test}"));
    std::fs::write(folder.join("scenario.toml"), SCENARIO).unwrap();
    let text = format!("scenario = \"scenario.toml\"\n{text}");
    std::fs::write(folder.join("own.toml"), text).unwrap();
    let said = expect(2, &folder, &["sweep", "own.toml"]);
    assert!(!folder.join("results").exists(), "something was written");
    said
}

/// The `key` or `value` that is at fault is pointed at, with these words; none of
/// the `others` is said.
fn blamed(test: &str, text: &str, at: &str, says: &[&str], others: &[&str]) {
    let said = refused(test, text);
    let offset = text.find(at).unwrap();
    let before = &text[..offset];
    let column = offset - before.rfind('\n').map_or(0, |at| at + 1) + 1;
    // The first line names the scenario.
    let place = format!("own.toml:{}:{column}]", before.matches('\n').count() + 2);
    assert!(said.contains(&place), "{place} is not in\n{said}");
    for words in says {
        assert!(said.contains(words), "{words:?} is not in\n{said}");
    }
    for words in others {
        assert!(!said.contains(words), "{words:?} is in\n{said}");
    }
}

fn axis(key: &str, rest: &str) -> String {
    format!("[[sweep.axis]]\nkey = \"{key}\"\n{rest}\n")
}

#[test]
fn an_unknown_key_is_found_wherever_it_is_in_the_path() {
    let seeds = axis("seed", "name = \"x\"\nvalues = [1, 2]");
    let last = |key: &str| format!("[sweep]\n{}{seeds}", axis(key, "values = [\"4k\"]"));
    blamed(
        "inner-table",
        &last("workload.jobs.0.bs"),
        "\"workload.jobs.0.bs\"",
        &["axis `bs`", "unknown key `jobs`", "did you mean `job`?"],
        &["axis `x`", "leave the value out"],
    );
    blamed(
        "first-step",
        &last("wrkload.open.0.rate_iops"),
        "\"wrkload.open.0.rate_iops\"",
        &["unknown key `wrkload`", "did you mean `workload`?"],
        &["axis `x`", "leave the value out"],
    );
    blamed(
        "last-step",
        &last("workload.job.0.iodeth"),
        "\"workload.job.0.iodeth\"",
        &["axis `iodeth`", "did you mean `iodepth`?"],
        &["axis `x`"],
    );
    blamed(
        "element",
        &last("workload.job.7.bs"),
        "\"workload.job.7.bs\"",
        &["the path leads nowhere", "job.0"],
        &["axis `x`"],
    );
    blamed(
        "set",
        "[set]\n\"workload.job.0.iodeth\" = 3\n[sweep]\n",
        "3",
        &["did you mean `iodepth`?"],
        &[],
    );
    let variant = "[sweep]\n[[sweep.axis]]\nname = \"ports\"\nvariant = [\n{ name = \"a\" },\n{ name = \"b\", set = { \"device.0.prt.slots\" = 7 } },\n]\n";
    blamed(
        "variant",
        variant,
        "device.0.prt.slots",
        &[
            "axis `ports`, b: device.0.prt.slots",
            "did you mean `port`?",
        ],
        &[],
    );
}

#[test]
fn a_wrong_value_is_found_in_its_list() {
    let depth = axis("workload.job.0.iodepth", "values = [1, 2, \"many\"]");
    let text = format!(
        "[sweep]\n{depth}{}",
        axis("seed", "name = \"x\"\nvalues = [7, 8]")
    );
    blamed(
        "value",
        &text,
        "\"many\"",
        &["axis `iodepth`, many"],
        &["axis `x`"],
    );
    let policy = format!(
        "[sweep]\n{}",
        axis("policy", "values = [\n\"round-robin\",\n\"round-robbin\"]")
    );
    blamed(
        "policy",
        &policy,
        "\"round-robbin\"",
        &["no policy `round-robbin`"],
        &[],
    );
    let zip = "[sweep]\n[[sweep.axis]]\nzip = [\n{ key = \"seed\", name = \"x\", values = [1, 2] },\n{ key = \"workload.job.0.iodepth\", values = [4, -1] },\n]\n";
    blamed("zip", zip, "-1", &["axis `x, iodepth`, 2, -1"], &[]);
    let range = format!(
        "[sweep]\n{}",
        axis(
            "workload.job.0.iodepth",
            "range = { from = 0, to = 4, steps = 2 }"
        )
    );
    blamed("range", &range, "{ from", &["axis `iodepth`, 0"], &[]);
}

/// The scenario has the text of a fio job, and so no list of jobs.
#[test]
fn a_list_that_the_scenario_lacks_is_named() {
    let folder = folder("axes-lacks");
    let quick = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/quick-start.toml");
    let text = format!(
        "scenario = \"{}\"\n[sweep]\n{}",
        quick.display(),
        axis("workload.job.0.size", "values = [\"1m\"]")
    );
    std::fs::write(folder.join("own.toml"), text).unwrap();
    let said = expect(2, &folder, &["sweep", "own.toml"]);
    assert!(said.contains("has no list `workload.job`"), "{said}");
    assert!(said.contains("own.toml:4:7]"), "{said}");
    assert!(!said.contains("a sequence"), "{said}");
    let set = [
        "run",
        quick.to_str().unwrap(),
        "--set",
        "workload.job.0.size=1m",
    ];
    let said = expect(2, &folder, &set);
    assert!(said.contains("has no list `workload.job`"), "{said}");
}

#[test]
fn columns_that_would_lie_are_refused() {
    let rate = |name: &str, key: &str| axis(key, &format!("name = \"{name}\"\nvalues = [3, 4]"));
    let twice = |a: &str, b: &str| format!("[sweep]\n{}{}", rate("a", a), rate("b", b));
    let key = "workload.job.0.iodepth";
    blamed(
        "same-key",
        &twice(key, "workload.job.reader.iodepth"),
        "\"workload.job.reader.iodepth\"",
        &["what axis `a` has set"],
        &[],
    );
    let selector = |key: &str, values: &str| axis(key, &format!("values = [{values}]"));
    let policy = format!(
        "[sweep]\n{}{}",
        selector("map.0.selector", "\"round-robin\""),
        selector("policy", "\"queue-length\"")
    );
    blamed(
        "policy-key",
        &policy,
        "\"policy\"",
        &["what axis `selector` has set"],
        &[],
    );
    let zip = format!(
        "[sweep]\n[[sweep.axis]]\nzip = [\n{{ key = \"{key}\", values = [1], name = \"a\" }},\n{{ name = \"b\", key = \"workload.job.reader.iodepth\", values = [2] }}]\n"
    );
    blamed(
        "zip-key",
        &zip,
        "\"workload.job.reader.iodepth\"",
        &["has set"],
        &[],
    );
    // What one variant sets, another may set too.
    let folder = sweep(
        "axes-variants",
        "[sweep]\n[[sweep.axis]]\nname = \"ports\"\nvariant = [\n{ name = \"a\", set = { \"device.0.port.slots\" = 2 } },\n{ name = \"b\", set = { \"device.0.port.slots\" = 3 } },\n]\n",
    );
    expect(0, &folder, &["sweep", "sweep.toml", "--plan"]);
}

#[test]
fn points_that_could_not_be_told_apart_are_refused() {
    let values = |values: &str| {
        format!(
            "[sweep]\n{}",
            axis("seed", &format!("name = \"x\"\n{values}"))
        )
    };
    let twice = values("values = [1000, 2000,\n1000]");
    let at = twice.rfind("1000").unwrap();
    let said = refused("twice", &twice);
    assert!(said.contains("1000 stands in the axis twice"), "{said}");
    let line = twice[..at].matches('\n').count() + 2;
    assert!(said.contains(&format!("own.toml:{line}:1]")), "{said}");
    let said = refused("as-real", &values("values = [1, 1.0]"));
    assert!(said.contains("stands in the axis twice"), "{said}");
    let zip = "[sweep]\n[[sweep.axis]]\nzip = [{ key = \"seed\", name = \"x\", values = [1, 1] }, { key = \"workload.job.0.iodepth\", values = [2, 2] }]\n";
    assert!(refused("zip-twice", zip).contains("1, 2 stands in the axis twice"));
    let variants = "[sweep]\n[[sweep.axis]]\nname = \"v\"\nvariant = [{ name = \"same\" },\n{ name = \"same\", set = { seed = 2 } }]\n";
    let said = refused("variants", variants);
    assert!(
        said.contains("a variant `same` stands above already"),
        "{said}"
    );
}

#[test]
fn exclusions_that_can_never_match_are_refused() {
    let with = |test: &str, condition: &str, says: &str| {
        let text = format!(
            "[sweep]\nexclude = [\n{{ {condition} }}]\n{}{}",
            axis(
                "workload.job.0.iodepth",
                "name = \"depth\"\nvalues = [8, 64]"
            ),
            axis("device.0.port.latency.mean", "values = [\"1ms\", \"2ms\"]"),
        );
        let said = refused(&format!("never-{test}"), &text);
        assert!(said.contains(says), "{says:?} is not in\n{said}");
        assert!(said.contains("own.toml:4:"), "{said}");
    };
    with("mode", "mode = \"bios\"", "no value of `mode` is `bios`");
    with("near", "mode = \"bios\"", "did you mean `bio`?");
    with("one", "mode = [\"bio\", \"requst\"]", "is `requst`");
    with("not", "mode = \"!= bios\"", "no value of `mode` is `bios`");
    with("unit", "depth = \"> 1ms\"", "no value of `depth` is > 1ms");
    with("above", "depth = \">= 65\"", "is >= 65");
    with("operator", "depth = \"=> 64\"", "cannot be compared with");
    with("list", "depth = []", "cannot be compared with");
    with("number", "depth = 9", "no value of `depth` is `9`");
    // Each holds somewhere, both nowhere.
    let zip = "[sweep]\nexclude = [\n{ x = 1, iodepth = 4 }]\n[[sweep.axis]]\nzip = [{ key = \"seed\", name = \"x\", values = [1, 2] }, { key = \"workload.job.0.iodepth\", values = [3, 4] }]\n";
    assert!(refused("never-both", zip).contains("this leaves out no point"));
}

#[test]
fn exclusions_know_units() {
    for (condition, left) in [
        ("mean = \"1000us\"", "4 points (4 left out)"),
        ("mean = \"!= 1000us\"", "4 points (4 left out)"),
        ("depth = \"== 64\", mode = \"bio\"", "6 points (2 left out)"),
        ("depth = 64.0", "4 points (4 left out)"),
    ] {
        let folder = sweep(
            "axes-units",
            &format!(
                "[sweep]\nexclude = [{{ {condition} }}]\n{}{}",
                axis(
                    "workload.job.0.iodepth",
                    "name = \"depth\"\nvalues = [8, 64]"
                ),
                axis("device.0.port.latency.mean", "values = [\"1ms\", \"2ms\"]"),
            ),
        );
        let plan = expect(0, &folder, &["sweep", "sweep.toml", "--plan"]);
        assert!(plan.contains(left), "{condition}: {plan}");
    }
}

/// Of a sample, too, every value is tried before anything runs.
#[test]
fn a_wrong_value_of_a_sample_is_found_before_it_runs() {
    for method in ["random", "latin-hypercube"] {
        let text = format!(
            "[sweep]\nsample = {{ method = \"{method}\", points = 40 }}\n{}{}",
            axis(
                "policy",
                "values = [\"round-robin\", \"queue-length\",\n\"round-robbin\"]"
            ),
            axis("workload.job.0.iodepth", "range = { from = 1, to = 64 }"),
        );
        let said = refused("sample", &text);
        assert!(said.contains("no policy `round-robbin`"), "{said}");
        assert!(said.contains("own.toml:7:1]"), "{said}");
        let ends = format!(
            "[sweep]\nsample = {{ method = \"{method}\", points = 40 }}\n{}",
            axis("workload.job.0.iodepth", "range = { from = -2, to = 64 }"),
        );
        let said = refused("sample-range", &ends);
        assert!(said.contains("axis `iodepth`, "), "{said}");
    }
}

/// Of a long list of numbers the least, the greatest and some are tried, of words
/// all: what a sweep costs before it runs does not hang on how long its axes are.
#[test]
fn a_long_axis_is_tried_at_its_ends() {
    let parse = |values: &[String]| {
        let text = format!(
            "{}\n[sweep]\nmodes = [\"bio\"]\n{}",
            SCENARIO.replace("number_ios = 500", "runtime = 1"),
            axis(
                "workload.job.0.iodepth",
                &format!("values = [{}]", values.join(", "))
            )
        );
        Sweep::parse("long.toml", &text, &[], &Registry::default())
    };
    let good: Vec<String> = (1..=50_000).map(|n| n.to_string()).collect();
    assert_eq!(parse(&good).unwrap().space.len(), 50_000);
    // Not a number that fio knows, among so many.
    for (at, wrong) in [
        (40_000, "-7"),
        (31_001, "\"many\""),
        (0, "\"few\""),
        (49_999, "1.5"),
    ] {
        let mut values = good.clone();
        values[at] = wrong.into();
        let why = format!("{:?}", miette::Report::new(parse(&values).unwrap_err()));
        assert!(why.contains(wrong.trim_matches('"')), "{wrong}: {why}");
        // By its place, but without the line, which is too long to be drawn.
        assert!(why.contains("long.toml:23:"), "{wrong}: {why}");
        assert!(why.len() < 1000, "{wrong}: {why}");
    }
    // A second between two that are tried is left to its run.
    let seconds = |odd: &str| {
        let mut values: Vec<String> = (1..=3000).map(|s| format!("\"{s}s\"")).collect();
        values[1503] = odd.into();
        let scenario = SCENARIO.split("[[workload.job]]").next().unwrap();
        let text = format!(
            "{scenario}\n[[workload.open]]\nrate_iops = 10\nrw = \"randread\"\n[sweep]\nmodes = [\"bio\"]\n{}",
            axis(
                "workload.open.0.runtime",
                &format!("values = [{}]", values.join(", "))
            )
        );
        Sweep::parse("long.toml", &text, &[], &Registry::default())
    };
    assert!(seconds("\"10ms\"").is_err());
    let sweep = seconds("\"1500500ms\"").unwrap();
    assert!(sweep.machine(&sweep.point(1502)).is_ok());
    assert!(sweep.machine(&sweep.point(1503)).is_err());
}

#[test]
fn ranges_read_as_a_person_writes_them() {
    let scenario = SCENARIO.replace(
        "{ kind = \"exponential\", mean = \"200us\" }",
        "{ kind = \"gamma\", mean = \"200us\", cv = 0.5 }",
    );
    let folder = folder("axes-ranges");
    let table = format!(
        "{scenario}\n[sweep]\n{}{}",
        axis(
            "device.0.port.latency.cv",
            "range = { from = 0.2, to = 1.0, steps = 5 }"
        ),
        axis(
            "workload.job.0.iodepth",
            "range = { from = 1, to = 10, steps = 10, multiple = 4 }"
        ),
    );
    std::fs::write(folder.join("sweep.toml"), table).unwrap();
    let plan = expect(0, &folder, &["sweep", "sweep.toml", "--plan"]);
    assert!(plan.contains("cv: 0.2 0.4 0.6 0.8 1\n"), "{plan}");
    assert!(plan.contains("iodepth: 4 8\n"), "{plan}");
    let label = |x: f64| Label::of(&toml::Value::Float(x)).to_string();
    assert_eq!(label(1e300), "1e300");
    assert_eq!(label(-2.5e-9), "-2.5e-9");
    assert_eq!(
        [label(0.0), label(0.8), label(1e6)],
        ["0", "0.8", "1000000"]
    );
}

/// What the modes lack is no fault of an axis.
#[test]
fn a_mode_that_is_not_there_is_told_as_such() {
    let scenario = format!("kernel = \"2.6.25\"\nmultipath = \"bio\"\n{SCENARIO}");
    let scenario = scenario.replace(", slots = 4, queue_depth = 16", ", slots = 4");
    let folder = folder("axes-modes");
    std::fs::write(folder.join("scenario.toml"), scenario).unwrap();
    let text = format!(
        "scenario = \"scenario.toml\"\n[sweep]\n{}",
        axis("workload.job.0.iodepth", "values = [1, 2]")
    );
    std::fs::write(folder.join("own.toml"), &text).unwrap();
    let said = expect(2, &folder, &["sweep", "own.toml"]);
    assert!(said.contains("no request mode"), "{said}");
    assert!(said.contains("modes = [\"bio\"]"), "{said}");
    assert!(!said.contains("axis `"), "{said}");
}
