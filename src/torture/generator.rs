//! Random cases: each a function of a seed and its number.

mod devices;
mod jobs;
mod network;
mod timeline;

use rand_core::RngCore;

use super::case::{Case, Cpu, Device, Group, Map};
use crate::scenario::Mode;
use crate::sim::draw::{Draws, Purpose, Stream};

/// Where the draws of one case come from.
struct Dice(Stream);

impl Dice {
    /// A number below `n`, which is above 0.
    fn below(&mut self, n: u64) -> u64 {
        self.0.next_u64() % n.max(1)
    }
    /// A number from `from` to `to`.
    fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to - from + 1)
    }
    /// One of `list`, which is not empty.
    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }
    /// Whether something of probability `percent` happens.
    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
    /// A number from `from` to `to` of which each order of magnitude is as
    /// likely.
    fn magnitude(&mut self, from: u64, to: u64) -> u64 {
        let (low, high) = (libm::log(from as f64), libm::log(to as f64));
        let drawn = libm::exp(low + (high - low) * self.0.unit());
        (drawn as u64).clamp(from, to)
    }
}

/// The case number `run` of `seed`.
pub fn generate(seed: u64, run: u64) -> Case {
    let mut d = Dice(Draws::new(seed).key(Purpose::Torture, [run, 0]));
    let mode = d.of(&[Mode::Bio, Mode::Request]);
    let paths = d.of(&[1, 2, 2, 2, 3, 3, 4]) as usize;
    let mut devices = devices::devices(&mut d, mode, paths);
    let network = network::network(&mut d, &mut devices);
    let cpus = d.of(&[1, 1, 2]);
    let delay = (mode == Mode::Bio && d.chance(8)).then(|| d.below(2) as u32);
    let mut map = map(&mut d, paths, cpus as usize);
    // A hardware handler is for SCSI disks, and one of them for each.
    let takes_alua = |device: &Device| {
        let other = ["rdac", "emc", "hp_sw"];
        device.name.starts_with("sd") && other.iter().all(|name| !device.kind.contains(name))
    };
    if delay.is_none() && devices.iter().all(takes_alua) && d.chance(30) {
        map.handler = "1 alua".into();
    }
    let mut case = Case {
        mode,
        ties: d.chance(75).then(|| d.below(1 << 32)),
        seed: d.below(1 << 32),
        cpus,
        cpu: d.of(&[Cpu::Free, Cpu::Cheap, Cpu::Cheap, Cpu::Lab, Cpu::Lab]),
        no_path_timeout: if d.chance(8) { 1 } else { 0 },
        network,
        multipathd: d.chance(25).then(|| multipathd(&mut d)),
        delay,
        devices,
        map,
        neighbour: None,
        messages: Vec::new(),
        timeline: Vec::new(),
        jobs: Vec::new(),
    };
    case.jobs = jobs::jobs(&mut d, &case);
    case.neighbour = network::neighbour(&mut d, &case);
    case.messages = timeline::messages(&mut d, &case);
    case.timeline = timeline::timeline(&mut d, &case);
    case
}

/// Lines of multipathd's defaults.
fn multipathd(d: &mut Dice) -> Vec<String> {
    let mut lines = vec![
        format!("polling_interval {}", d.between(1, 5)),
        format!("no_path_retry {}", d.of(&["fail", "queue", "1", "3", "12"])),
        format!(
            "failback {}",
            d.of(&["manual", "immediate", "followover", "2"])
        ),
    ];
    if d.chance(50) {
        let fail = d.of(&["off", "0", "1", "60"]);
        lines.push(format!("fast_io_fail_tmo {fail}"));
    }
    if d.chance(50) {
        lines.push(format!(
            "path_checker {}",
            d.of(&["tur", "directio", "readsector0"])
        ));
        lines.push("detect_checker no".into());
    }
    if d.chance(30) {
        let policy = d.of(&["failover", "multibus", "group_by_prio", "group_by_serial"]);
        lines.push(format!("path_grouping_policy {policy}"));
    }
    if d.chance(15) {
        lines.push(format!("san_path_err_threshold {}", d.between(1, 4)));
        lines.push(format!("san_path_err_forget_rate {}", d.between(1, 10)));
        lines.push(format!("san_path_err_recovery_time {}", d.between(5, 60)));
    } else if d.chance(15) {
        lines.push(format!(
            "marginal_path_double_failed_time {}",
            d.between(1, 60)
        ));
        lines.push("marginal_path_err_sample_time 120".into());
        lines.push(format!("marginal_path_err_rate_threshold {}", d.below(500)));
        lines.push("marginal_path_err_recheck_gap_time 30".into());
    }
    lines
}

