//! The way from the host to an array: initiator ports, links, target ports,
//! and the transport over them. Shared by all disks whose paths lead here.
//!
//! ```text
//!   initiator ──link──[switch]──link──[switch]──link── target port
//!      hba0              (links between switches)         ctl0.p0
//! ```
//!
//! Everything about a message is worked out when it is sent: links are booked
//! ahead, and what is wrong with them at a time is known, or drawn by that
//! time. Only the state of a [`Nexus`] changes by events of its own.

pub mod fault;
pub mod fc;
pub mod initiator;
pub mod link;
pub mod nexus;
pub mod presets;
pub mod target_port;
pub mod tcp;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sim::draw::Draws;
use crate::sim::time::Ns;
use fc::FcConfig;
use initiator::Initiator;
use link::{Flow, Link, Passage, Step, Way};
use nexus::{Detection, Nexus, NexusEvent, Ping, Policy, State};
use target_port::TargetPort;
use tcp::{OnTimeout, Session, TcpConfig};

/// What runs over the links.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// Fibre Channel.
    Fc(FcConfig),
    /// iSCSI or NVMe over TCP.
    Tcp(TcpConfig),
}

impl Default for Transport {
    fn default() -> Self {
        Transport::Fc(FcConfig::default())
    }
}

impl Transport {
    fn policy(&self) -> Policy {
        match self {
            Transport::Fc(fc) => fc.policy(),
            Transport::Tcp(tcp) => tcp.policy(),
        }
    }
    /// Bytes of a write that need not be asked for.
    fn immediate_data(&self) -> u64 {
        match self {
            Transport::Fc(_) => 0,
            Transport::Tcp(tcp) => tcp.immediate_data.0,
        }
    }
}

/// Which pair of ports.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NexusId(pub u16);

/// Initiators, links and target ports.
#[derive(Clone, Debug)]
pub struct Fabric {
    /// Initiator ports.
    pub initiators: Vec<Initiator>,
    /// Target ports.
    pub ports: Vec<TargetPort>,
    /// All links.
    pub links: Vec<Link>,
    /// Pairs of ports that know each other.
    pub nexuses: Vec<Nexus>,
    transport: Transport,
    policy: Policy,
    sessions: Vec<Session>,
    draws: Draws,
}

impl Fabric {
    /// An empty fabric.
    pub fn new(transport: Transport, draws: Draws) -> Self {
        Fabric {
            initiators: Vec::new(),
            ports: Vec::new(),
            links: Vec::new(),
            nexuses: Vec::new(),
            policy: transport.policy(),
            transport,
            sessions: Vec::new(),
            draws,
        }
    }

    /// The pair of `initiator` and `target`, over `between` their own links;
    /// the first that asks says which these are.
    pub fn nexus(&mut self, initiator: u16, target: u16, between: &[u16]) -> NexusId {
        let known = |n: &Nexus| n.initiator == initiator && n.target == target;
        let n = self.nexuses.iter().position(known).unwrap_or_else(|| {
            let first = self.initiators[usize::from(initiator)].link;
            let last = self.ports[usize::from(target)].link;
            let links = [&[first], between, &[last]].concat();
            self.nexuses
                .push(Nexus::new(initiator, target, links.into()));
            self.sessions.push(Session::default());
            self.nexuses.len() - 1
        });
        NexusId(n as u16)
    }

    /// All faults are known: every nexus is looked at when its first comes.
    pub fn arm(&mut self) {
        for nexus in &mut self.nexuses {
            let perfect = |l: &u16| self.links[usize::from(*l)].health.is_perfect();
            nexus.can_be_cut = !nexus.links.iter().all(perfect);
            nexus.due = if nexus.can_be_cut {
                Ns::ZERO
            } else {
                Ns::NEVER
            };
        }
    }

    /// When [`advance`](Self::advance) is to be called.
    pub fn due(&self) -> Ns {
        let due = self.nexuses.iter().map(|n| n.due);
        due.min().unwrap_or(Ns::NEVER)
    }

    /// Time has come to `now`: every nexus that is due changes its state.
    pub fn advance(&mut self, now: Ns, mut tell: impl FnMut(NexusId, NexusEvent)) {
        for n in 0..self.nexuses.len() {
            while self.nexuses[n].due <= now {
                let at = self.nexuses[n].due;
                let way = self.way(n, at);
                let id = NexusId(n as u16);
                self.nexuses[n].step(at, &self.policy, way, |event| tell(id, event));
            }
        }
    }

