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
