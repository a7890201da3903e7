//! The bound, over random scenarios: no run exceeds it.
//!
//! Of throughput and latency alike the bound takes what was drawn in the run, so it
//! holds without any statistical error but in two places, which are not drawn here:
//! times of flash cells that are not constant, and Poisson arrivals of a job that
//! comes to its end and begins anew. What is left is rounding: times are whole
//! nanoseconds.

use mpathsim::models::mpath::policy::Registry;
use mpathsim::run::bound::{Limit, bound_of_run};
use mpathsim::run::summary::RunSummary;
use mpathsim::run::{RunOptions, run};
use mpathsim::scenario::{self, Mode};
use mpathsim::torture;

/// Latency of an I/O is whole nanoseconds, of which a mean may be short by one.
const ROUNDING: f64 = 1e-5;

/// A die that falls the same way each time.
struct Dice(u64);

impl Dice {
    fn next(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % n
    }
    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.next(all.len())]
    }
    fn one_in(&mut self, n: usize) -> bool {
        self.next(n) == 0
    }
}

fn law(d: &mut Dice) -> String {
    let us = d.of(&[10, 100, 1000]);
    match d.next(5) {
        0 => format!("{{ kind = \"exponential\", mean = \"{us}us\" }}"),
        1 => format!("{{ kind = \"log_normal\", mean = \"{us}us\", cv = 2 }}"),
        2 => format!(
            "{{ kind = \"uniform\", min = \"{}us\", max = \"{us}us\" }}",
            us / 2
        ),
        _ => format!("\"{us}us\""),
    }
}

/// Devices called sda, sdb, …, and how many.
fn devices(d: &mut Dice, legacy: bool) -> (String, usize) {
    let n = d.of(&[1, 2, 2, 3, 4]);
    let names: Vec<String> = (0..n)
        .map(|i| format!("sd{}", (b'a' + i as u8) as char))
        .collect();
    let mut text = String::new();
    let kind = d.of(&["null", "port", "port", "media", "lun", "lun", "scsi"]);
    let kind = if legacy && kind == "scsi" {
        "port"
    } else {
        kind
    };
    if kind == "media" {
        let slots = d.of(&[1, 2, 8]);
        text += &format!(
            "[[media]]\nname = \"m\"\nservice = {}\nslots = {slots}\n",
            law(d)
        );
        if d.one_in(3) {
            text += &format!("write_service = {}\n", law(d));
        }
        if d.one_in(3) {
            text += "bandwidth = \"1Gbit\"\n";
        }
    }
    if kind == "lun" {
        text += &network(d);
    }
    for name in &names {
        text += &format!("[[device]]\nname = \"{name}\"\n");
        text += &match kind {
            "null" => {
                let (us, depth) = (d.of(&[20, 1000]), d.of(&[1, 2, 8, 64]));
                let queues = d.of(&[1, 1, 2]);
                format!(
                    "null_blk = {{ completion = \"{us}us\", hw_queue_depth = {depth}, \
                     submit_queues = {queues} }}\n"
                )
            }
            "scsi" => {
                let (us, depth) = (d.of(&[20, 1000]), d.of(&[1, 8, 64]));
                format!(
                    "scsi_debug = {{ delay = \"{us}us\", max_queue = {depth}, size = \"1GiB\" }}\n"
                )
            }
            "lun" => {
                let (hba, lun) = (d.next(2), d.of(&[0, 0, 0]));
                let (controller, port) = (d.next(2), d.next(2));
                format!(
                    "lun = {{ initiator = \"hba{hba}\", target = \"ctl{controller}.p{port}\", \
                     lun = \"lun{lun}\", queue_depth = {} }}\n",
                    d.of(&[1, 8, 32])
                )
            }
            _ => port(d, kind == "media"),
        };
        if d.one_in(5) {
            text += &format!(
                "[device.queue]\nmax_request = \"{}KiB\"\n",
                d.of(&[64, 128, 512])
            );
        }
    }
    (text, n)
}

