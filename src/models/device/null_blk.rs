//! null_blk in its blk-mq mode (`drivers/block/null_blk/main.c`, 6.1): one timer
//! a command, started at issue, whatever the command's size and the load.

use super::super::block::dispatch::blk_mq_start_request;
use super::super::host::Cost;
use super::super::io::{BlkStatus, ReqId};
use super::{DeviceEnv, NullBlkConfig};
use crate::sim::Ns;

/// A null_blk device.
#[derive(Clone, Debug)]
pub struct NullBlk {
    /// Its attributes.
    pub config: NullBlkConfig,
}

/// `irqmode` 2: completion by timer.
const IRQ_TIMER: u8 = 2;

/// `null_queue_rq`: never busy.
pub fn queue_rq<K: DeviceEnv>(k: &mut K, nullb: u16, rq: ReqId) -> BlkStatus {
    blk_mq_start_request(k, rq);
    let c = &k.devices().null_blks[usize::from(nullb)].config;
    let delay = if c.irqmode == IRQ_TIMER {
        c.completion_nsec
    } else {
        Ns::ZERO
    };
    let at = k.host().now() + delay;
    k.complete_at(at, rq);
    k.host().charge(Cost::Issue);
    BlkStatus::Ok
}
