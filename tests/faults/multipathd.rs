//! multipathd and the kernel together: what breaks, what waits, what comes
//! back, and when.
use super::support::{BOTH, outcome_of, parsed};
use mpathsim::run::outcome::Outcome;
use mpathsim::scenario::Mode;
use mpathsim::sim::Ns;

/// Two SCSI disks under one map, with `more` in the scenario.
fn text(map: &str, conf: &str, events: &[(&str, &str)], job: &str) -> String {
    let events: String = events
        .iter()
        .map(|(at, event)| format!("[[timeline]]\nat = \"{at}\"\n{event}\n"))
        .collect();
    format!(
        "[[device]]\nname = [\"sda\", \"sdb\"]\nscsi_debug = {{ delay = \"4ms\", max_queue = 64 }}\n\
         [[map]]\n{map}\n[multipathd]\nconf = \"\"\"\n{conf}\n\"\"\"\n{events}\
         [[workload.job]]\nrw = \"randread\"\nbs = \"4k\"\niodepth = 4\nsize = \"32m\"\n\
         time_based = 1\nnorandommap = 1\n{job}\n"
    )
}

fn outcome(text: &str, mode: Mode) -> Outcome {
    outcome_of(&parsed(text), mode)
}

const ONE_GROUP: &str = "selector = \"round-robin\"\npaths = [\"sda\", \"sdb\"]";
const TWO_GROUPS: &str = "[[map.group]]\nselector = \"round-robin\"\npaths = [\"sda\"]\n\
                          [[map.group]]\nselector = \"round-robin\"\npaths = [\"sdb\"]";
const CHECKS: &str = "defaults {\npolling_interval 5\n}";

/// When `dmsetup status` first showed `what` after `after`.
fn seen(outcome: &Outcome, what: &str, after: Ns) -> Option<Ns> {
    let history = outcome.maps[0].history.iter();
    let mut later = history.filter(|(at, status)| *at >= after && status.contains(what));
    later.next().map(|(at, _)| *at)
}

fn between(at: Option<Ns>, from: f64, to: f64) {
    let at = at.unwrap_or_else(|| panic!("never, instead of between {from} s and {to} s"));
    let s = at.0 as f64 / 1e9;
    assert!(
        (from..=to).contains(&s),
        "at {s} s, not between {from} s and {to} s"
    );
}

#[test]
fn a_disk_that_is_back_is_reinstated_by_the_next_check() {
    for mode in BOTH {
        let events = [
            ("1s", "device = \"sda\"\nstate = \"offline\""),
            ("3s", "device = \"sda\"\nstate = \"running\""),
        ];
        let o = outcome(&text(ONE_GROUP, CHECKS, &events, "runtime = 8"), mode);
        between(seen(&o, "sda F 1", Ns::ZERO), 1.0, 1.02);
        between(seen(&o, "sda A 1", Ns::from_secs(1)), 5.0, 6.1);
        assert_eq!(o.jobs[0].total_err, 0);
    }
}

#[test]
fn a_checker_finds_an_idle_path_dead() {
    // All I/O is on the group of sdb; only the checker can find out about sda.
    for mode in BOTH {
        let events = [
            ("500ms", "message = \"switch_group 2\""),
            ("1s", "device = \"sda\"\nstate = \"offline\""),
        ];
        let o = outcome(&text(TWO_GROUPS, CHECKS, &events, "runtime = 7"), mode);
        between(seen(&o, "sda F 1", Ns::ZERO), 5.0, 5.2);
    }
}

#[test]
fn k76_queueing_ends_after_no_path_retry_checks() {
    for mode in BOTH {
        let conf = "defaults {\npolling_interval 5\nno_path_retry 2\n}";
        let events = [
            ("2s", "device = \"sda\"\nstate = \"offline\""),
            ("2s", "device = \"sdb\"\nstate = \"offline\""),
        ];
        let job = "runtime = 20\ncontinue_on_error = \"all\"\nrate_iops = 100";
        let o = outcome(&text(ONE_GROUP, conf, &events, job), mode);
        assert!(o.jobs[0].total_err > 0, "nothing failed");
        // 100 I/Os a second for two seconds went well; the others were held for
        // 10 to 11 s and failed then.
        let read = o.jobs[0].read.as_ref().unwrap();
        let good = read.total_ios - o.jobs[0].total_err;
        assert!((195..=210).contains(&good), "{good} went well");
        assert!(o.held.is_empty());
    }
}

#[test]
fn queueing_for_ever_holds_and_says_so() {
    for mode in BOTH {
        let conf = "defaults {\nno_path_retry queue\n}";
        let events = [
            ("1s", "device = \"sda\"\nstate = \"offline\""),
            ("1s", "device = \"sdb\"\nstate = \"offline\""),
        ];
        let o = outcome(&text(ONE_GROUP, conf, &events, "runtime = 4"), mode);
        assert_eq!(o.held, [("mp".to_string(), 4)]);
    }
}

#[test]
fn k77_immediate_failback_goes_back_at_once_manual_never() {
    let events = [
        ("1s", "device = \"sda\"\nstate = \"offline\""),
        ("3s", "device = \"sda\"\nstate = \"running\""),
    ];
    for mode in BOTH {
        for (failback, goes_back) in [("immediate", true), ("manual", false)] {
            let conf = format!("defaults {{\npolling_interval 5\nfailback {failback}\n}}");
            let o = outcome(&text(TWO_GROUPS, &conf, &events, "runtime = 12"), mode);
            let share = o.maps[0].paths[0].ios as f64 / 12_000.0;
            // 1 s before the fault, and from the check at 5 s on, or never again.
            let expected = if goes_back { 8.0 / 12.0 } else { 1.0 / 12.0 };
            let off = (share - expected).abs();
            assert!(
                off < 0.02,
                "failback {failback}: sda did {share} of the I/O"
            );
        }
    }
}
