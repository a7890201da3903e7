//! The storage network, and the paths through it.

use super::Dice;
use super::devices::{LUN, queue};
use super::jobs::job;
use crate::sim::Ns;
use crate::torture::case::{Case, Device, Neighbour, Network, What};

/// The network, if one of `devices` is a LUN; these get their paths through it.
pub fn network(d: &mut Dice, devices: &mut [Device]) -> Option<Network> {
    if devices.iter().all(|device| device.kind != LUN) {
        return None;
    }
    let mut network = Network {
        fabric: fabric(d),
        initiators: d.of(&[1, 2, 2]),
        controllers: d.of(&[1, 2, 2, 2]),
        ports: d.between(1, 2),
        array: array(d),
        others: Vec::new(),
    };
    // Such a disk brings its handler into the table, where no other may be.
    let handled = d.chance(30) && devices.iter().all(|device| device.name.starts_with("sd"));
    let handler = if handled {
        handler(d)
    } else {
        "\"none\"".into()
    };
    for device in devices.iter_mut().filter(|device| device.kind == LUN) {
        device.kind = lun(d, &network, "lun0", &handler);
    }
    if d.chance(10) {
        network.others.push(background(d, &network));
    }
    if d.chance(15) {
        network.others.push(random_fault(d, &network));
    }
    Some(network)
}

fn fabric(d: &mut Dice) -> Vec<String> {
    let mut lines = Vec::new();
    let tcp = d.chance(40);
    if d.chance(50) {
        let preset = match tcp {
            true => d.of(&["iscsi-1g", "iscsi-10g", "nvme-tcp-25g"]),
            false => d.of(&["fc-8g", "fc-16g"]),
        };
        lines.push(format!("preset = \"{preset}\""));
    }
    let fail = d.of(&["0s", "100ms", "1s", "5s"]);
    let loss = d.of(&["2s", "10s", "60s"]);
    if tcp {
        let (interval, timeout) = (d.of(&["50ms", "1s", "5s"]), d.of(&["50ms", "1s", "5s"]));
        // What is never given up is held for ever, with the port.
        let lost = if fail == "0s" || d.chance(30) {
            format!(", dev_loss_tmo = \"{loss}\"")
        } else {
            String::new()
        };
        lines.push(format!(
            "transport = {{ tcp = {{ keep_alive_interval = \"{interval}\", \
             keep_alive_timeout = \"{timeout}\", fast_io_fail_tmo = \"{fail}\"{lost} }} }}"
        ));
    } else {
        lines.push(format!(
            "transport = {{ fc = {{ fast_io_fail_tmo = \"{fail}\", dev_loss_tmo = \"{loss}\" }} }}"
        ));
    }
    if d.chance(20) {
        let latency = d.magnitude(500, 5_000_000);
        lines.push(format!("link = {{ latency = \"{latency}ns\" }}"));
    }
    lines
}

fn array(d: &mut Dice) -> Vec<String> {
    let mut lines = Vec::new();
    if d.chance(60) {
        let preset = d.of(&["disk", "hybrid", "flash", "flash-symmetric"]);
        lines.push(format!("preset = \"{preset}\""));
    }
    if d.chance(50) {
        let other = d.of(&["optimized", "non_optimized", "standby", "unavailable"]);
        let failover = d.of(&["10ms", "500ms", "5s"]);
        let transition = d.of(&["0s", "20ms", "1s"]);
        lines.push(format!(
            "access = {{ other = \"{other}\", failover = \"{failover}\", \
             transition = \"{transition}\" }}"
        ));
    }
    if d.chance(25) {
        lines.push(format!("lun_queue_depth = {}", d.magnitude(1, 64)));
    }
    if d.chance(15) {
        lines.push(format!("port = {{ queue_depth = {} }}", d.magnitude(1, 64)));
    }
    lines
}

/// A pair of ports.
fn pair(d: &mut Dice, n: &Network) -> (u64, String) {
    let (initiator, controller) = (d.below(n.initiators), d.below(n.controllers));
    (initiator, format!("ctl{controller}.p{}", d.below(n.ports)))
}

/// `alua` as the access states have it, or one that answers what it is told to.
fn handler(d: &mut Dice) -> String {
    if d.chance(50) {
        return "\"alua\"".into();
    }
    let name = d.of(&["alua", "rdac", "emc", "hp_sw"]);
    let answers = [
        "ok",
        "io",
        "retry",
        "imm_retry",
        "res_temp_unavail",
        "dev_offlined",
        "nosys",
    ];
    let mut results: Vec<String> = (0..d.below(4))
        .map(|_| format!("\"{}\"", d.of(&answers)))
        .collect();
    // A group that never comes into use is tried for ever.
    results.push("\"ok\"".into());
    let (takes, results) = (d.below(20), results.join(", "));
    format!("{{ name = \"{name}\", takes = \"{takes}ms\", results = [{results}] }}")
}

