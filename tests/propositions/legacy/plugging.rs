//! The plug of a queue, and who opens it.

use mpathsim::models::block::Action;
use mpathsim::models::workload::script::ScriptStep;
use mpathsim::sim::Ns;

use super::{L25, alternating, and_rest, sync_write};
use crate::rig::*;

fn dispatched(hz: u32, steps: Vec<ScriptStep>) -> Vec<Ns> {
    let mut rig = Rig::old(L25, Bio, 1);
    rig.config.host.hz = hz;
    let run = rig.run_on("/dev/p0", and_rest(steps));
    run.on("p0", Action::Issue).iter().map(|e| e.at).collect()
}

#[test]
fn k70_a_lone_write_waits_for_the_plug() {
    for (hz, ms) in [(1000, 3), (250, 4), (100, 10)] {
        assert_eq!(dispatched(hz, vec![write(0)]), [Ns::from_ms(ms)], "HZ {hz}");
    }
    let three = dispatched(1000, scattered(3).collect());
    assert_eq!(three, [Ns::from_ms(3); 3]);
    let four = dispatched(1000, scattered(4).collect());
    assert_eq!(four, [Ns::ZERO; 4]);
    assert_eq!(dispatched(1000, vec![sync_write(0)]), [Ns::ZERO]);
}

#[test]
fn k71_every_path_has_its_own_threshold() {
    let run = Rig::old(L25, Bio, 2)
        .group("round-robin 0 2 1 /dev/p0 1 /dev/p1 1")
        .run(and_rest(scattered(8)));
    assert_eq!(run.mapped(), alternating(0, 8));
    assert_eq!(run.issued_after("p0"), [7; 4]);
    assert_eq!(run.issued_after("p1"), [8; 4]);
}

#[test]
fn a_waiter_opens_the_plug_of_every_path_through_dm() {
    for mode in [Bio, Rq] {
        let at = |waits: bool| {
            let mut steps = vec![write(0), write(100)];
            steps.push(match waits {
                true => ScriptStep::Wait,
                false => ScriptStep::Sleep(Ns::from_ms(50)),
            });
            let run = Rig::old(L25, mode, 2)
                .group("round-robin 0 2 1 /dev/p0 1 /dev/p1 1")
                .run(steps);
            ["p0", "p1"].map(|path| run.on(path, Action::Issue)[0].at)
        };
        assert_eq!(at(true), [Ns::ZERO; 2], "{mode:?}");
        assert_eq!(at(false), [Ns::from_ms(3); 2], "{mode:?}");
    }
}
