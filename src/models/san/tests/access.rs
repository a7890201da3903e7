//! Controllers that fail, and LUNs that move.

use super::*;

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
