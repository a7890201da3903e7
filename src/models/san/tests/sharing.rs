//! What LUNs and hosts share.

use super::*;

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
