//! Leaf devices and their queues.

use super::Dice;
use crate::scenario::Mode;
use crate::torture::case::{Device, MIB};

/// As many devices as there are paths: all of a kind, or each of its own.
pub fn devices(d: &mut Dice, mode: Mode, n: usize) -> Vec<Device> {
    let same = d.chance(60).then(|| d.below(14));
    (0..n)
        .map(|n| {
            let kind = same.unwrap_or_else(|| d.below(14));
            device(d, mode, n, kind)
        })
        .collect()
}

fn device(d: &mut Dice, mode: Mode, n: usize, kind: u64) -> Device {
    let (name, kind) = match kind {
        0..4 => (format!("p{n}"), null_blk(d, mode)),
        4..8 => (disk_name(n), scsi_debug(d)),
        8..10 => (format!("p{n}"), port(d)),
        _ => (disk_name(n), LUN.into()),
    };
    Device {
        name,
        kind,
        queue: queue(d),
    }
}

/// The kind of a device that is a LUN, until the network is there.
pub const LUN: &str = "lun";

fn disk_name(n: usize) -> String {
    format!("sd{}", char::from(b'a' + n as u8))
}

/// How long a command takes, ns.
fn latency(d: &mut Dice) -> u64 {
    if d.chance(10) {
        0
    } else {
        d.magnitude(1_000, 3_000_000)
    }
}

fn null_blk(d: &mut Dice, mode: Mode) -> String {
    let mut fields = vec![
        format!("size = \"{MIB}MiB\""),
        format!("completion = \"{}ns\"", latency(d)),
        format!("hw_queue_depth = {}", d.magnitude(1, 64)),
        format!("submit_queues = {}", d.between(1, 2)),
        format!("irqmode = {}", d.of(&[0, 1, 2, 2, 2])),
    ];
    if d.chance(30) {
        fields.push("memory_backed = true".into());
        if d.chance(60) {
            fields.push("cache_size = \"1MiB\"".into());
        }
    } else if mode == Mode::Bio && d.chance(10) {
        fields.push("queue_mode = 0".into());
    }
    if d.chance(20) {
        fields.push("max_request = \"1MiB\"".into());
    }
    format!("null_blk = {{ {} }}", fields.join(", "))
}

fn scsi_debug(d: &mut Dice) -> String {
    let depth = d.magnitude(1, 64);
    let mut fields = vec![
        format!("size = \"{MIB}MiB\""),
        format!("delay = \"{}ns\"", latency(d)),
        format!("max_queue = {depth}"),
        format!("retries = {}", d.of(&[0, 1, 5])),
    ];
    if d.chance(30) {
        fields.push(format!("queue_depth = {}", d.between(1, depth)));
    }
    if d.chance(50) {
        fields.push(format!("timeout = \"{}ms\"", d.of(&[100, 1000, 5000])));
    }
    format!("scsi_debug = {{ {} }}", fields.join(", "))
}

fn port(d: &mut Dice) -> String {
    let mut fields = vec![
        format!("size = \"{MIB}MiB\""),
        format!("slots = {}", d.below(4)),
        format!("per_request = \"{}ns\"", d.below(20_000)),
        format!("queue_depth = {}", d.magnitude(1, 64)),
    ];
    fields.push(if d.chance(50) {
        format!("latency = \"{}ns\"", latency(d))
    } else {
        let mean = d.magnitude(1_000, 1_000_000);
        format!("latency = {{ kind = \"exponential\", mean = \"{mean}ns\" }}")
    });
    if d.chance(30) {
        fields.push("media = \"m\"".into());
    }
    format!("port = {{ {} }}", fields.join(", "))
}

/// Settings of a queue.
pub fn queue(d: &mut Dice) -> Vec<String> {
    let mut out = Vec::new();
    if d.chance(60) {
        let scheduler = d.of(&["none", "mq-deadline", "mq-deadline", "kyber", "bfq"]);
        out.push(format!("scheduler = \"{scheduler}\""));
    }
    if d.chance(20) {
        out.push(format!("nr_requests = {}", d.magnitude(1, 256)));
    }
    if d.chance(20) {
        out.push(format!("max_request = \"{}KiB\"", d.of(&[4, 64, 128, 512])));
        out.push(format!("limits_before_maps = {}", d.chance(70)));
    }
    if d.chance(15) {
        out.push(format!("nomerges = {}", d.between(1, 2)));
    }
    if d.chance(20) {
        out.push(format!("wbt_lat = \"{}us\"", d.of(&[0, 0, 500, 75_000])));
    }
    out
}
