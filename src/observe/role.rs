//! What a block device is to a probe.

use crate::models::config::MachineConfig;
use crate::models::device::DeviceConfig;

/// What a block device is.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// The end of a path, with a request queue.
    Leaf,
    /// The end of a path that takes bios.
    BioLeaf,
    /// A multipath device.
    Multipath,
    /// Another device-mapper device.
    Between,
}

/// The devices of `config`, in the order in which a machine creates them.
pub fn roles(config: &MachineConfig) -> Vec<Role> {
    let leaves = config.devices.iter().map(|d| match &d.device {
        DeviceConfig::NullBlk(c) if c.queue_mode == 0 => Role::BioLeaf,
        _ => Role::Leaf,
    });
    let maps = config.maps.iter().map(|map| {
        if map.table.contains(" multipath ") {
            Role::Multipath
        } else {
            Role::Between
        }
    });
    leaves.chain(maps).collect()
}
