//! The whole way, by hand and by queueing theory.

use super::*;
use crate::models::array::cache::Scope;
use crate::models::array::controller::ControllerConfig;
use crate::models::array::media::MediaConfig;
use crate::models::array::media_disk::DiskConfig;
use crate::models::array::media_flash::FlashConfig;
use crate::models::array::reply::{CommandKind, sense};
use crate::models::array::{ArrayConfig, LunConfig};
use crate::models::fabric::Transport;
use crate::models::fabric::fault::{Fault, FaultKind};
use crate::models::fabric::fc::FcConfig;
use crate::models::fabric::initiator::InitiatorConfig;
use crate::models::fabric::link::LinkConfig;
use crate::models::fabric::nexus::Ended;
use crate::models::fabric::tcp::TcpConfig;
use crate::sim::dist::{Distribution, Shape};
use crate::sim::draw::Purpose;
use crate::sim::units::{BitRate, Bytes};

/// One byte a nanosecond and 500 ns a link.
fn link() -> LinkConfig {
    LinkConfig {
        rate: Some(BitRate(8_000_000_000)),
        latency: Ns(500),
        frame: Bytes(2048),
    }
}

/// Two initiators, two controllers with two ports each, two LUNs.
fn config() -> SanConfig {
    let initiator = |name: &str| InitiatorConfig {
        name: name.into(),
        ..Default::default()
    };
    let lun = |name: &str, owner| LunConfig {
        name: name.into(),
        owner: Some(owner),
        ..Default::default()
    };
    SanConfig {
        link: link(),
        initiators: vec![initiator("hba0"), initiator("hba1")],
        arrays: vec![ArrayConfig {
            controller: ControllerConfig {
                per_command: Ns(1000),
                cores: 1,
                ..Default::default()
            },
            interconnect: link(),
            luns: vec![lun("lun0", 0), lun("lun1", 1)],
            ..Default::default()
        }],
        ..Default::default()
    }
}
fn tcp() -> Transport {
    Transport::Tcp(TcpConfig::default())
}
fn path(initiator: &str, target: &str, lun: &str) -> PathConfig {
    PathConfig {
        initiator: initiator.into(),
        target: target.into(),
        lun: lun.into(),
        via: vec![],
    }
}
fn san(config: &SanConfig) -> (San, PathId) {
    let mut san = San::new(config, Draws::new(1)).unwrap();
    let p = san.add_path(&path("hba0", "ctl0.p0", "lun0")).unwrap();
    san.advance(Ns::ZERO, |_| {});
    (san, p)
}
fn command(k: u64, kind: CommandKind, sectors: u32) -> Command {
    Command {
        first_bio: k,
        attempt: 0,
        kind,
        sector: k * 1000 % 1_000_000,
        sectors,
    }
}
fn read(k: u64) -> Command {
    command(k, CommandKind::Read, 8)
}
fn fault(on: &str, kind: FaultKind, from: Ns, until: Ns) -> Fault {
    Fault {
        on: on.into(),
        kind,
        from,
        until,
    }
}
fn done(fate: Fate) -> u64 {
    match fate {
        Fate::Done(at, Reply::Good) => at.0,
        other => panic!("{other:?}"),
    }
}

const S: Ns = Ns::from_secs(1);

#[test]
fn a_read_by_hand() {
    let (mut san, p) = san(&config());
    // Two links there, a core, two links back: the second frame is on the
    // first link while the first is on the second.
    let expected = 2 * 500 + 1000 + 4096 + 2048 + 2 * 500;
    assert_eq!(done(san.submit(Ns(0), p, &read(0))), expected);
    // The next one waits for the slowest stage, a link.
    assert_eq!(done(san.submit(Ns(0), p, &read(1))), expected + 4096);
    assert_eq!(done(san.submit(Ns(0), p, &read(2))), expected + 2 * 4096);
}

#[test]
fn a_write_asks_first_and_is_copied() {
    let (mut san, p) = san(&config());
    let write = command(0, CommandKind::Write, 8);
    // Command, XFER_RDY, data over two links, core, mirror, status.
    let expected = 1000 + 1000 + (4096 + 2048 + 1000) + 1000 + (4096 + 500) + 1000;
    assert_eq!(done(san.submit(Ns(0), p, &write)), expected);
}

