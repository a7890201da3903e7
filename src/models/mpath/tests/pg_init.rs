//! Initialising groups.

use super::*;

/// Two SCSI paths in one group, with the alua handler.
fn alua(features: &str) -> Multipath {
    multipath(&format!(
        "{features} 1 alua 1 1 round-robin 0 2 1 8:0 1 8:16 1"
    ))
}

/// Lets the handler begin with all paths queued for activation; their delays.
fn activate(m: &mut Multipath) -> Vec<(u16, Ns)> {
    let queued = m.take_activations();
    for a in &queued {
        assert!(m.activation_begins(a.path, false));
    }
    queued.iter().map(|a| (a.path.0, a.delay)).collect()
}

#[test]
fn k56_io_waits_until_the_group_is_initialised() {
    let mut m = alua("0");
    assert_eq!(m.map_rq(&ctx()), MapRq::DelayRequeue { activate: true });
    assert!(m.is_busy(|_| false), "pg_init in progress");
    assert_eq!(activate(&mut m), [(0, Ns::ZERO), (1, Ns::ZERO)]);
    assert_eq!(m.pg_init_done(PathIdx(0), DhResult::Ok), Effects::default());
    assert_eq!(info(&m), "2 1 1 0 1 1 A 0 2 0 8:0 A 0 8:16 A 0");
    let effects = m.pg_init_done(PathIdx(1), DhResult::Ok);
    assert!(effects.process_queued && !effects.activate);
    assert_eq!(info(&m), "2 0 1 0 1 1 A 0 2 0 8:0 A 0 8:16 A 0");
    assert!(matches!(m.map_rq(&ctx()), MapRq::Remapped(_)));
    assert!(!m.is_busy(|_| false));
}

/// Answers every activation with `result` until the path fails; the delays of
/// the rounds.
fn rounds(m: &mut Multipath, result: DhResult) -> Vec<Ns> {
    let mut delays = Vec::new();
    let _ = m.map_rq(&ctx());
    loop {
        let round = activate(m);
        let Some(&(path, delay)) = round.first() else {
            return delays;
        };
        delays.push(delay);
        let _ = m.pg_init_done(PathIdx(path), result);
    }
}

#[test]
fn k57_retries_are_spaced_or_not_and_limited() {
    let one_path = "2 pg_init_retries 3 1 alua 1 1 round-robin 0 1 1 8:0 1";
    let mut m = multipath(one_path);
    let waits = [0, 2000, 2000, 2000].map(Ns::from_ms);
    assert_eq!(rounds(&mut m, DhResult::Retry), waits);
    assert_eq!(m.nr_valid_paths(), 0);
    let mut m = multipath(one_path);
    assert_eq!(rounds(&mut m, DhResult::ImmRetry), [Ns::ZERO; 4]);
    let mut m =
        multipath("4 pg_init_retries 1 pg_init_delay_msecs 70 1 alua 1 1 round-robin 0 1 1 8:0 1");
    assert_eq!(rounds(&mut m, DhResult::Retry), [0, 70].map(Ns::from_ms));
}

#[test]
fn k58_a_busy_controller_is_bypassed_and_retried_late() {
    let mut m = multipath("0 1 alua 2 1 round-robin 0 1 1 8:0 1 round-robin 0 1 1 8:16 1");
    let _ = m.map_rq(&ctx());
    assert_eq!(activate(&mut m), [(0, Ns::ZERO)]);
    let effects = m.pg_init_done(PathIdx(0), DhResult::DevTempBusy);
    assert!(effects.event && effects.process_queued);
    assert!(m.groups()[0].bypassed);
    let _ = m.map_rq(&ctx());
    assert_eq!(activate(&mut m), [(1, Ns::ZERO)]);

    let mut m = multipath("0 1 alua 1 1 round-robin 0 1 1 8:0 1");
    let _ = m.map_rq(&ctx());
    activate(&mut m);
    let _ = m.pg_init_done(PathIdx(0), DhResult::DevTempBusy);
    let _ = m.map_rq(&ctx());
    assert_eq!(activate(&mut m), [(0, Ns::from_ms(2000))]);
}

#[test]
fn a_handler_error_fails_the_path_and_says_so() {
    let mut m = alua("0");
    let _ = m.map_rq(&ctx());
    activate(&mut m);
    let _ = m.pg_init_done(PathIdx(0), DhResult::NoSys);
    assert_eq!(
        m.take_log(),
        [
            "device-mapper: multipath: Could not failover the device: \
             Handler scsi_dh_alua Error 16.",
            "device-mapper: multipath: 254:0: Failing path 8:0.",
        ]
    );
    let _ = m.pg_init_done(PathIdx(1), DhResult::Ok);
    assert!(matches!(m.map_rq(&ctx()), MapRq::Remapped(PathIdx(1))));
    // A path of the current group that comes back is activated by itself.
    assert!(m.reinstate_path(PathIdx(0)).activate);
    assert_eq!(activate(&mut m), [(0, Ns::ZERO)]);
}
