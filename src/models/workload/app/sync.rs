//! Synchronous calls: `pread(2)`, `pwrite(2)`, `BLKDISCARD`.

use super::{AppEnv, AppFrame, dio, thread};
use crate::models::block::pop;
use crate::models::host::{Cost, Step, TaskId};
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
        k.host().charge(Cost::DioSubmit);
        dio::submit(k, task, t, &unit, Some(task));
        return Step::Again;
    }
    if !thread(k, t).slots[unit.slot as usize].done {
        return Step::Block;
    }
    pop(k, task);
    Step::Again
}