#[test]
fn a_tcp_write_need_not_ask() {
    let config = SanConfig {
        transport: tcp(),
        ..config()
    };
    let (mut san, p) = san(&config);
    let write = command(0, CommandKind::Write, 8);
    let expected = (4096 + 2048 + 1000) + 1000 + (4096 + 500) + 1000;
    assert_eq!(done(san.submit(Ns(0), p, &write)), expected);
}

#[test]
fn another_controller_takes_longer_and_its_link_is_finite() {
    let (mut san, p) = san(&config());
    let other = san.add_path(&path("hba1", "ctl1.p0", "lun0")).unwrap();
    assert_eq!(san.access_state(other, Ns(0)), AccessState::NonOptimized);
    let here = done(san.submit(Ns(0), p, &read(0)));
    let now = S;
    let there = done(san.submit(now, other, &read(0))) - now.0;
    // One more core, and the interconnect to and fro.
    assert_eq!(there, here + 1000 + 500 + 4096 + 500);
}

/// The only server is a core: M/D/1.
#[test]
fn a_core_is_m_d_1() {
    let mut c = config();
    c.link.rate = None;
    c.arrays[0].controller.per_command = Ns::from_us(100);
    let (mut san, p) = san(&c);
    let gap = Shape::Exponential {
        mean: Ns::from_us(200),
    };
    let gap = Distribution::from(gap).sampler().unwrap();
    let d = Draws::new(7);
    let (mut now, mut sum, n) = (Ns::ZERO, 0, 400_000);
    for k in 0..n {
        now += gap.sample(&mut d.key(Purpose::Arrival, [k, 0]));
        sum += done(san.submit(now, p, &read(k))) - now.0;
    }
    let wait = sum as f64 / n as f64 - 102_000.0;
    // ρ/(2(1−ρ)) of a service.
    assert!((wait / 50_000.0 - 1.0).abs() < 0.02, "{wait}");
}

/// Sixteen channels of flash, random places, a closed loop: capacity holds, and
/// is nearly reached when there are many more commands than channels.
#[test]
fn channels_are_kept_busy() {
    let mut c = config();
    c.link.rate = None;
    c.arrays[0].controller.per_command = Ns::ZERO;
    c.arrays[0].media = MediaConfig::Flash(FlashConfig {
        channels: 16,
        read: Ns::from_us(80).into(),
        rate: None,
        ..Default::default()
    });
    let (mut san, p) = san(&c);
    let mut pending = crate::sim::EventQueue::default();
    let (mut now, n, depth) = (Ns::ZERO, 50_000u64, 256);
    for k in 0..n + depth {
        if k >= depth {
            (now, _) = pending.pop().unwrap();
        }
        if k < n {
            let place = (Draws::new(3).key(Purpose::Workload, [k, 0]).unit() * 60_000.0) as u64;
            let command = Command {
                sector: place * 32,
                ..read(k)
            };
            pending.push(Ns(done(san.submit(now, p, &command))), ());
        }
    }
    let (rate, most) = (n as f64 / now.as_secs_f64(), 16.0 / 80e-6);
    assert!(rate <= most && rate > 0.85 * most, "{rate} {most}");
}

#[test]
fn what_fibre_channel_loses_is_lost() {
    let mut c = config();
    c.faults = vec![fault("ctl0.p0", FaultKind::BlackHole, S, S * 2)];
    let (mut san, p) = san(&c);
    assert!(matches!(san.submit(Ns(0), p, &read(0)), Fate::Done(..)));
    assert_eq!(san.submit(S, p, &read(1)), Fate::Lost);
    assert!(matches!(san.submit(S * 2, p, &read(2)), Fate::Done(..)));
    assert_eq!(san.state(p), State::Running);
}

/// Drives a network to `end`; what it tells.
fn story(san: &mut San, end: Ns) -> Vec<(Ns, NexusEvent)> {
    let mut told = Vec::new();
    while san.due() <= end {
        let at = san.due();
        san.advance(at, |event| told.push((at, event.what)));
    }
    told
}

