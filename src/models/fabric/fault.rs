//! What can be wrong with a part of the way from host to medium, and when.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sim::dist::{Distribution, LONGEST, Sampler};
use crate::sim::draw::{Draws, Purpose};
use crate::sim::time::Ns;
use crate::sim::units::as_text;

/// What is wrong with a part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultKind {
    /// A link, port or initiator is dark, or a controller has failed: both
    /// ends notice.
    Down,
    /// What is sent over a link or port vanishes, and nobody notices.
    BlackHole,
    /// A frame is lost with this probability, 0 to 1.
    Loss(f64),
    /// Everything takes so much longer, each way.
    #[serde(serialize_with = "as_text")]
    Latency(Ns),
    /// So many percent of the bandwidth are left, 1 to 100.
    Bandwidth(u8),
    /// A command over a link or port fails in transit with this probability,
    /// 0 to 1, and the host is told.
    TransportError(f64),
    /// A target port, controller or LUN answers BUSY.
    Busy,
    /// It answers TASK SET FULL.
    QueueFull,
    /// A LUN answers RESERVATION CONFLICT.
    ReservationConflict,
    /// Sectors of a LUN cannot be read, first and last.
    MediumError(u64, u64),
    /// A LUN is no longer shown to the host.
    Unmapped,
}

/// A fault at a known time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// The name of the initiator, link, target port, controller or LUN.
    pub on: String,
    /// What is wrong.
    pub kind: FaultKind,
    /// Since when.
    pub from: Ns,
    /// Until when, exclusive; [`Ns::NEVER`]: for good.
    pub until: Ns,
}

/// A fault that comes and goes at random.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RandomFault {
    /// The name of the initiator, link, target port, controller or LUN.
    pub on: String,
    /// What is wrong.
    pub fault: FaultKind,
    /// How long it is well (MTBF − MTTR). Above 0.
    pub well: Distribution,
    /// How long it is not (MTTR).
    pub ill: Distribution,
}

/// The state of a part at a time: all that is wrong with it together.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Condition {
    /// Dark or failed.
    pub down: bool,
    /// What is sent vanishes.
    pub black_hole: bool,
    /// Probability that a frame is lost.
    pub loss: f64,
    /// Probability that a command fails in transit.
    pub transport_error: f64,
    /// So much longer, each way.
    pub latency: Ns,
    /// Percent of the bandwidth that are left.
    pub percent: u8,
    /// It answers BUSY.
    pub busy: bool,
    /// It answers TASK SET FULL.
    pub queue_full: bool,
    /// It answers RESERVATION CONFLICT.
    pub reserved: bool,
    /// It is not shown.
    pub unmapped: bool,
}

impl Condition {
    /// Nothing is wrong.
    pub const WELL: Condition = Condition {
        down: false,
        black_hole: false,
        loss: 0.0,
        transport_error: 0.0,
        latency: Ns::ZERO,
        percent: 100,
        busy: false,
        queue_full: false,
        reserved: false,
        unmapped: false,
    };

    fn with(mut self, kind: &FaultKind) -> Self {
        let either = |a: f64, b: f64| 1.0 - (1.0 - a) * (1.0 - b);
        match *kind {
            FaultKind::Down => self.down = true,
            FaultKind::BlackHole => self.black_hole = true,
            FaultKind::Loss(p) => self.loss = either(self.loss, p),
            FaultKind::TransportError(p) => {
                self.transport_error = either(self.transport_error, p);
            }
            FaultKind::Latency(ns) => self.latency = self.latency.saturating_add(ns),
            FaultKind::Bandwidth(percent) => self.percent = self.percent.min(percent),
            FaultKind::Busy => self.busy = true,
            FaultKind::QueueFull => self.queue_full = true,
            FaultKind::ReservationConflict => self.reserved = true,
            FaultKind::Unmapped => self.unmapped = true,
            FaultKind::MediumError(..) => {}
        }
        self
    }
}