fn port(d: &mut Dice, media: bool) -> String {
    let mut text = format!("[device.port]\nlatency = {}\n", law(d));
    if d.one_in(2) {
        text += &format!("bandwidth = \"{}Mbit\"\n", d.of(&[250, 1000, 8000]));
    }
    if d.one_in(2) {
        text += &format!("slots = {}\n", d.of(&[1, 2, 8]));
    }
    if d.one_in(3) {
        text += &format!("per_request = \"{}us\"\n", d.of(&[5, 50]));
    }
    if d.one_in(2) {
        text += &format!("queue_depth = {}\n", d.of(&[1, 4, 16]));
    }
    if media {
        text += "media = \"m\"\n";
    }
    text
}

fn network(d: &mut Dice) -> String {
    let mut text = String::new();
    if d.one_in(2) {
        text += &format!("[fabric]\npreset = \"{}\"\n", d.of(&["iscsi-1g", "fc-16g"]));
    }
    for hba in 0..2 {
        text += &format!("[[initiator]]\nname = \"hba{hba}\"\n");
        if d.one_in(2) {
            text += &format!("link = {{ rate = \"{}Mbit\" }}\n", d.of(&[100, 1000, 8000]));
        }
    }
    let preset = d.of(&["disk", "hybrid", "flash-symmetric", "flash-symmetric"]);
    text += &format!("[[array]]\npreset = \"{preset}\"\n");
    if d.one_in(2) {
        let (us, cores) = (d.of(&[5, 50]), d.of(&[1, 4]));
        text += &format!(
            "controller = {{ per_command = \"{us}us\", cores = {cores}, latency = {} }}\n",
            law(d)
        );
    }
    text + "luns = [{ name = \"lun0\", size = \"16GiB\" }]\n"
}

/// A section of a fio job file.
fn job(d: &mut Dice, n: usize) -> String {
    let rw = d.of(&["read", "write", "rw", "randread", "randwrite", "randrw"]);
    let (depth, size) = (d.of(&[1, 2, 4, 16, 64, 256]), d.of(&["1m", "4m", "16m"]));
    let mut text = format!("[j{n}]\nrw={rw}\niodepth={depth}\nsize={size}\n");
    text += &match d.next(4) {
        0 => {
            let splits = [
                "4k/50:64k/50",
                "4k/90:256k/10",
                "4k/90:1m/10",
                "4k/30:16k/30:64k/40",
            ];
            format!("bssplit={}\n", d.of(&splits))
        }
        _ => format!("bs={}\n", d.of(&["4k", "4k", "16k", "64k", "512k", "1m"])),
    };
    if d.one_in(3) {
        text += &format!("numjobs={}\n", d.of(&[2, 4]));
    }
    if rw.contains("rw") {
        text += &format!("rwmixread={}\n", d.of(&[10, 50, 90]));
    }
    match d.next(12) {
        0 => text += "iodepth_batch_submit=8\n",
        1 if rw != "read" && rw != "randread" => text += "fsync=8\n",
        2 => text += "ioengine=psync\n",
        3 => text += "direct=0\n",
        4 => text += "direct=0\nend_fsync=1\n",
        5 => text += "rate_iops=500\n",
        6 => text += "rate_iops=500\nrate_process=poisson\n",
        7 => {
            let (think, blocks) = (d.of(&[100, 2000]), d.of(&[1, 7]));
            text += &format!("thinktime={think}\nthinktime_blocks={blocks}\n");
        }
        8 => text += "group_reporting=1\n",
        _ => {}
    }
    text
}

