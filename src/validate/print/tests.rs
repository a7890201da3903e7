use super::*;
use crate::validate::case::{CaseError, Comparison};
use crate::validate::compare::{Figure, Tolerance};

fn report(group: &str, result: CaseResult) -> CaseReport {
    CaseReport {
        id: "x".into(),
        group: group.into(),
        ignored: Vec::new(),
        result,
    }
}

fn compared(ours: f64) -> CaseResult {
    CaseResult::Compared(Box::new(Comparison {
        simulated: Observed::default(),
        figures: vec![Figure::new(
            "IOPS",
            &[100.0],
            ours,
            Tolerance::relative(0.02),
        )],
        kernel: "100 IOPS".into(),
        ours: format!("{ours} IOPS"),
    }))
}

fn all() -> Vec<CaseReport> {
    vec![
        report("merge", compared(100.0)),
        report("merge", compared(101.0)),
        report("merge", compared(105.0)),
        report("merge", CaseResult::NotRun(CaseError("no bfq".into()))),
        report("failover", CaseResult::NotSupported),
    ]
}

#[test]
fn a_line_a_case() {
    let mut out = Vec::new();
    for one in &all() {
        line(&mut out, one, 3).unwrap();
    }
    let text = String::from_utf8(out).unwrap();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    assert_eq!(
        lines,
        [
            "merge     x    exact              kernel: 100 IOPS  ours: 100 IOPS",
            "merge     x    agrees             kernel: 100 IOPS  ours: 101 IOPS",
            "merge     x    DIFFERS            kernel: 100 IOPS  ours: 105 IOPS  \
             differs in IOPS: kernel 100, ours 105",
            "merge     x    NOT RUN            no bfq",
            "failover  x    not yet supported",
        ]
    );
}

#[test]
fn an_object_a_case() {
    let mut out = Vec::new();
    for one in &all() {
        json_line(&mut out, one).unwrap();
    }
    let text = String::from_utf8(out).unwrap();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    let member = |name: &str| lines.iter().map(|l| l[name].clone()).collect::<Vec<_>>();
    let json = serde_json::to_value;
    assert_eq!(
        member("ok"),
        json([Some(true), Some(true), Some(false), Some(false), None])
            .unwrap()
            .as_array()
            .unwrap()
            .clone()
    );
    assert_eq!(lines[0]["exact"], true);
    assert_eq!(lines[1]["exact"], false);
    assert_eq!(lines[2]["differs"][0], "IOPS: kernel 100, ours 105");
    assert_eq!(lines[3]["error"], "no bfq");
    assert!(lines[0]["simulated"].is_object() && lines[3]["simulated"].is_null());
}

#[test]
fn tally_and_status() {
    let mut tally = Tally::default();
    for one in &all()[..2] {
        tally.count(one);
    }
    tally.count(&all()[4]);
    assert_eq!(tally.status(), Status::AllAgree, "unsupported is apart");
    tally.count(&all()[3]);
    assert_eq!(tally.status(), Status::SomeDiffer);
    let total = tally.total();
    assert_eq!(
        (total.cases, total.exact, total.within, total.not_run),
        (4, 1, 1, 1)
    );
    let mut out = Vec::new();
    summary(&mut out, &tally).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text.lines().count(), 5, "{text}");
    assert!(text.contains("merge           3      1      1       0        1"));
}