    /// A command of `id` has timed out: what that leads to (`eh_timed_out` of the
    /// transport). A port that is blocked is waited for.
    pub fn times_out(&mut self, id: NexusId, now: Ns) -> OnTimeout {
        let leads_to = match (self.state(id), &self.transport) {
            (State::Blocked, _) => OnTimeout::Waits,
            (State::Stalled, Transport::Tcp(tcp)) => tcp.on_timeout(),
            _ => OnTimeout::Aborts,
        };
        if leads_to == OnTimeout::GivesUp {
            self.give_up(id, now);
        }
        leads_to
    }

    /// Nobody answers an abort in `id` either.
    pub fn give_up(&mut self, id: NexusId, now: Ns) {
        self.nexuses[usize::from(id.0)].give_up(now);
    }

    /// Whether black holes are noticed, by silence.
    fn notices_silence(&self) -> bool {
        matches!(self.transport, Transport::Tcp(_))
    }

    /// Whether the way of nexus `n` is cut at `t`, and when that may change. To
    /// who notices silence it is so, too, when nothing passes that is sent, or
    /// when the answer to a ping takes longer than is waited for it from the last
    /// word on. What TCP has sent meanwhile it sends again.
    fn way(&mut self, n: usize, t: Ns) -> (bool, Ns) {
        let patience = match self.policy.detection {
            Detection::AtOnce => Ns::NEVER,
            Detection::Silence { ping, .. } => ping.map_or(Ns::NEVER, Ping::patience),
        };
        let silent = self.notices_silence();
        let (mut cut, mut changes) = (false, Ns::NEVER);
        let mut later = Ns::ZERO;
        for &l in &self.nexuses[n].links {
            let health = &mut self.links[usize::from(l)].health;
            let condition = health.at(t);
            cut |= condition.down || (silent && condition.passes_nothing());
            later = later.saturating_add(condition.latency);
            changes = changes.min(health.next_change(t));
        }
        cut |= later.saturating_add(later) >= patience;
        (cut, changes)
    }

    /// Whether an exchange from `from` to `until` does not survive: one of
    /// Fibre Channel ends with the login that a dark link ends.
    pub fn is_torn(&mut self, id: NexusId, from: Ns, until: Ns) -> bool {
        let nexus = &self.nexuses[usize::from(id.0)];
        if !nexus.can_be_cut || self.notices_silence() {
            return false;
        }
        let links = nexus.links.iter();
        links.into_iter().any(|&l| {
            self.links[usize::from(l)]
                .health
                .is_cut_within(from, until, false)
        })
    }

    /// Time of a message without data from one end to the other, when all is
    /// well.
    pub fn latency(&self, id: NexusId) -> Ns {
        let links = self.nexuses[usize::from(id.0)].links.iter();
        let latencies = links.map(|&l| self.links[usize::from(l)].config.latency);
        latencies.fold(Ns::ZERO, Ns::saturating_add)
    }

    /// A command with `data` bytes to write leaves the initiator at `at`. Data
    /// that are not sent along have to be asked for: a round trip.
    pub fn send_command(&mut self, id: NexusId, now: Ns, at: Ns, data: u64) -> Passage {
        if data <= self.transport.immediate_data() {
            return self.send(id, Way::ToTarget, now, at, data);
        }
        match self.send(id, Way::ToTarget, now, at, 0) {
            Passage::Arrives(asked) => match self.send(id, Way::ToHost, now, asked, 0) {
                Passage::Arrives(ready) => self.send(id, Way::ToTarget, now, ready, data),
                other => other,
            },
            other => other,
        }
    }

    /// Sends `bytes` over nexus `id` at `at`; the clock stands at `now`.
    pub fn send(&mut self, id: NexusId, way: Way, now: Ns, at: Ns, bytes: u64) -> Passage {
        let passage = match &self.transport {
            Transport::Fc(_) => self.cross(id, way, now, at, bytes),
            Transport::Tcp(_) => self.stream(id, way, now, at, bytes),
        };
        if let (Way::ToHost, Passage::Arrives(at)) = (way, passage) {
            let nexus = &mut self.nexuses[usize::from(id.0)];
            nexus.last_heard = nexus.last_heard.max(at);
        }
        passage
    }