#[test]
fn a_dark_link_tears_what_is_in_flight_and_k79() {
    let mut c = config();
    let down = Ns(S.0 * 10 + 3000);
    c.faults = vec![fault("hba0", FaultKind::Down, down, S * 100)];
    let (mut san, p) = san(&c);
    assert_eq!(story(&mut san, S * 10), []);
    assert!(matches!(san.submit(S * 10, p, &read(0)), Fate::Stalled(_)));
    let told = story(&mut san, S * 30);
    let at = |secs| down + S * secs;
    assert_eq!(
        told,
        [
            (at(0), NexusEvent::Became(State::Blocked)),
            (at(5), NexusEvent::Terminated(Ended::FailedFast)),
            (at(5), NexusEvent::Became(State::Failed)),
        ]
    );
    assert_eq!(
        san.submit(S * 30, p, &read(1)),
        Fate::Refused(State::Failed)
    );
    let told = story(&mut san, S * 200);
    assert_eq!(told[0].0, at(60));
    assert_eq!(
        told.last(),
        Some(&(S * 100, NexusEvent::Became(State::Running)))
    );
    assert!(matches!(san.submit(S * 201, p, &read(2)), Fate::Done(..)));
}

#[test]
fn an_exchange_does_not_survive_even_a_blink() {
    let mut c = config();
    c.arrays[0].controller.latency = Ns::from_ms(10).into();
    c.faults = vec![fault(
        "ctl0.p0",
        FaultKind::Down,
        Ns::from_ms(4),
        Ns::from_ms(5),
    )];
    let (mut fc, p) = san(&c);
    assert!(matches!(fc.submit(Ns(0), p, &read(0)), Fate::Stalled(_)));
    // TCP does.
    c.transport = tcp();
    let (mut san, p) = san(&c);
    assert!(matches!(san.submit(Ns(0), p, &read(0)), Fate::Done(..)));
}

#[test]
fn tcp_holds_commands_until_it_knows_more() {
    let mut c = config();
    c.transport = tcp();
    c.arrays[0].controller.latency = Ns::from_ms(10).into();
    let (from, until) = (S + Ns::from_ms(5), S * 2);
    c.faults = vec![fault("hba0", FaultKind::BlackHole, from, until)];
    let (mut san, p) = san(&c);
    story(&mut san, S);
    let fate = san.submit(S, p, &read(0));
    assert_eq!(fate, Fate::Stalled(Held::Answer(Reply::Good)));
    let told = story(&mut san, S * 3);
    // 0.2, 0.6 and 1.4 s after the cut.
    let back = from + Ns::from_ms(1400);
    assert_eq!(told[0], (from, NexusEvent::Became(State::Stalled)));
    assert_eq!(told[1], (back, NexusEvent::Released));
    let fate = san.resume(back, p, &read(0), Held::Answer(Reply::Good));
    assert_eq!(done(fate), back.0 + 4096 + 2048 + 1000);
    let c = san.counts();
    assert_eq!(
        c.submitted + c.resumed,
        c.done + c.lost + c.stalled + c.refused
    );
}

#[test]
fn tcp_sends_again_what_is_lost_and_fibre_channel_does_not() {
    let mut c = config();
    c.faults = vec![fault("hba0", FaultKind::Loss(0.05), Ns(0), Ns::NEVER)];
    let run = |c: &SanConfig| {
        let (mut san, p) = san(c);
        let (mut lost, mut late) = (0, 0);
        for k in 0..2000 {
            let now = Ns::from_secs(20 * k);
            story(&mut san, now);
            match san.submit(now, p, &read(k)) {
                Fate::Done(at, Reply::Good) => late += u32::from(at - now > Ns::from_ms(100)),
                Fate::Lost => lost += 1,
                other => panic!("{other:?}"),
            }
        }
        (lost, late)
    };
    let (lost, late) = run(&c);
    // A command of one frame, an answer of two.
    let expected = 2000.0 * (1.0 - 0.95f64.powi(3));
    assert!((f64::from(lost) - expected).abs() < 60.0, "{lost}");
    assert_eq!(late, 0);
    c.transport = tcp();
    let (lost, late) = run(&c);
    assert_eq!(lost, 0);
    // Two frames are not enough for duplicate acknowledgements.
    assert!((150..400).contains(&late), "{late}");
}

