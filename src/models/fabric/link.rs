//! A full-duplex link: bandwidth and latency, each way for itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fault::Health;
use crate::sim::calendar::Calendar;
use crate::sim::draw::{Draws, Purpose};
use crate::sim::time::Ns;
use crate::sim::units::{BitRate, Bytes, as_text};

/// A link. Every initiator and every target port has one of its own, to the
/// switch; others are between switches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LinkConfig {
    /// Rate of payload each way, at least 1 bit a second; absent: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<BitRate>,
    /// Time from one end to the other, with the switch behind it; at most an
    /// hour. Default: 2 µs.
    #[serde(serialize_with = "as_text")]
    pub latency: Ns,
    /// Payload of a frame, at least 64 B. The next link begins when the first
    /// frame is there. Default: 2048 B, that of Fibre Channel.
    pub frame: Bytes,
}

impl Default for LinkConfig {
    fn default() -> Self {
        LinkConfig {
            rate: None,
            latency: Ns::from_us(2),
            frame: Bytes(2048),
        }
    }
}

/// Which way something goes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Way {
    /// From the host.
    ToTarget,
    /// To the host.
    ToHost,
}

/// What becomes of what is sent.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Passage {
    /// All of it is there at this time.
    Arrives(Ns),
    /// It is there at this time, but damaged.
    Damaged(Ns),
    /// It vanishes.
    Lost,
    /// The link is dark.
    Cut,
}

/// A link at work.
#[derive(Clone, Debug)]
pub struct Link {
    /// How it was made.
    pub config: LinkConfig,
    /// What is wrong with it, when.
    pub health: Health,
    identity: u64,
    ways: [Calendar; 2],
}

/// A message on its way over several links.
#[derive(Copy, Clone, Debug)]
pub struct Flow {
    /// When its first frame is at the next link.
    pub head: Ns,
    /// When its last frame is.
    pub tail: Ns,
}

impl Flow {
    /// It is ready to be sent.
    pub fn at(at: Ns) -> Self {
        Flow { head: at, tail: at }
    }
}

/// One way over one link.
#[derive(Copy, Clone, Debug)]
pub enum Step {
    /// It goes on; whether it is damaged.
    Goes(Flow, bool),
    /// It does not.
    Ends(Passage),
}

/// Draws about errors in transit are kept apart from those about loss.
const DAMAGE: u64 = 1 << 32;

impl Link {
    /// A link; `identity` keeps its losses apart from those of others.
    pub fn new(config: LinkConfig, identity: u16) -> Self {
        Link {
            config,
            health: Health::default(),
            identity: u64::from(identity),
            ways: [Calendar::default(), Calendar::default()],
        }
    }

    /// How long `bytes` occupy it when it is well.
    pub fn transfer_time(&self, bytes: u64) -> Ns {
        let rate = self.config.rate;
        rate.map_or(Ns::ZERO, |rate| rate.transfer_time(bytes))
    }

