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
mod tests {
    use super::super::fc::FcConfig;
    use super::super::tcp::{Protocol, TcpConfig};
    use super::*;

    const S: Ns = Ns::from_secs(1);

    /// What is told of a nexus whose way is cut during `cuts`, in seconds.
    fn story(policy: &Policy, cuts: &[(u64, u64)]) -> Vec<(Ns, NexusEvent)> {
        let mut nexus = Nexus::new(0, 0, Box::new([]));
        let mut told = Vec::new();
        let at = |t: Ns| {
            let within = |&(from, to): &(u64, u64)| (S * from..S * to).contains(&t);
            let changes = cuts.iter().flat_map(|&(from, to)| [S * from, S * to]);
            let next = changes.filter(|&c| c > t).min().unwrap_or(Ns::NEVER);
            (cuts.iter().any(within), next)
        };
        let mut now = Ns::ZERO;
        while now < Ns::NEVER {
            nexus.step(now, policy, at(now), |event| told.push((now, event)));
            assert!(nexus.due > now);
            now = nexus.due;
        }
        told
    }
    use NexusEvent::*;
    use State::*;

    #[test]
    fn k79_fibre_channel_fails_after_fast_io_fail_tmo() {
        let policy = FcConfig::default().policy();
        assert_eq!(
            story(&policy, &[(10, 1000)]),
            [
                (S * 10, Became(Blocked)),
                (S * 15, Terminated(Ended::FailedFast)),
                (S * 15, Became(Failed)),
                (S * 70, Terminated(Ended::NoConnect)),
                (S * 70, Became(Removed)),
                (S * 1000, Became(Running)),
            ]
        );
    }

    #[test]
    fn k79_without_it_after_dev_loss_tmo() {
        let policy = FcConfig {
            fast_io_fail_tmo: Ns::ZERO,
            ..Default::default()
        }
        .policy();
        assert_eq!(
            story(&policy, &[(10, 1000)])[1],
            (S * 70, Terminated(Ended::NoConnect))
        );
    }

    #[test]
    fn a_port_that_returns_in_time_runs_again_at_once() {
        let policy = FcConfig::default().policy();
        assert_eq!(
            story(&policy, &[(10, 14), (30, 36)]),
            [
                (S * 10, Became(Blocked)),
                (S * 14, Terminated(Ended::Disrupted)),
                (S * 14, Became(Running)),
                (S * 30, Became(Blocked)),
                (S * 35, Terminated(Ended::FailedFast)),
                (S * 35, Became(Failed)),
                (S * 36, Became(Running)),
            ]
        );
    }

    /// Red Hat's arithmetic: noop_out_timeout + noop_out_interval +
    /// replacement_timeout = 10 + 5 + 15.
    #[test]
    fn iscsi_stalls_for_interval_timeout_and_recovery() {
        let policy = TcpConfig {
            keep_alive_interval: S * 5,
            keep_alive_timeout: S * 10,
            fast_io_fail_tmo: S * 15,
            ..Default::default()
        }
        .policy();
        assert_eq!(
            story(&policy, &[(20, 1000)])[..5],
            [
                (S * 20, Became(Stalled)),
                (S * 35, Terminated(Ended::Disrupted)),
                (S * 35, Became(Blocked)),
                (S * 50, Terminated(Ended::FailedFast)),
                (S * 50, Became(Failed)),
            ]
        );
    }

    #[test]
    fn without_pings_a_session_stalls_until_the_host_gives_it_up() {
        let policy = TcpConfig {
            keep_alive_interval: Ns::ZERO,
            keep_alive_timeout: Ns::ZERO,
            ..Default::default()
        }
        .policy();
        assert_eq!(
            story(&policy, &[(20, 1000)])[0..2],
            [
                (S * 20, Became(Stalled)),
                (Ns::from_ms(1_064_600), Released), // a retransmission
            ]
        );
        let mut nexus = Nexus::new(0, 0, Box::new([]));
        let mut told = Vec::new();
        let cut = (true, Ns::NEVER);
        nexus.step(S * 20, &policy, cut, |event| told.push(event));
        assert_eq!(nexus.due, Ns::NEVER);
        nexus.give_up(S * 60);
        assert_eq!(nexus.due, S * 60);
        nexus.step(S * 60, &policy, cut, |event| told.push(event));
        assert_eq!(told[1..], [Terminated(Ended::Disrupted), Became(Blocked)]);
        assert_eq!(nexus.due, S * 65);
    }

    #[test]
    fn of_iscsi_one_time_of_zero_is_five_seconds_of_nvme_it_is_off() {
        let policy = |protocol| {
            let config = TcpConfig {
                protocol,
                keep_alive_interval: S * 3,
                keep_alive_timeout: Ns::ZERO,
                ..Default::default()
            };
            config.policy()
        };
        let noticed = |protocol| story(&policy(protocol), &[(21, 30)])[1];
        assert_eq!(
            noticed(Protocol::Iscsi),
            (S * 29, Terminated(Ended::Disrupted))
        );
        assert_eq!(noticed(Protocol::Nvme).1, Released);
    }

    #[test]
    fn a_session_that_is_cut_for_a_moment_waits_for_a_retransmission() {
        let policy = TcpConfig::default().policy();
        // 0.2, 0.6, 1.4 s after the cut; the way is back after 1 s.
        assert_eq!(
            story(&policy, &[(20, 21)]),
            [
                (S * 20, Became(Stalled)),
                (Ns::from_ms(21_400), Released),
                (Ns::from_ms(21_400), Became(Running)),
            ]
        );
    }

    #[test]
    fn a_session_reconnects_at_its_own_pace() {
        let policy = TcpConfig::default().policy();
        let told = story(&policy, &[(20, 31)]);
        assert_eq!(told[1], (S * 30, Terminated(Ended::Disrupted)));
        assert_eq!(told[2], (S * 30, Became(Blocked)));
        assert_eq!(told[3], (S * 32, Became(Running)));
        assert_eq!(told.len(), 4);
    }

    #[test]
    fn helpers() {
        assert_eq!(last_ping(Ns(3), Ns(5), Ns(14)), Ns(13));
        assert_eq!(last_ping(Ns(3), Ns(5), Ns(4)), Ns(3));
        assert_eq!(next_retransmission(Ns(0), Ns(200), Ns(601)), Ns(1400));
        assert_eq!(next_try(Ns(10), Ns(4), Ns(15)), Ns(18));
        assert_eq!(next_try(Ns(10), Ns(0), Ns(15)), Ns(15));
    }
}