#[test]
fn a_failed_controller_hands_its_luns_over() {
    let mut c = config();
    c.faults = vec![fault("ctl0", FaultKind::Down, S * 10, S * 60)];
    let (mut san, a) = san(&c);
    let b = san.add_path(&path("hba1", "ctl1.p0", "lun0")).unwrap();
    story(&mut san, S * 11);
    assert_eq!(san.state(a), State::Blocked);
    assert_eq!(san.access_state(b, S * 11), AccessState::Transitioning);
    assert_eq!(san.access_state(a, S * 11), AccessState::Unavailable);
    assert_eq!(san.activate(b, S * 11), Some(Activation::Moves(S * 15)));
    let fate = san.submit(S * 11, b, &read(0));
    assert!(matches!(fate, Fate::Done(_, Reply::Sense(s)) if s == sense::TRANSITION));
    story(&mut san, S * 20);
    assert_eq!(san.access_state(b, S * 20), AccessState::Optimized);
    done(san.submit(S * 20, b, &read(1)));
    story(&mut san, S * 61);
    assert_eq!(san.access_state(a, S * 61), AccessState::Optimized);
    assert_eq!(san.access_state(b, S * 61), AccessState::NonOptimized);
}

#[test]
fn a_lun_moves_when_it_is_asked_to() {
    let mut c = config();
    c.arrays[0].access.other = AccessState::Standby;
    let (mut san, _) = san(&c);
    let b = san.add_path(&path("hba1", "ctl1.p0", "lun0")).unwrap();
    let fate = san.submit(S, b, &read(0));
    assert!(matches!(fate, Fate::Done(_, Reply::Sense(s)) if s == sense::STANDBY));
    // The array alone decides.
    assert_eq!(san.activate(b, S), Some(Activation::Done));
    let fate = san.submit(S, b, &read(0));
    assert!(matches!(fate, Fate::Done(_, Reply::Sense(s)) if s == sense::STANDBY));

    c.arrays[0].access.tpgs = Tpgs::Explicit;
    let (mut san, _) = self::san(&c);
    let b = san.add_path(&path("hba1", "ctl1.p0", "lun0")).unwrap();
    let takes = Ns::from_ms(500);
    assert_eq!(san.activate(b, S), Some(Activation::Takes(takes)));
    let meanwhile = Some(Activation::Takes(takes - Ns(1)));
    assert_eq!(san.activate(b, S + Ns(1)), meanwhile);
    done(san.submit(S * 2, b, &read(0)));
    assert_eq!(san.activate(b, S * 2), Some(Activation::Done));
}

#[test]
fn an_administrator_moves_a_lun_for_good() {
    let mut c = config();
    c.moves = vec![LunMove {
        at: S * 5,
        lun: "lun0".into(),
        to: "ctl1".into(),
    }];
    let (mut san, a) = san(&c);
    story(&mut san, S * 4);
    assert_eq!(san.access_state(a, S * 4), AccessState::Optimized);
    story(&mut san, S * 5);
    assert_eq!(san.access_state(a, S * 5), AccessState::Transitioning);
    story(&mut san, S * 6);
    assert_eq!(san.access_state(a, S * 6), AccessState::NonOptimized);
    assert!(!san.is_preferred(a));
    let moves: Vec<_> = san.moves().collect();
    assert_eq!(moves, [(S * 5, "lun0 moves to ctl1".into())]);
    c.moves[0].to = "ctl7".into();
    assert!(San::new(&c, Draws::new(1)).is_err());
}

#[test]
fn each_fault_has_its_answer() {
    let at = |k: u64| S * (k + 1);
    let mut c = config();
    let faults = [
        (FaultKind::Busy, Reply::Busy),
        (FaultKind::QueueFull, Reply::TaskSetFull),
        (FaultKind::ReservationConflict, Reply::ReservationConflict),
        (FaultKind::Unmapped, Reply::Sense(sense::NO_LUN)),
        (FaultKind::MediumError(5, 6), Reply::Unreadable(5)),
    ];
    for (k, (kind, _)) in (0..).zip(&faults) {
        c.faults.push(fault("lun0", kind.clone(), at(k), at(k + 1)));
    }
    c.faults
        .push(fault("hba0", FaultKind::TransportError(1.0), at(5), at(6)));
    let (mut san, p) = san(&c);
    let replies = faults
        .iter()
        .map(|f| f.1)
        .chain([Reply::TransportError, Reply::Good]);
    for (k, expected) in (0..).zip(replies) {
        let fate = san.submit(at(k), p, &read(0));
        assert!(
            matches!(fate, Fate::Done(_, reply) if reply == expected),
            "{fate:?}"
        );
    }
}

