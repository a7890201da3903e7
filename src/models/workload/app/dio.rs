//! Direct I/O on a block device: from a transfer to bios
//! (`block/fops.c:__blkdev_direct_IO_async`, 6.1).

use super::{AppEnv, AppFrame, Slot, thread};
use crate::models::block::{plug, submit};
use crate::models::host::TaskId;
use crate::models::io::{Bio, EndIo, Flags, Op, SECTOR};
use crate::models::workload::fio::IoUnit;

/// Pages of one bio (`BIO_MAX_VECS`).
const MAX_VECS: u64 = 256;
const PAGE: u64 = 4096;

/// The running task's next steps submit the bios of `unit`. When the last has
/// ended, `waiter` is woken; without one, an event goes to the thread's ring.
pub fn submit<K: AppEnv>(k: &mut K, task: TaskId, t: u16, unit: &IoUnit, waiter: Option<TaskId>) {
    let th = thread(k, t);
    let (dev, dsync) = (th.dev, th.dsync);
    let max_bytes = if unit.op == Op::Discard {
        u64::from(u32::MAX)
    } else {
        MAX_VECS * PAGE
    };
    let pieces = u64::from(unit.len).div_ceil(max_bytes).max(1);
    th.slots[unit.slot as usize] = Slot {
        bios: pieces as u16,
        waiter,
        done: false,
        errno: 0,
        bytes: unit.len,
    };
    let flags = match unit.op {
        Op::Read | Op::Flush => Flags::default(),
        Op::Discard => Flags::SYNC,
        Op::Write if dsync => Flags::SYNC.with(Flags::IDLE).with(Flags::FUA),
        Op::Write => Flags::SYNC.with(Flags::IDLE),
    };
    th.submitted += 1;
    let ident = u64::from(t) << 40 | th.submitted;
    // Every write call on a block device has a plug of its own, a read only if
    // it takes several bios; inside another plug it is void.
    let wants_plug = unit.op == Op::Write || pieces > 1;
    if wants_plug && plug::blk_start_plug(k, task) {
        let frame = K::app_frame(AppFrame::FinishPlug);
        k.host().call(frame);
    }
    // The last to be called is the first to run.
    for i in (0..pieces).rev() {
        let from = i * max_bytes;
        let len = max_bytes.min(u64::from(unit.len) - from);
        let segs = if unit.op == Op::Discard {
            1
        } else {
            len.div_ceil(PAGE) as u16
        };
        let mut bio = Bio::new(
            dev,
            unit.op,
            flags,
            (unit.offset + from) / SECTOR,
            (len / SECTOR) as u32,
            segs,
        );
        bio.ident = ident;
        bio.end_io = EndIo::App {
            thread: t,
            slot: unit.slot,
        };
        let bio = k.block().bios.alloc(bio);
        submit::submit_bio_noacct(k, bio);
    }
}