/// Why a fault cannot be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// A probability is none.
    #[error("a probability is from 0 to 1, not {0}")]
    Probability(f64),
    /// A percentage is none.
    #[error("1 to 100 percent of a bandwidth can be left, not {0}")]
    Percent(u8),
    /// It ends before it begins.
    #[error("it ends before it begins")]
    EndsEarly,
    /// It would come and go without time passing, or too slowly to count.
    #[error("`{0}` must be at least 1 µs and at most 2⁵³ ns on average")]
    Period(&'static str),
    /// A distribution.
    #[error("{0}")]
    Distribution(#[from] crate::sim::dist::DistError),
}

impl FaultKind {
    /// # Errors
    /// A number is out of its range.
    pub fn check(&self) -> Result<(), FaultError> {
        match *self {
            FaultKind::Loss(p) | FaultKind::TransportError(p) if !(0.0..=1.0).contains(&p) => {
                Err(FaultError::Probability(p))
            }
            FaultKind::Bandwidth(percent) if !(1..=100).contains(&percent) => {
                Err(FaultError::Percent(percent))
            }
            _ => Ok(()),
        }
    }
}

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
    /// Something comes and goes; `identity` keeps its times apart from those of
    /// others.
    ///
    /// # Errors
    /// A number is out of range.
    pub fn add_random(
        &mut self,
        fault: &RandomFault,
        identity: u64,
        draws: Draws,
    ) -> Result<(), FaultError> {
        self.random.push(Renewal::new(fault, identity, draws)?);
        Ok(())
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

/// An alternating renewal process: well, ill, well, … Its times are drawn as
/// they are needed, each by its own key.
#[derive(Clone, Debug)]
struct Renewal {
    kind: FaultKind,
    well: Sampler,
    ill: Sampler,
    identity: u64,
    draws: Draws,
    /// Faults so far, `[from, until)`.
    ills: Vec<(Ns, Ns)>,
}

/// The shortest mean time that a part may be well.
const SHORTEST: f64 = 1_000.0;
/// At least so long is a part well or ill, so that time passes.
const LEAST: Ns = Ns(1_000);

impl Renewal {
    fn new(fault: &RandomFault, identity: u64, draws: Draws) -> Result<Self, FaultError> {
        fault.fault.check()?;
        let (well, ill) = (fault.well.sampler()?, fault.ill.sampler()?);
        for (name, law) in [("well", &well), ("ill", &ill)] {
            if law.mean() < SHORTEST || law.mean() > LONGEST.0 as f64 {
                return Err(FaultError::Period(name));
            }
        }
        Ok(Renewal {
            kind: fault.fault.clone(),
            well,
            ill,
            identity,
            draws,
            ills: Vec::new(),
        })
    }

    /// Draws on until a fault ends after `t`.
    fn extend(&mut self, t: Ns) {
        while self.ills.last().is_none_or(|&(_, until)| until <= t) {
            let k = self.ills.len() as u64;
            let mut stream = self.draws.key(Purpose::Fault, [self.identity, k]);
            let since = self.ills.last().map_or(Ns::ZERO, |&(_, until)| until);
            let from = since.saturating_add(self.well.sample(&mut stream).max(LEAST));
            let until = from.saturating_add(self.ill.sample(&mut stream).max(LEAST));
            self.ills.push((from, until));
            if until == Ns::NEVER {
                return;
            }
        }
    }
    /// The fault that lasts at `t`, or the next one.
    fn at(&mut self, t: Ns) -> (Ns, Ns) {
        self.extend(t);
        let n = self.ills.partition_point(|&(_, until)| until <= t);
        self.ills.get(n).copied().unwrap_or((Ns::NEVER, Ns::NEVER))
    }
    fn strikes(&mut self, t: Ns) -> bool {
        self.at(t).0 <= t
    }
    fn next_change(&mut self, t: Ns) -> Ns {
        let (from, until) = self.at(t);
        if from > t { from } else { until }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::dist::Shape;

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
        health.add_random(&fault, 7, Draws::new(seed)).unwrap();
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
