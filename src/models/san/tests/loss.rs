//! What is lost, torn or held on the way.

use super::*;

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