fn random(seed: u64) -> (String, &'static str) {
    let mut d = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    for _ in 0..8 {
        d.next(2);
    }
    let kernel = d.of(&["6.1", "6.1", "2.6.25", "2.6.31"]);
    let (devices, n) = devices(&mut d, kernel != "6.1");
    let mut text = format!("kernel = \"{kernel}\"\nseed = {}\n{devices}", d.next(1000));
    let names: Vec<String> = (0..n)
        .map(|i| format!("\"sd{}\"", (b'a' + i as u8) as char))
        .collect();
    text += &format!(
        "[[map]]\nselector = \"round-robin\"\npaths = [{}]\n",
        names.join(", ")
    );
    if d.one_in(4) {
        text += &format!("[map.queue]\nmax_request = \"{}KiB\"\n", d.of(&[64, 512]));
    }
    text += "[workload]\nfio = \"\"\"\n[global]\nioengine=libaio\ndirect=1\n";
    for n in 0..d.of(&[1, 1, 1, 2]) {
        text += &job(&mut d, n);
    }
    text += "\"\"\"\n";
    let (cpus, profile) = (d.of(&[1, 2, 4]), d.of(&["none", "none", "lab"]));
    text += &format!("[host]\ncpus = {cpus}\nprofile = \"{profile}\"\n");
    (text, kernel)
}

/// What is wrong with a run of `text`, if anything; whether its bound was known.
fn wrong(text: &str, mode: Mode, policy: Option<&str>) -> Result<bool, String> {
    let Ok(mut scenario) = scenario::parse("bound.toml", text, &[]) else {
        return Ok(false);
    };
    if policy.is_some_and(|policy| scenario.set_policy(policy).is_err()) {
        return Ok(false);
    }
    let Ok(machine) = scenario::build(&scenario, mode) else {
        return Ok(false);
    };
    let Ok(outcome) = run(&machine, &RunOptions::default()) else {
        return Ok(false);
    };
    let Limit::Known(bound) = bound_of_run(&machine, &outcome).unwrap() else {
        return Ok(false);
    };
    let done = RunSummary::new(mode, None, &outcome).application;
    let of = bound.of(&done);
    let exceeds = of.iops > 1.0 + ROUNDING;
    let is_below = of.latency.is_some_and(|x| x < 1.0 - ROUNDING) && done.latency.count > 0;
    match exceeds || is_below {
        true => Err(format!("{mode:?} {policy:?} {of:?} of {bound:?}\n{text}")),
        false => Ok(true),
    }
}

#[test]
fn no_run_of_random_machines_exceeds_its_bound() {
    let registry = Registry::default();
    let policies: Vec<&str> = registry.all_names().collect();
    let (mut known, mut bad) = (0, Vec::new());
    let first: u64 = std::env::var("BOUND_SEED").map_or(0, |seed| seed.parse().unwrap());
    let count: u64 = std::env::var("BOUND_RUNS").map_or(400, |runs| runs.parse().unwrap());
    for seed in first..first + count {
        let (text, _) = random(seed + 1);
        let mode = [Mode::Bio, Mode::Request][seed as usize % 2];
        let policy = policies[seed as usize / 2 % policies.len()];
        match wrong(&text, mode, Some(policy)) {
            Ok(is_known) => known += u64::from(is_known),
            Err(why) => bad.push(format!("seed {seed}: {why}")),
        }
    }
    assert!(
        bad.is_empty(),
        "{} of {count}:\n{}",
        bad.len(),
        bad.join("\n")
    );
    assert!(known * 2 > count, "{known}");
}

/// With faults, multipathd, reloads: the cases of a torture campaign.
#[test]
fn no_run_of_a_torture_campaign_exceeds_its_bound() {
    let (mut known, mut bad) = (0, Vec::new());
    let count: u64 = std::env::var("BOUND_RUNS").map_or(150, |runs| runs.parse().unwrap());
    for run in 0..count {
        let text = torture::generate(7, run).to_string();
        for (mode, _) in torture::case::ways(&text) {
            match wrong(&text, mode, None) {
                Ok(is_known) => known += u64::from(is_known),
                Err(why) => bad.push(format!("run {run}: {why}")),
            }
        }
    }
    assert!(
        bad.is_empty(),
        "{} of {count}:\n{}",
        bad.len(),
        bad.join("\n")
    );
    assert!(known > count / 4, "{known}");
}
