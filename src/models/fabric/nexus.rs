//! An I_T nexus: an initiator port and a target port that know each other, as
//! a Fibre Channel remote port or a TCP session. All LUNs behind the pair share
//! it.
//!
//! ```text
//!            cut                       cut                  fast_io_fail
//!   Running ─────> Stalled    Running ─────> Blocked ─────────────────> Failed
//!    (TCP)            │ silence  (FC)          ^ │ restored               │
//!      ^   released   │ for too long           │ v                        │ dev_loss
//!      └──────────────┴────────────────────────┘ Running                  v
//!                                                                      Removed
//! ```

use crate::sim::time::Ns;

/// How a transport notices and what it does.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// How it notices.
    pub detection: Detection,
    /// How often it tries to come back; 0 = as soon as it can.
    pub retry: Ns,
    /// From its being blocked to failing.
    pub fast_io_fail: Option<Ns>,
    /// From its being blocked to its being removed.
    pub dev_loss: Option<Ns>,
}

/// How a transport notices that the way is cut.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Detection {
    /// Light is lost.
    AtOnce,
    /// Nobody answers: a ping, or else a command until it times out.
    Silence {
        /// What looks for it, if anything does.
        ping: Option<Ping>,
        /// First retransmission timeout; doubles up to two minutes.
        rto: Ns,
    },
}

/// A question that is sent only to hear whether anybody answers.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Ping {
    /// It is sent after so long without a word (`noop_out_interval`).
    pub interval: Ns,
    /// It is waited for so long (`noop_out_timeout`).
    pub timeout: Ns,
}

impl Ping {
    /// From the last word to its being given up.
    pub fn patience(self) -> Ns {
        self.interval.saturating_add(self.timeout)
    }
}

/// What a nexus does with commands.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It carries them.
    Running,
    /// It takes them and holds them: TCP retransmits.
    Stalled,
    /// It takes none: they wait in the block layer (`SDEV_BLOCK`).
    Blocked,
    /// It fails them (`SDEV_TRANSPORT_OFFLINE`).
    Failed,
    /// It is gone, and its disks with it.
    Removed,
}

/// How commands end that a nexus had taken.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// They may be tried again (`DID_TRANSPORT_DISRUPTED`).
    Disrupted,
    /// They may not, on this path (`DID_TRANSPORT_FAILFAST`).
    FailedFast,
    /// There is nobody (`DID_NO_CONNECT`).
    NoConnect,
}

/// What the host learns of a nexus.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum NexusEvent {
    /// What it held goes on.
    Released,
    /// What it held ends so.
    Terminated(Ended),
    /// It is in another state.
    Became(State),
}

/// A pair of ports.
#[derive(Clone, Debug)]
pub struct Nexus {
    /// The initiator port.
    pub initiator: u16,
    /// The target port.
    pub target: u16,
    /// Its links, from the host to the target.
    pub links: Box<[u16]>,
    /// Whether any of these is ever cut.
    pub can_be_cut: bool,
    /// Its state.
    pub state: State,
    /// When something was last heard from the target.
    pub last_heard: Ns,
    is_cut: bool,
    /// Since when it is stalled, or blocked or worse.
    since: Ns,
    /// When it notices that it is stalled.
    notices_at: Ns,
    /// When it tries to go on.
    tries_at: Ns,
    /// When it has to be looked at.
    pub due: Ns,
}

/// Longest retransmission timeout (`TCP_RTO_MAX`).
const RTO_MAX: Ns = Ns::from_secs(120);

impl Nexus {
    /// A nexus that carries commands.
    pub fn new(initiator: u16, target: u16, links: Box<[u16]>) -> Self {
        Nexus {
            initiator,
            target,
            links,
            can_be_cut: false,
            state: State::Running,
            last_heard: Ns::ZERO,
            is_cut: false,
            since: Ns::ZERO,
            notices_at: Ns::NEVER,
            tries_at: Ns::NEVER,
            due: Ns::NEVER,
        }
    }

    /// Its time has come: the way is cut or not, and may change at `changes`.
    pub fn step(
        &mut self,
        now: Ns,
        policy: &Policy,
        (is_cut, changes): (bool, Ns),
        mut tell: impl FnMut(NexusEvent),
    ) {
        if is_cut != self.is_cut {
            self.is_cut = is_cut;
            self.way_changed(now, policy, &mut tell);
        }
        self.timers(now, policy, &mut tell);
        self.due = self.next_timer(policy).min(changes);
    }

