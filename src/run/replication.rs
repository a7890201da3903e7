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
}