    /// Over all links, once.
    fn cross(&mut self, id: NexusId, way: Way, now: Ns, at: Ns, bytes: u64) -> Passage {
        let links = &self.nexuses[usize::from(id.0)].links;
        let (mut flow, mut is_damaged) = (Flow::at(at), false);
        for n in 0..links.len() {
            let l = match way {
                Way::ToTarget => links[n],
                Way::ToHost => links[links.len() - 1 - n],
            };
            match self.links[usize::from(l)].send(way, now, flow, bytes, self.draws) {
                Step::Goes(next, damaged) => {
                    flow = next;
                    is_damaged |= damaged;
                }
                Step::Ends(passage) => return passage,
            }
        }
        if is_damaged {
            Passage::Damaged(flow.tail)
        } else {
            Passage::Arrives(flow.tail)
        }
    }

    /// As part of a TCP stream: in order, and again until it is there.
    fn stream(&mut self, id: NexusId, way: Way, now: Ns, at: Ns, bytes: u64) -> Passage {
        let one_way = self.latency(id);
        let rtt = one_way.saturating_add(one_way);
        let Transport::Tcp(config) = &self.transport else {
            return Passage::Lost;
        };
        let (rto_min, window) = (config.rto_min, config.window.0);
        let session = &mut self.sessions[usize::from(id.0)];
        let go = session.admit(way, at, bytes, rtt, config);
        let (mut sent, mut rto) = (go.at, rto_min.max(rtt));
        for attempt in 0.. {
            // What is cut, be it dark or silent, is the nexus's to resolve.
            if self.is_cut_at(id, sent) {
                return Passage::Cut;
            }
            let passage = self.cross(id, way, now, sent, bytes);
            let (arrives, damaged) = match passage {
                Passage::Arrives(at) => (at, false),
                Passage::Damaged(at) => (at, true),
                Passage::Lost if attempt < tcp::ATTEMPTS => {
                    let wait = if attempt == 0 && go.is_dense {
                        rtt.max(Ns(1))
                    } else {
                        let wait = rto;
                        rto = rto.saturating_add(rto);
                        wait
                    };
                    sent = sent.saturating_add(wait);
                    continue;
                }
                Passage::Lost => (sent.saturating_add(one_way), false),
                Passage::Cut => return Passage::Cut,
            };
            let times = (go.at, arrives.saturating_add(go.extra), one_way);
            let session = &mut self.sessions[usize::from(id.0)];
            let readable = session.delivered(way, now, times, bytes, (attempt > 0, window));
            return match damaged {
                true => Passage::Damaged(readable),
                false => Passage::Arrives(readable),
            };
        }
        Passage::Lost
    }

    fn is_cut_at(&mut self, id: NexusId, t: Ns) -> bool {
        let n = usize::from(id.0);
        self.nexuses[n].can_be_cut && self.way(n, t).0
    }

    /// Whether nothing is wrong with nexus `id` and its links, and was not at
    /// any time since `since`.
    pub fn is_well(&mut self, id: NexusId, since: Ns, now: Ns) -> bool {
        let nexus = &self.nexuses[usize::from(id.0)];
        let mut links = nexus.links.iter();
        nexus.state == State::Running
            && links.all(|&l| {
                let health = &mut self.links[usize::from(l)].health;
                health.is_well_within(since, now)
            })
    }

    /// How long a message without data and its answer take through nexus `id`
    /// as it is at `now`; none if nothing passes.
    pub fn round_trip(&mut self, id: NexusId, now: Ns) -> Option<Ns> {
        let mut one_way = self.latency(id);
        for &l in &self.nexuses[usize::from(id.0)].links {
            let condition = self.links[usize::from(l)].health.at(now);
            if condition.down || condition.passes_nothing() {
                return None;
            }
            one_way = one_way.saturating_add(condition.latency);
        }
        Some(one_way.saturating_add(one_way))
    }

    /// The state of nexus `id`.
    #[inline]
    pub fn state(&self, id: NexusId) -> State {
        self.nexuses[usize::from(id.0)].state
    }
}