    /// The host gives it up while it is stalled (`iscsi_conn_failure`,
    /// `nvme_tcp_error_recovery`): it is due at `now`.
    pub fn give_up(&mut self, now: Ns) {
        if self.state == State::Stalled {
            self.notices_at = now;
            self.due = now;
        }
    }

    fn way_changed(&mut self, now: Ns, policy: &Policy, tell: &mut impl FnMut(NexusEvent)) {
        self.tries_at = Ns::NEVER;
        match (self.state, self.is_cut) {
            (State::Running, true) => {
                self.since = now;
                match policy.detection {
                    Detection::AtOnce => self.become_(State::Blocked, tell),
                    Detection::Silence { ping, .. } => {
                        self.notices_at = ping.map_or(Ns::NEVER, |ping| {
                            let heard = last_ping(self.last_heard, ping.interval, now);
                            heard.saturating_add(ping.patience())
                        });
                        self.become_(State::Stalled, tell);
                    }
                }
            }
            (State::Running, false) | (_, true) => {}
            (State::Stalled, false) => {
                if let Detection::Silence { rto, .. } = policy.detection {
                    self.tries_at = next_retransmission(self.since, rto, now);
                }
            }
            (State::Blocked | State::Failed | State::Removed, false) => {
                self.tries_at = next_try(self.since, policy.retry, now);
            }
        }
    }

    fn timers(&mut self, now: Ns, policy: &Policy, tell: &mut impl FnMut(NexusEvent)) {
        if self.tries_at <= now {
            self.tries_at = Ns::NEVER;
            self.notices_at = Ns::NEVER;
            self.last_heard = now;
            match self.state {
                State::Stalled => tell(NexusEvent::Released),
                State::Blocked if policy.detection == Detection::AtOnce => {
                    tell(NexusEvent::Terminated(Ended::Disrupted));
                }
                _ => {}
            }
            return self.become_(State::Running, tell);
        }
        if self.state == State::Stalled && self.notices_at <= now {
            self.since = now;
            if !self.is_cut {
                self.tries_at = next_try(now, policy.retry, now);
            }
            tell(NexusEvent::Terminated(Ended::Disrupted));
            self.become_(State::Blocked, tell);
        }
        if self.state == State::Blocked && self.after(policy.fast_io_fail) <= now {
            tell(NexusEvent::Terminated(Ended::FailedFast));
            self.become_(State::Failed, tell);
        }
        let waits = matches!(self.state, State::Blocked | State::Failed);
        if waits && self.after(policy.dev_loss) <= now {
            tell(NexusEvent::Terminated(Ended::NoConnect));
            self.become_(State::Removed, tell);
        }
    }

    fn next_timer(&self, policy: &Policy) -> Ns {
        let timeout = match self.state {
            State::Running | State::Removed => Ns::NEVER,
            State::Stalled => self.notices_at,
            State::Blocked => self
                .after(policy.fast_io_fail)
                .min(self.after(policy.dev_loss)),
            State::Failed => self.after(policy.dev_loss),
        };
        timeout.min(self.tries_at)
    }

    fn become_(&mut self, state: State, tell: &mut impl FnMut(NexusEvent)) {
        self.state = state;
        tell(NexusEvent::Became(state));
    }

    fn after(&self, timeout: Option<Ns>) -> Ns {
        timeout.map_or(Ns::NEVER, |tmo| self.since.saturating_add(tmo))
    }
}

/// When a target that answers pings was last heard before `now`.
fn last_ping(heard: Ns, interval: Ns, now: Ns) -> Ns {
    let idle = now.saturating_sub(heard).0;
    let since = idle.checked_rem(interval.0).unwrap_or(0);
    Ns(now.0.saturating_sub(since))
}

/// The first retransmission from `now` on of what was sent at `since`.
fn next_retransmission(since: Ns, rto: Ns, now: Ns) -> Ns {
    let (mut at, mut wait) = (since, rto.max(Ns(1)));
    while at < now {
        at = at.saturating_add(wait);
        wait = wait.saturating_add(wait).min(RTO_MAX);
    }
    at
}

/// The first attempt from `now` on, one every `retry` since `since`.
fn next_try(since: Ns, retry: Ns, now: Ns) -> Ns {
    let waited = now.saturating_sub(since).0;
    let tries = waited.checked_next_multiple_of(retry.0.max(1));
    since.saturating_add(Ns(tries.unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests;