#[test]
fn a_port_that_is_full_says_so() {
    let mut c = config();
    c.arrays[0].port.queue_depth = 4;
    let (mut san, p) = san(&c);
    let fates: Vec<Fate> = (0..6).map(|k| san.submit(Ns(0), p, &read(k))).collect();
    let full = fates
        .iter()
        .filter(|f| matches!(f, Fate::Done(_, Reply::TaskSetFull)));
    assert_eq!(full.count(), 2);
    let last = done(fates[3]);
    done(san.submit(Ns(last), p, &read(9)));
}

#[test]
fn other_hosts_take_their_share() {
    let mut c = config();
    let noisy = BackgroundConfig {
        initiator: "hba1".into(),
        target: "ctl0.p0".into(),
        lun: "lun1".into(),
        iops: 100_000,
        size: Bytes(8 << 10),
        ..Default::default()
    };
    let alone = {
        let (mut san, p) = san(&c);
        (0..1000)
            .map(|k| done(san.submit(Ns(k * 50_000), p, &read(k))) - k * 50_000)
            .sum::<u64>()
    };
    c.background = vec![noisy];
    let (mut san, p) = san(&c);
    let shared = (0..1000)
        .map(|k| done(san.submit(Ns(k * 50_000), p, &read(k))) - k * 50_000)
        .sum::<u64>();
    // 8 KiB every 10 µs take four fifths of the port's link, and wait there.
    assert!(shared > alone * 3 / 2, "{alone} {shared}");
    let n = san.counts().background;
    assert!((4_700..5_300).contains(&n), "{n}");
    assert_eq!(san.counts().submitted, 1000);
}

#[test]
fn luns_on_one_port_share_it_and_luns_on_two_do_not() {
    let (mut san, a) = san(&config());
    let b = san.add_path(&path("hba0", "ctl0.p0", "lun0")).unwrap();
    let c = san.add_path(&path("hba1", "ctl0.p1", "lun0")).unwrap();
    assert_eq!(san.nexus(a), san.nexus(b));
    let first = done(san.submit(Ns(0), a, &read(0)));
    assert_eq!(done(san.submit(Ns(0), b, &read(1))), first + 4096);
    // The core is shared, but its queue hides behind the link's.
    assert_eq!(done(san.submit(Ns(0), c, &read(2))), first + 2000);
}

/// One stream of reads, one after the other, in turn over four ports: the mean
/// wait for the media.
fn interleaved(scope: Scope) -> u64 {
    let mut c = config();
    c.link.rate = None;
    c.arrays[0].access.other = AccessState::Optimized;
    c.arrays[0].cache.sequential_scope = scope;
    c.arrays[0].media = MediaConfig::Disk(DiskConfig::default());
    let mut san = San::new(&c, Draws::new(1)).unwrap();
    let targets = ["ctl0.p0", "ctl0.p1", "ctl1.p0", "ctl1.p1"];
    let paths = targets.map(|t| san.add_path(&path("hba0", t, "lun0")).unwrap());
    let (mut now, n) = (Ns::ZERO, 2000);
    for k in 0..n {
        let command = Command {
            sector: k * 128,
            ..command(k, CommandKind::Read, 128)
        };
        now = Ns(done(san.submit(now, paths[(k % 4) as usize], &command)));
    }
    now.0 / n
}

#[test]
fn a_stream_over_several_ports_is_one_only_to_who_sees_all_of_it() {
    let [lun, controller, port] = [Scope::Lun, Scope::Controller, Scope::Port].map(interleaved);
    assert!(port > 2 * lun, "{lun} {controller} {port}");
    assert!(controller > 2 * lun, "{lun} {controller} {port}");
}

