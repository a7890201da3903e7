//! Synchronous calls: `pread(2)`, `pwrite(2)`, `BLKDISCARD`
//! (`block/fops.c:__blkdev_direct_IO_simple`, `block/ioctl.c`, 6.1).
//!
//! A write or a discard sleeps inside the plug of its own call, so its request
//! is not issued by the caller but handed to kblockd.

use super::{AppEnv, AppFrame, Slot, dio, page_io, thread};
use crate::models::block::{plug, pop};
use crate::models::host::{Cost, Step, TaskId};
use crate::models::io::{Op, SECTOR};
use crate::models::workload::fio::IoUnit;

/// Submits the call's bios, then sleeps until the last has ended.
pub fn step<K: AppEnv>(k: &mut K, task: TaskId, t: u16, unit: IoUnit, submitted: bool) -> Step {
    if !submitted {
        if let Some(top) = k.host().tasks[task.index()].stack.last_mut() {
            *top = K::app_frame(AppFrame::Sync {
                thread: t,
                unit,
                submitted: true,
            });
        }
        if unit.op == Op::Discard
            && let Err(errno) = check_discard(k, t, &unit)
        {
            thread(k, t).slots[unit.slot as usize] = Slot::failed(errno);
            return Step::Again;
        }
        if !dio::is_buffered(k, t, &unit) {
            k.host().charge(Cost::DioSubmit);
            if unit.op != Op::Read {
                plug::blk_start_plug(k, task);
            }
        }
        dio::start(k, task, t, &unit, Some(task));
        return Step::Again;
    }
    if !thread(k, t).slots[unit.slot as usize].done {
        return page_io::sleep(k, task);
    }
    pop(k, task);
    if unit.op != Op::Read {
        plug::blk_finish_plug(k, task);
    }
    Step::Again
}

const EINVAL: i32 = 22;
const EOPNOTSUPP: i32 = 95;

/// `blk_ioctl_discard`, `__blkdev_issue_discard`: what is refused before any
/// bio is made.
fn check_discard<K: AppEnv>(k: &mut K, t: u16, unit: &IoUnit) -> Result<(), i32> {
    let dev = thread(k, t).dev;
    let limits = k.block().dev(dev).limits;
    let block = u64::from(limits.logical_block_size).max(SECTOR);
    if !(unit.offset | u64::from(unit.len)).is_multiple_of(block) {
        return Err(EINVAL);
    }
    if limits.max_discard_sectors == 0 {
        return Err(EOPNOTSUPP);
    }
    Ok(())
}
