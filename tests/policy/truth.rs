//! What oracle is told of its paths.

use mpathsim::models::mpath::policy::Truth;
use mpathsim::models::truth::truth;
use mpathsim::scenario::{self, Mode};

/// The truth of the devices of `text`, in order.
fn truths(text: &str) -> Vec<Truth> {
    let job = "[[map]]\nselector = \"round-robin\"\npaths = [\"sda\"]\n\
               [[workload.job]]\nrw = \"randread\"\nbs = \"4k\"\n";
    let scenario = scenario::parse("truth.toml", &format!("{text}\n{job}"), &[]).unwrap();
    let config = scenario::build(&scenario, Mode::Bio).unwrap();
    let all = 0..config.devices.len();
    all.map(|device| truth(&config, device)).collect()
}

/// However many commands a port works on, its link moves one byte after the other.
#[test]
fn a_link_is_one_server() {
    let [port] =
        truths("[[device]]\nname = \"sda\"\nport = { latency = \"1ms\", bandwidth = \"8Gbit\" }\n")
            [..]
    else {
        panic!()
    };
    assert_eq!((port.service.0, port.slots), (1_000_000, 64));
    assert_eq!((port.per_byte, port.queued_per_byte), (1 << 16, 1 << 16));
}

#[test]
fn slots_move_their_data_side_by_side() {
    let [port] = truths(
        "[[media]]\nname = \"m\"\nslots = 4\nservice = \"1ms\"\nbandwidth = \"8Gbit\"\n\
         [[device]]\nname = \"sda\"\nport = { latency = \"0us\", media = \"m\" }\n",
    )[..] else {
        panic!()
    };
    assert_eq!((port.per_byte, port.queued_per_byte), (1 << 16, 1 << 14));
    assert_eq!(port.slots, 4);
}

/// A LUN takes what its network takes: links, controller, media.
#[test]
fn a_lun_has_a_truth_of_its_own() {
    let text = r#"
[fabric]
link = { latency = "10us", rate = "8Gbit" }
[[initiator]]
name = "hba0"
link = { rate = "800Mbit", latency = "10us" }
[[initiator]]
name = "hba1"
[[array]]
controllers = 1
ports = 2
controller = { per_command = "5us", cores = 1, latency = "100us" }
luns = [{ name = "lun0" }]
[[device]]
name = "sda"
lun = { initiator = "hba0", target = "ctl0.p0", lun = "lun0" }
[[device]]
name = "sdb"
lun = { initiator = "hba1", target = "ctl0.p1", lun = "lun0" }
"#;
    let [slow, fast] = truths(text)[..] else {
        panic!()
    };
    // There and back over two links, the core, the firmware.
    assert_eq!(fast.service.0, 2 * 20_000 + 5_000 + 100_000);
    assert_eq!(fast.service, slow.service);
    assert_eq!((fast.per_byte, slow.per_byte), (1 << 16, 10 << 16));
    assert_eq!(slow.queued_per_byte, 10 << 16);
}