    /// Sends `bytes` over it. A message without data takes the latency alone.
    pub fn send(&mut self, way: Way, now: Ns, flow: Flow, bytes: u64, draws: Draws) -> Step {
        let condition = self.health.at(flow.head);
        if condition.down {
            return Step::Ends(Passage::Cut);
        }
        if condition.black_hole {
            return Step::Ends(Passage::Lost);
        }
        let part = |ns: Ns| match condition.percent {
            100 => ns,
            percent => Ns(ns.0.saturating_mul(100) / u64::from(percent.max(1))),
        };
        let whole = part(self.transfer_time(bytes));
        let frame = part(self.transfer_time(bytes.min(self.config.frame.0)));
        let begin = self.ways[way as usize].book(now, flow.head, whole);
        let end = begin
            .saturating_add(whole)
            .max(flow.tail.saturating_add(frame));
        if self.health.is_cut_within(begin, end, false) {
            return Step::Ends(Passage::Cut);
        }
        let draw = |kind: u64| {
            let identity = kind | self.identity << 1 | way as u64;
            draws.key(Purpose::Loss, [identity, begin.0])
        };
        if condition.loss > 0.0 {
            let frames = bytes.div_ceil(self.config.frame.0.max(1)).max(1);
            let all_pass = libm::pow(1.0 - condition.loss, frames as f64);
            if !draw(0).chance(all_pass) {
                return Step::Ends(Passage::Lost);
            }
        }
        let damaged =
            condition.transport_error > 0.0 && draw(DAMAGE).chance(condition.transport_error);
        let latency = self.config.latency.saturating_add(condition.latency);
        let flow = Flow {
            head: begin.saturating_add(frame).saturating_add(latency),
            tail: end.saturating_add(latency),
        };
        Step::Goes(flow, damaged)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fault::FaultKind;
    use super::*;

    /// One byte a nanosecond.
    fn link() -> Link {
        let config = LinkConfig {
            rate: Some(BitRate(8_000_000_000)),
            latency: Ns(500),
            frame: Bytes(2000),
        };
        Link::new(config, 3)
    }

    fn tail(step: Step) -> Ns {
        match step {
            Step::Goes(flow, false) => flow.tail,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn both_ways_are_used_at_once_and_each_is_first_come_first_served() {
        let (mut l, d) = (link(), Draws::new(1));
        let mut send = |way, at, bytes| tail(l.send(way, Ns(0), Flow::at(Ns(at)), bytes, d));
        assert_eq!(send(Way::ToTarget, 0, 4000), Ns(4500));
        assert_eq!(send(Way::ToHost, 0, 4000), Ns(4500));
        assert_eq!(send(Way::ToTarget, 100, 4000), Ns(8500));
        assert_eq!(send(Way::ToTarget, 100, 0), Ns(600));
    }

    #[test]
    fn two_links_work_on_one_message_at_once() {
        let (mut a, mut b, d) = (link(), link(), Draws::new(1));
        let Step::Goes(flow, _) = a.send(Way::ToHost, Ns(0), Flow::at(Ns(0)), 10_000, d) else {
            panic!()
        };
        // One frame later than over one link, not ten.
        let end = tail(b.send(Way::ToHost, Ns(0), flow, 10_000, d));
        assert_eq!(end, Ns(10_000 + 2000 + 2 * 500));
    }

    #[test]
    fn a_link_that_goes_dark_cuts_what_is_on_it() {
        let (mut l, d) = (link(), Draws::new(1));
        l.health.add(&FaultKind::Down, Ns(3000), Ns(5000)).unwrap();
        let mut send = |at| l.send(Way::ToHost, Ns(at), Flow::at(Ns(at)), 1000, d);
        assert!(matches!(send(0), Step::Goes(..)));
        assert!(matches!(send(2500), Step::Ends(Passage::Cut)));
        assert!(matches!(send(5000), Step::Goes(..)));
    }

    #[test]
    fn losses_belong_to_the_time_and_have_their_rate() {
        let (mut l, d) = (link(), Draws::new(1));
        let p = FaultKind::Loss(0.1);
        l.health.add(&p, Ns(0), Ns::NEVER).unwrap();
        let run = |l: &mut Link| -> Vec<bool> {
            let send = |k: u64| {
                let at = Ns(k * 100_000);
                matches!(
                    l.clone().send(Way::ToHost, at, Flow::at(at), 100, d),
                    Step::Ends(Passage::Lost)
                )
            };
            (0..10_000).map(send).collect()
        };
        let lost = run(&mut l);
        assert_eq!(lost, run(&mut l));
        let n = lost.iter().filter(|lost| **lost).count();
        assert!((850..1150).contains(&n), "{n}");
    }

    #[test]
    fn half_the_bandwidth_takes_twice_the_time_and_a_brown_out_its_own() {
        let (mut l, d) = (link(), Draws::new(1));
        l.health
            .add(&FaultKind::Bandwidth(50), Ns(0), Ns(10))
            .unwrap();
        l.health
            .add(&FaultKind::Latency(Ns(7)), Ns(0), Ns(10))
            .unwrap();
        let end = tail(l.send(Way::ToHost, Ns(0), Flow::at(Ns(0)), 1000, d));
        assert_eq!(end, Ns(2507));
    }
}
