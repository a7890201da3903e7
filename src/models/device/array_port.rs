//! A path to an array: the initiator's queue in front of an array port.
//!
//! The port answers at once when a command will be done; TASK SET FULL comes
//! back as a busy device, which a completion restarts.

use super::super::block::driver::blk_mq_start_request;
use super::super::host::Cost;
use super::super::io::{BlkStatus, DevId, Flags, ReqId};
use super::DeviceEnv;
use super::port::{Admission, Command, PortId};

/// A disk behind an array port.
#[derive(Clone, Debug)]
pub struct PortDisk {
    /// Its block device.
    pub dev: DevId,
    /// The port.
    pub port: PortId,
}

/// Takes a command if the port has room for it.
pub fn queue_rq<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId) -> BlkStatus {
    k.host().charge(Cost::QueueRq);
    let port = k.devices().port_disks[usize::from(disk)].port;
    let now = k.host().now() + k.host().costs.of(Cost::Issue);
    let b = k.block();
    let r = &b.reqs[rq];
    let command = Command {
        first_bio: r.bio.map_or(0, |bio| b.bios[bio].ident),
        attempt: 0,
        sectors: r.sectors,
        is_write: r.op.is_write(),
        is_piece: r
            .bio
            .is_some_and(|bio| b.bios[bio].flags.has(Flags::NOMERGE)),
    };
    let d = k.devices();
    let draws = d.draws;
    match d.array.start(port, now, &command, draws) {
        Admission::Full => BlkStatus::DevResource,
        Admission::Done(at) => {
            blk_mq_start_request(k, rq);
            k.host().charge(Cost::Issue);
            k.complete_at(at, rq);
            k.host().charge(Cost::Issued);
            BlkStatus::Ok
        }
    }
}

/// Whether the port could take no more (`blk_lld_busy`).
pub fn lld_busy<K: DeviceEnv>(k: &mut K, disk: u16) -> bool {
    let port = k.devices().port_disks[usize::from(disk)].port;
    let array = &k.devices().array;
    array.held(port) >= array.queue_depth(port)
}

/// A command has ended at the port.
pub fn completed<K: DeviceEnv>(k: &mut K, disk: u16) {
    let port = k.devices().port_disks[usize::from(disk)].port;
    k.devices().array.end(port);
}
