//! Which colour a policy has: its own, by its name, in every figure.

use super::drawing::{Dash, Hatch};
use super::theme::{Ink, POLICIES};

/// The policies that tables may name, in the order of their colours. New ones go to
/// the end: the others keep theirs.
const KNOWN: [&str; 15] = [
    "round-robin",
    "queue-length",
    "service-time",
    "historical-service-time",
    "io-affinity",
    "least-pending",
    "measured-throughput",
    "ewma-latency",
    "adaptive",
    "two-choices",
    "weighted-round-robin",
    "oracle",
    "nvme-queue-depth",
    "nvme-numa",
    "nvme-round-robin",
];

/// How a named thing looks.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Its colour.
    pub ink: Ink,
    /// What its places are hatched with.
    pub hatch: Hatch,
    /// How its lines are broken.
    pub dash: Dash,
}

impl Look {
    /// That of number `n`: those of one colour differ in all else.
    pub fn numbered(n: usize) -> Look {
        let n = n % (3 * usize::from(POLICIES));
        let (hatch, dash) = match (n / usize::from(POLICIES), n % 2) {
            (0, 0) => (Hatch::Plain, Dash::Solid),
            (0, _) => (Hatch::Plain, Dash::Dashed),
            (1, _) => (Hatch::Rising, Dash::Dotted),
            _ => (Hatch::Falling, Dash::DashDotted),
        };
        Look {
            ink: Ink::Policy(n as u8),
            hatch,
            dash,
        }
    }

    /// That of a policy. Those of others' making have one of the further looks, by
    /// the letters of their name: whatever they are compared with, it is theirs.
    pub fn of_policy(name: &str) -> Look {
        let known = KNOWN.iter().position(|known| *known == name);
        let free = 3 * usize::from(POLICIES) - KNOWN.len();
        let of_letters = || {
            // FNV-1a.
            let mix = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
            let hash = name.bytes().fold(0x811C_9DC5, mix);
            KNOWN.len() + hash as usize % free
        };
        Look::numbered(known.unwrap_or_else(of_letters))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_has_its_own_look_by_its_name() {
        let looks = KNOWN.map(Look::of_policy);
        for (i, a) in looks.iter().enumerate() {
            for b in &looks[i + 1..] {
                let same = a.ink.name() == b.ink.name() && a.hatch == b.hatch;
                assert!(!same, "{a:?} {b:?}");
            }
        }
        let own = Look::of_policy("my-policy");
        assert_eq!(own, Look::of_policy("my-policy"));
        assert_ne!(own.hatch, Hatch::Plain);
    }
}
