//! Flushes on their way through a map.

use mpathsim::models::io::{Flags, Op};
use mpathsim::models::workload::script::{ScriptBio, ScriptStep};
use mpathsim::sim::Ns;

use crate::rig::*;

fn flush_before(sectors: u32) -> ScriptStep {
    ScriptStep::Bio(ScriptBio {
        flags: Flags::PREFLUSH,
        ..ScriptBio::new(Op::Write, 0, sectors)
    })
}

/// I/Os of writing, and sectors, that a device has counted.
fn written(run: &Run, name: &str) -> (u64, u64) {
    let dev = &run.machine.block.devs[usize::from(run.dev(name).0)];
    let count = &dev.count.dirs[Op::Write as usize];
    (count.ios, count.sectors)
}

#[test]
fn data_follow_their_flush_on_a_path_without_a_write_cache() {
    let run = Rig::new(Bio, 2)
        .null_blk(1, |c| {
            c.memory_backed = 1;
            c.cache_size = 1;
        })
        .run(vec![flush_before(16)]);
    // The flush goes to p0, which has nothing to flush; the data go to p1.
    assert_eq!(run.mapped(), ["p0", "p1"]);
    assert_eq!(written(&run, "dm-0"), (2, 16));
    assert_eq!(run.issued("p1"), [(0, 16)]);
}

#[test]
fn a_disk_takes_any_number_of_flushes() {
    for mode in [Bio, Rq] {
        let flushes = (0..20).flat_map(|_| [flush_before(0), ScriptStep::Wait]);
        let run = Rig::new(mode, 1)
            .scsi(0, 2, Ns::from_ms(1))
            .run(flushes.collect());
        assert_eq!(written(&run, "dm-0"), (20, 0), "{mode:?}");
        assert_eq!(run.sizes("p0"), [0; 20], "{mode:?}");
    }
}
