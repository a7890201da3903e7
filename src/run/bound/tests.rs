#![allow(clippy::unwrap_used)]

use crate::scenario::{self, Mode};

/// The limit of the devices and jobs of `text` for I/Os of 4 KiB.
fn bound(text: &str) -> Option<(f64, u64)> {
    let table = "[[map]]\nselector = \"round-robin\"\npaths = [\"sda\", \"sdb\"]\n";
    let text = format!("{text}\n{table}");
    let scenario = scenario::parse("bound.toml", &text, &[]).unwrap();
    let machine = scenario::build(&scenario, Mode::Bio).unwrap();
    let found = super::bound(&machine, 4096.0).unwrap();
    // To the thousandth, whatever order the sums have.
    found.map(|bound| ((bound.iops * 1e3).round() / 1e3, bound.latency.0))
}

const UNEQUAL: &str = r#"
[[device]]
name = "sda"
null_blk = { completion = "1ms", hw_queue_depth = 2 }
[[device]]
name = "sdb"
null_blk = { completion = "4ms", hw_queue_depth = 2 }
"#;

fn job(rw: &str, depth: u32) -> String {
    format!("[[workload.job]]\nrw = \"{rw}\"\nbs = \"4k\"\niodepth = {depth}\n")
}

#[test]
fn the_fast_path_is_filled_first() {
    let of = |depth| bound(&(UNEQUAL.to_owned() + &job("randread", depth)));
    assert_eq!(of(1), Some((1000.0, 1_000_000)));
    assert_eq!(of(2), Some((2000.0, 1_000_000)));
    assert_eq!(of(3), Some((2250.0, 1_000_000)));
    assert_eq!(of(64), Some((2500.0, 1_000_000)));
}

#[test]
fn what_is_sequential_may_merge() {
    let found = bound(&(UNEQUAL.to_owned() + &job("read", 2000)));
    // 255 sectors to a request, two requests at once on each; the rest waits.
    let (fast, slow) = (2.0 * 255.0 / 8.0, 2.0 * 255.0 / 8.0);
    assert_eq!(found, Some((fast * 1000.0 + slow * 250.0, 1_000_000)));
}

#[test]
fn media_hold_their_ports_back() {
    let ports = r#"
[[media]]
name = "disks"
service = "1ms"
slots = 4
[[device]]
name = ["sda", "sdb"]
port = { latency = "100us", media = "disks" }
"#;
    let found = bound(&(ports.to_owned() + &job("randread", 64)));
    assert_eq!(found, Some((4000.0, 1_100_000)));
}

/// A port that its media hold back leaves what is in flight to others.
#[test]
fn what_the_media_leave_over_is_free_for_others() {
    let ports = r#"
[[media]]
name = "disks"
service = "1ms"
slots = 1
[[device]]
name = "sda"
port = { latency = "100us", media = "disks" }
[[device]]
name = "sdb"
port = { latency = "2ms", queue_depth = 4 }
"#;
    let found = bound(&(ports.to_owned() + &job("randread", 8)));
    assert_eq!(found, Some((1000.0 + 2000.0, 1_100_000)));
}

/// A link works both ways at once.
#[test]
fn reads_and_writes_do_not_share_a_link() {
    let ports = r#"
[[device]]
name = ["sda", "sdb"]
port = { latency = "1us", bandwidth = "8Gbit" }
"#;
    let of = |rw| bound(&(ports.to_owned() + &job(rw, 64))).unwrap().0;
    assert_eq!(of("randrw"), 2.0 * of("randread"));
}

/// Of sizes that differ, small ones may go where it is near and large ones
/// where it is wide.
#[test]
fn a_mix_of_sizes_is_not_worth_its_mean() {
    let ports = r#"
[[device]]
name = "sda"
port = { latency = "10us", bandwidth = "1Gbit" }
[[device]]
name = "sdb"
port = { latency = "100us", bandwidth = "100Gbit" }
[[workload.job]]
rw = "randread"
bssplit = "4k/50:64k/50"
iodepth = 1
"#;
    let table = "[[map]]\nselector = \"round-robin\"\npaths = [\"sda\", \"sdb\"]\n";
    let scenario = scenario::parse("bound.toml", &format!("{ports}\n{table}"), &[]).unwrap();
    let machine = scenario::build(&scenario, Mode::Bio).unwrap();
    let found = super::bound(&machine, 34.0 * 1024.0).unwrap().unwrap();
    // 4 KiB: 43 µs on sda; 64 KiB: 105 µs on sdb; 74 µs on average.
    let ns = found.latency.0;
    assert!((73_900..74_200).contains(&ns), "{ns}");
    assert!((found.iops * ns as f64 / 1e9 - 1.0).abs() < 1e-3);
}