#[test]
fn mistakes_are_named() {
    let error = |c: &SanConfig, p: PathConfig| match San::new(c, Draws::new(1)) {
        Err(why) => why.to_string(),
        Ok(mut san) => san.add_path(&p).unwrap_err().to_string(),
    };
    let good = path("hba0", "ctl0.p0", "lun0");
    assert_eq!(
        error(&config(), path("hba7", "ctl0.p0", "lun0")),
        "there is no initiator `hba7`; there is hba0, hba1"
    );
    let mut two = config();
    let mut other = two.arrays[0].clone();
    other.name = "b".into();
    other.luns.clear();
    two.arrays.push(other);
    assert_eq!(
        error(&two, good.clone()),
        "there are several called `ctl0.p0`"
    );
    assert_eq!(
        error(&two, path("hba0", "b.ctl0.p0", "lun0")),
        "LUN `lun0` is not one of the array of port `b.ctl0.p0`"
    );
    let mut bad = config();
    bad.faults = vec![fault("lun0", FaultKind::Down, Ns(0), Ns(1))];
    assert_eq!(
        error(&bad, good.clone()),
        "`lun0` is LUN, which cannot have this fault"
    );
    let mut bad = config();
    bad.arrays[0].cache.read_hit = 1.5;
    assert_eq!(
        error(&bad, good),
        "array `array`: `cache.read_hit` is 1.5, but must be 0 to 1"
    );
}

/// Every command has exactly one fate, and the same in every run, whatever
/// breaks.
#[test]
fn fates_are_conserved_and_the_same_again() {
    use crate::models::fabric::fault::RandomFault;
    let mut c = config();
    let law = |ms| {
        Distribution::from(Shape::Exponential {
            mean: Ns::from_ms(ms),
        })
    };
    for (on, kind) in [
        ("hba0", FaultKind::Down),
        ("hba1", FaultKind::Loss(0.2)),
        ("ctl0", FaultKind::Down),
        ("ctl1.p1", FaultKind::BlackHole),
        ("lun1", FaultKind::Busy),
    ] {
        c.random_faults.push(RandomFault {
            on: on.into(),
            fault: kind,
            well: law(700),
            ill: law(150),
        });
    }
    c.arrays[0].media = MediaConfig::Flash(FlashConfig::default());
    let fast = FcConfig {
        fast_io_fail_tmo: Ns::from_ms(50),
        ..Default::default()
    };
    for transport in [Transport::Fc(fast), tcp()] {
        c.transport = transport;
        let run = |seed| {
            let mut san = San::new(&c, Draws::new(seed)).unwrap();
            let mut paths = Vec::new();
            for (i, t) in [
                ("hba0", "ctl0.p0"),
                ("hba1", "ctl0.p1"),
                ("hba0", "ctl1.p1"),
            ] {
                for lun in ["lun0", "lun1"] {
                    paths.push(san.add_path(&path(i, t, lun)).unwrap());
                }
            }
            let mut fates = Vec::new();
            let mut kinds = [0u32; 4];
            for k in 0..30_000u64 {
                let now = Ns(k * 137_000);
                san.advance(now, |_| {});
                let kind = match k % 3 {
                    0 => CommandKind::Write,
                    _ => CommandKind::Read,
                };
                let p = paths[(k % 6) as usize];
                let fate = san.submit(now, p, &command(k, kind, 8 + (k % 5) as u32 * 8));
                if let Fate::Done(at, _) = fate {
                    assert!(at > now);
                }
                kinds[match fate {
                    Fate::Done(..) => 0,
                    Fate::Lost => 1,
                    Fate::Stalled(_) => 2,
                    Fate::Refused(_) => 3,
                }] += 1;
                fates.push(fate);
            }
            let n = san.counts();
            assert_eq!(n.submitted, 30_000);
            assert_eq!(n.done + n.lost + n.stalled + n.refused, n.submitted);
            (fates, kinds)
        };
        let (fates, kinds) = run(1);
        assert_eq!(fates, run(1).0);
        assert_ne!(fates, run(2).0);
        assert!(kinds[0] > 15_000 && kinds[2] > 0, "{kinds:?}");
        // TCP loses nothing, and needs longer to notice.
        let is_fc = matches!(c.transport, Transport::Fc(_));
        assert_eq!([kinds[1] > 0, kinds[3] > 0], [is_fc; 2], "{kinds:?}");
    }
}
