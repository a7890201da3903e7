//! What each kind of device announces to the block layer.

use super::DeviceConfig;
use crate::models::block::Limits;
use crate::models::block::limits::BLK_DEF_MAX_SECTORS;

/// The limits of the queue of `device`, as its driver of 6.1 sets them.
pub fn limits(device: &DeviceConfig) -> Limits {
    let mut limits = Limits::default();
    match device {
        // `null_add_dev`
        DeviceConfig::NullBlk(c) => {
            limits.logical_block_size = c.blocksize;
            limits.physical_block_size = c.blocksize;
            if c.max_sectors > 0 {
                limits.set_max_hw_sectors(c.max_sectors);
            }
            if c.memory_backed > 0 && c.discard > 0 {
                limits.max_discard_sectors = (u32::MAX >> 9) & !7;
            }
        }
        DeviceConfig::ScsiDebug(_) => {
            limits.max_sectors = 1024;
            limits.max_hw_sectors = u32::MAX;
            limits.max_segments = 2048;
            limits.max_segment_size = u32::MAX;
            limits.io_opt = 512 * 1024;
        }
        // An HBA's usual limits.
        DeviceConfig::ArrayPort(_) | DeviceConfig::Lun(_) => {
            limits.set_max_hw_sectors(BLK_DEF_MAX_SECTORS);
        }
    }
    limits
}
