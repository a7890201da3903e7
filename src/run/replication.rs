//! Replications: the same scenario in another world.
//!
//! The world of a replication hangs on the scenario's seed and the number of
//! the replication alone: two policies or modes that are compared meet the same
//! one (common random numbers).

use rand_core::RngCore;

use crate::models::config::MachineConfig;
use crate::models::workload::fio::ThreadSpec;
use crate::models::workload::fio::spec::Distribution;
use crate::sim::draw::{Draws, Purpose};

/// Makes `machine` its own replication of number `replication`. 0 leaves it as
/// it is: what `mpathsim run` simulates.
pub fn replicate(machine: &mut MachineConfig, replication: u32) {
    if replication == 0 {
        return;
    }
    machine.seed = seed(machine.seed, replication, u64::MAX);
    machine.workload.replication = replication;
}

/// Other draws for a thread's offsets, sizes and arrivals.
pub(super) fn reseed(thread: &mut ThreadSpec, replication: u32) {
    if replication == 0 {
        return;
    }
    for (which, own) in (0..).zip(&mut thread.seeds) {
        *own = seed(*own, replication, which);
    }
    // fio takes the seed of these from the name of the file instead.
    if thread.distribution != Distribution::Uniform {
        thread.rand_repeatable = false;
    }
}

/// Seed number `which` of a replication; fits into 63 bits, as scenario files
/// have them.
fn seed(own: u64, replication: u32, which: u64) -> u64 {
    let identity = [u64::from(replication), which];
    let mut draws = Draws::new(own).key(Purpose::Replication, identity);
    draws.next_u64() >> 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_the_scenario_itself_and_all_others_differ() {
        let of = |replication| {
            let (mut machine, mut thread) = (MachineConfig::default(), ThreadSpec::default());
            machine.seed = 7;
            replicate(&mut machine, replication);
            reseed(&mut thread, replication);
            (machine.seed, thread.seeds)
        };
        assert_eq!(of(0), (7, ThreadSpec::default().seeds));
        let (one, two) = (of(1), of(2));
        assert_ne!(one.0, two.0);
        assert!(one.1.iter().zip(two.1).all(|(a, b)| *a != b));
        assert_eq!(one, of(1));
    }

    /// What the devices are given when, over devices that do not draw.
    fn given(workload: &str, policy: &str, replication: u32) -> String {
        let text = format!(
            "[[device]]\nname = [\"sda\", \"sdb\"]\nnull_blk = {{ completion = \"50us\" }}\n\
             [[map]]\nselector = \"{policy}\"\npaths = [\"sda\", \"sdb\"]\n{workload}\n"
        );
        let scenario = crate::scenario::parse("s.toml", &text, &[]).unwrap();
        let mut machine = crate::scenario::build(&scenario, crate::scenario::Mode::Bio).unwrap();
        replicate(&mut machine, replication);
        let options = crate::run::RunOptions {
            trace: true,
            ..Default::default()
        };
        let outcome = crate::run::run(&machine, &options).unwrap();
        let mut given = Vec::new();
        for (_, lines) in &outcome.blkparse {
            // Time, event, direction, sector and length of what comes to a path.
            for line in lines.iter().filter(|line| line.contains(" Q ")) {
                let words: Vec<&str> = line.split_whitespace().collect();
                given.push(words[3..words.len().min(11)].join(" "));
            }
        }
        given.sort();
        given.dedup();
        given.join("\n")
    }

    #[test]
    fn whatever_a_workload_draws_is_drawn_anew() {
        let job = |keys: &str| format!("[[workload.job]]\nnumber_ios = 60\n{keys}\n");
        let random = [
            job("rw = \"randread\""),
            job("rw = \"randread\"\nnorandommap = true"),
            job("rw = \"randread\"\nrandseed = 7"),
            "[workload]\nfio = \"\"\"\n[zipf]\nioengine=libaio\ndirect=1\nthread\nrw=randwrite\n\
             random_distribution=zipf:1.2\nnumber_ios=60\n\"\"\""
                .to_owned(),
            job("rw = \"rw\"\nrwmixread = 70"),
            job("rw = \"read\"\nbssplit = \"4k/50:8k/50\""),
            job("rw = \"read\"\nrate_iops = 1000\nrate_process = \"poisson\""),
            "[[workload.open]]\nrate_iops = 100\nrw = \"read\"".to_owned(),
            "[[workload.open]]\narrivals = \"constant\"\nrate_iops = 100\nrw = \"randread\""
                .to_owned(),
        ];
        for workload in &random {
            let [first, second, third] =
                [0, 1, 2].map(|replication| given(workload, "round-robin", replication));
            assert!(first.lines().count() > 50, "{workload}\n{first}");
            assert!(
                first != second && second != third && first != third,
                "{workload}\n{first}"
            );
            // And the same for every policy, where none of it waits for another.
            if workload.contains("open") {
                assert_eq!(second, given(workload, "queue-length", 1), "{workload}");
            }
        }
        // What does not draw is what it was.
        let sequential = job("rw = \"read\"");
        let of = |replication| given(&sequential, "round-robin", replication);
        assert_eq!(of(0), of(1));
    }
}