/// Another map, over a LUN of its own behind the same ports.
pub fn neighbour(d: &mut Dice, case: &Case) -> Option<Neighbour> {
    let network = case.network.as_ref().filter(|_| d.chance(25))?;
    let device = |d: &mut Dice, name: &str| Device {
        name: name.into(),
        kind: lun(d, network, "lun1", "\"none\""),
        queue: queue(d),
    };
    Some(Neighbour {
        devices: vec![device(d, "sdx"), device(d, "sdy")],
        features: d.of(&["0", "1 queue_if_no_path"]),
        selector: d.of(&["round-robin", "queue-length", "service-time"]),
        job: job(d, case, None),
    })
}

fn lun(d: &mut Dice, n: &Network, lun: &str, handler: &str) -> String {
    let (initiator, target) = pair(d, n);
    let mut fields = vec![
        format!("initiator = \"hba{initiator}\""),
        format!("target = \"{target}\""),
        format!("lun = \"{lun}\""),
        format!("retries = {}", d.of(&[0, 1, 5])),
    ];
    if d.chance(50) {
        fields.push(format!("queue_depth = {}", d.magnitude(1, 64)));
    }
    if d.chance(60) {
        fields.push(format!("timeout = \"{}ms\"", d.of(&[100, 1000, 5000])));
    }
    fields.push(format!("handler = {handler}"));
    format!("lun = {{ {} }}", fields.join(", "))
}

fn background(d: &mut Dice, n: &Network) -> String {
    let (initiator, target) = pair(d, n);
    let (iops, reads) = (d.magnitude(10, 200), d.of(&["0.0", "0.5", "1.0"]));
    format!(
        "[[background]]\ninitiator = \"hba{initiator}\"\ntarget = \"{target}\"\n\
         lun = \"lun0\"\niops = {iops}\nreads = {reads}"
    )
}

fn random_fault(d: &mut Dice, n: &Network) -> String {
    let (on, fault) = fault(d, n);
    let (well, ill) = (
        d.magnitude(10_000_000, 5_000_000_000),
        d.magnitude(1_000_000, 1_000_000_000),
    );
    format!(
        "[[random_fault]]\non = \"{on}\"\nfault = {fault}\n\
         well = {{ kind = \"exponential\", mean = \"{well}ns\" }}\nill = \"{ill}ns\""
    )
}

/// Where something breaks, and what.
fn fault(d: &mut Dice, n: &Network) -> (String, String) {
    let latency = |d: &mut Dice| {
        let ns = d.magnitude(100_000, 20_000_000_000);
        format!("{{ latency = \"{ns}ns\" }}")
    };
    let named = |text: &str| format!("\"{text}\"");
    match d.below(10) {
        0..6 => {
            let (initiator, target) = pair(d, n);
            let on = if d.chance(50) {
                format!("hba{initiator}")
            } else {
                target
            };
            let fault = match d.below(10) {
                0..3 => named("down"),
                3..5 => named("black_hole"),
                5 => format!("{{ loss = {} }}", d.of(&["0.01", "0.1", "0.5"])),
                6 => format!("{{ transport_error = {} }}", d.of(&["0.01", "0.1", "0.5"])),
                7 => format!("{{ bandwidth = {} }}", d.between(1, 50)),
                _ => latency(d),
            };
            (on, fault)
        }
        6 | 7 => {
            let on = format!("ctl{}", d.below(n.controllers));
            (on, named(d.of(&["down", "down", "busy", "queue_full"])))
        }
        _ => {
            let fault = match d.below(6) {
                0 => named("busy"),
                1 => named("queue_full"),
                2 => named(d.of(&["reservation_conflict", "unmapped"])),
                3 => {
                    let first = d.below(4096);
                    format!(
                        "{{ medium_error = [{first}, {}] }}",
                        first + d.magnitude(1, 64)
                    )
                }
                _ => latency(d),
            };
            ("lun0".into(), fault)
        }
    }
}

/// Something that breaks in the network, mostly not for good.
pub fn event(d: &mut Dice, n: &Network) -> What {
    if d.chance(5) {
        return What::Upgrade(Ns(d.magnitude(1_000_000, 1_000_000_000)));
    }
    let (on, fault) = fault(d, n);
    let lasts = d
        .chance(90)
        .then(|| Ns(d.magnitude(100_000, 10_000_000_000)));
    What::Fault(on, fault, lasts)
}
