//! The health of a part over time.

use super::renewal::Renewal;
use super::{Condition, FaultError, FaultKind};
use crate::sim::time::Ns;

/// The health of one part over time: what is wrong with it is a function of
/// time alone, whatever happens to commands.
#[derive(Clone, Debug, Default)]
pub struct Health {
    known: Vec<(Ns, Ns, FaultKind)>,
    random: Vec<Renewal>,
}

impl Health {
    /// Something will be wrong at a known time.
    ///
    /// # Errors
    /// A number is out of range.
    pub fn add(&mut self, kind: &FaultKind, from: Ns, until: Ns) -> Result<(), FaultError> {
        kind.check()?;
        if until < from {
            return Err(FaultError::EndsEarly);
        }
        self.known.push((from, until, kind.clone()));
        Ok(())
    }
    /// Something comes and goes.
    pub fn add_random(&mut self, process: Renewal) {
        self.random.push(process);
    }
    /// Whether nothing is ever wrong.
    #[inline]
    pub fn is_perfect(&self) -> bool {
        self.known.is_empty() && self.random.is_empty()
    }
    /// What is wrong at `t`.
    #[inline]
    pub fn at(&mut self, t: Ns) -> Condition {
        if self.is_perfect() {
            return Condition::WELL;
        }
        self.all_at(t)
    }
    fn all_at(&mut self, t: Ns) -> Condition {
        let mut condition = Condition::WELL;
        for (from, until, kind) in &self.known {
            if (*from..*until).contains(&t) {
                condition = condition.with(kind);
            }
        }
        for renewal in &mut self.random {
            if renewal.strikes(t) {
                condition = condition.with(&renewal.kind);
            }
        }
        condition
    }
    /// The first sector in `first..=last` that cannot be read at `t`.
    pub fn unreadable(&mut self, t: Ns, first: u64, last: u64) -> Option<u64> {
        if self.is_perfect() {
            return None;
        }
        let overlap = |kind: &FaultKind| match *kind {
            FaultKind::MediumError(from, to) if from <= last && first <= to => {
                Some(from.max(first))
            }
            _ => None,
        };
        let known = self.known.iter().filter_map(|(from, until, kind)| {
            (*from..*until)
                .contains(&t)
                .then(|| overlap(kind))
                .flatten()
        });
        let known = known.min();
        let random = self
            .random
            .iter_mut()
            .filter_map(|r| if r.strikes(t) { overlap(&r.kind) } else { None });
        random.chain(known).min()
    }
    /// The first time after `t` at which something begins or ends.
    pub fn next_change(&mut self, t: Ns) -> Ns {
        let known = self
            .known
            .iter()
            .flat_map(|(from, until, _)| [*from, *until]);
        let known = known.filter(|&at| at > t).min().unwrap_or(Ns::NEVER);
        let random = self.random.iter_mut().map(|r| r.next_change(t));
        random.fold(known, Ns::min)
    }
    /// Whether nothing is wrong at any time from `from` to `until`, both
    /// inclusive.
    pub fn is_well_within(&mut self, from: Ns, until: Ns) -> bool {
        self.is_perfect() || self.at(from) == Condition::WELL && self.next_change(from) > until
    }
    /// Whether it is [`down`](Condition::down), or a black hole if `silent`,
    /// at any time from `from` to `until`, both inclusive.
    pub fn is_cut_within(&mut self, from: Ns, until: Ns, silent: bool) -> bool {
        if self.is_perfect() {
            return false;
        }
        let mut t = from;
        loop {
            let condition = self.at(t);
            if condition.down || (silent && condition.black_hole) {
                return true;
            }
            t = self.next_change(t);
            if t > until {
                return false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::RandomFault;
    use super::*;
    use crate::sim::dist::Shape;
    use crate::sim::draw::Draws;

    fn flapping(seed: u64) -> Health {
        let fault = RandomFault {
            on: String::new(),
            fault: FaultKind::Down,
            well: Shape::Exponential {
                mean: Ns::from_ms(90),
            }
            .into(),
            ill: Shape::Exponential {
                mean: Ns::from_ms(10),
            }
            .into(),
        };
        let mut health = Health::default();
        health.add_random(Renewal::new(&fault, 7, Draws::new(seed)).unwrap());
        health
    }

    #[test]
    fn faults_add_up() {
        let mut health = Health::default();
        health.add(&FaultKind::Loss(0.5), Ns(10), Ns(20)).unwrap();
        health.add(&FaultKind::Loss(0.5), Ns(15), Ns(30)).unwrap();
        health
            .add(&FaultKind::Latency(Ns(3)), Ns(0), Ns(12))
            .unwrap();
        assert_eq!(health.at(Ns(10)).latency, Ns(3));
        assert_eq!(health.at(Ns(12)).latency, Ns::ZERO);
        assert_eq!(health.at(Ns(16)).loss, 0.75);
        assert_eq!(health.at(Ns(30)), Condition::WELL);
        let mut changes = vec![];
        let mut t = Ns::ZERO;
        while t < Ns::NEVER {
            t = health.next_change(t);
            changes.push(t);
        }
        assert_eq!(changes, [10, 12, 15, 20, 30, u64::MAX].map(Ns));
    }

    #[test]
    fn a_random_fault_lasts_a_tenth_of_the_time() {
        let mut health = flapping(3);
        let ill = (0..200_000u64)
            .filter(|ms| health.at(Ns::from_ms(*ms)).down)
            .count();
        assert!((18_000..22_000).contains(&ill), "{ill}");
    }

    #[test]
    fn random_faults_are_the_same_whoever_asks_when() {
        let (mut forth, mut back) = (flapping(3), flapping(3));
        let times: Vec<Ns> = (0..5_000).map(|k| Ns(k * 777_777)).collect();
        let a: Vec<bool> = times.iter().map(|&t| forth.at(t).down).collect();
        let mut b: Vec<bool> = times.iter().rev().map(|&t| back.at(t).down).collect();
        b.reverse();
        assert_eq!(a, b);
        let c: Vec<bool> = times.iter().map(|&t| flapping(4).at(t).down).collect();
        assert_ne!(a, c);
        let (mut t, mut last) = (Ns::ZERO, forth.at(Ns::ZERO).down);
        for _ in 0..100 {
            t = forth.next_change(t);
            assert_ne!(forth.at(t).down, last);
            assert_eq!(forth.at(Ns(t.0 - 1)).down, last);
            last = !last;
        }
    }

    #[test]
    fn bad_sectors_are_found_in_a_range() {
        let mut health = Health::default();
        let bad = FaultKind::MediumError(100, 107);
        health.add(&bad, Ns(10), Ns::NEVER).unwrap();
        assert_eq!(health.unreadable(Ns(9), 96, 103), None);
        assert_eq!(health.unreadable(Ns(10), 96, 103), Some(100));
        assert_eq!(health.unreadable(Ns(10), 104, 111), Some(104));
        assert_eq!(health.unreadable(Ns(10), 108, 111), None);
    }

    #[test]
    fn cuts_are_found_within_a_span() {
        let mut health = Health::default();
        health.add(&FaultKind::Down, Ns(10), Ns(20)).unwrap();
        health.add(&FaultKind::BlackHole, Ns(30), Ns(40)).unwrap();
        assert!(!health.is_cut_within(Ns(0), Ns(9), true));
        assert!(health.is_cut_within(Ns(0), Ns(10), false));
        assert!(!health.is_cut_within(Ns(20), Ns(50), false));
        assert!(health.is_cut_within(Ns(20), Ns(50), true));
    }

    #[test]
    fn nonsense_is_refused() {
        let mut health = Health::default();
        for kind in [
            FaultKind::Loss(1.5),
            FaultKind::Loss(f64::NAN),
            FaultKind::Bandwidth(0),
        ] {
            assert!(health.add(&kind, Ns(0), Ns(1)).is_err());
        }
        assert!(health.add(&FaultKind::Down, Ns(2), Ns(1)).is_err());
    }
}