fn map(d: &mut Dice, paths: usize, cpus: usize) -> Map {
    let mut features = Vec::new();
    if d.chance(60) {
        features.push("queue_if_no_path".to_owned());
    }
    if d.chance(20) {
        features.push(format!("pg_init_retries {}", d.between(1, 4)));
    }
    if d.chance(20) {
        features.push(format!("pg_init_delay_msecs {}", d.below(30)));
    }
    if d.chance(10) {
        features.push("retain_attached_hw_handler".to_owned());
    }
    let groups = groups(d, paths, cpus);
    Map {
        features,
        handler: "0".into(),
        first: d.below(groups.len() as u64) as usize,
        groups,
        queue: devices::queue(d),
    }
}

/// The paths, in order, in one to three groups.
fn groups(d: &mut Dice, paths: usize, cpus: usize) -> Vec<Group> {
    let mut members: Vec<Vec<usize>> = vec![Vec::new()];
    for path in 0..paths {
        let last = members.len() - 1;
        if !members[last].is_empty() && members.len() < 3 && d.chance(40) {
            members.push(vec![path]);
        } else {
            members[last].push(path);
        }
    }
    members
        .into_iter()
        .map(|members| group(d, &members, cpus))
        .collect()
}

fn group(d: &mut Dice, members: &[usize], cpus: usize) -> Group {
    // A path that no CPU is given to is refused by io-affinity.
    let affine = members.len() <= cpus;
    let selector = match d.below(12) {
        0..3 => "round-robin",
        3..5 => "queue-length",
        5..8 => "service-time",
        8 => "historical-service-time",
        9 if affine => "io-affinity",
        9 => "nvme-numa",
        10 => "nvme-round-robin",
        _ => "nvme-queue-depth",
    };
    let weighted = d.chance(50);
    let path = |d: &mut Dice, (n, &device): (usize, &usize)| {
        let words = match selector {
            "service-time" if weighted => format!("1 {}", d.below(5)),
            "io-affinity" => format!("{:x}", 1 << n),
            _ => String::new(),
        };
        (device, words)
    };
    Group {
        selector: selector.into(),
        paths: members.iter().enumerate().map(|m| path(d, m)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;

    #[test]
    fn every_case_is_a_scenario() {
        for run in 0..300 {
            let text = generate(1, run).to_string();
            let read = scenario::parse("case.toml", &text, &[]);
            assert!(read.is_ok(), "{text}\n{}", read.err().unwrap());
        }
    }

    /// What a campaign is said to try, it does.
    #[test]
    fn all_that_matters_is_among_the_cases() {
        let texts: Vec<String> = (0..600).map(|run| generate(1, run).to_string()).collect();
        for what in [
            "\nname = \"other\"",
            "results = [\"",
            "marginal_path_err_sample_time 120",
            "fast_io_fail_tmo off",
        ] {
            let n = texts.iter().filter(|text| text.contains(what)).count();
            assert!(n > 4, "{n} cases have {what}");
        }
    }

    #[test]
    fn a_case_is_the_same_again_and_not_another() {
        assert_eq!(generate(1, 7), generate(1, 7));
        assert_ne!(generate(1, 7), generate(1, 8));
        assert_ne!(generate(1, 7), generate(2, 7));
    }
}
