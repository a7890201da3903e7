//! The whole way, by hand and by queueing theory.

mod access;
mod loss;
mod sharing;

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
