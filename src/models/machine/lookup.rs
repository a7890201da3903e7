//! How tables find the devices of the machine.

use super::super::block::{BlockDev, BlockLayer};
use super::super::device::scsi::ScsiDisk;
use super::super::io::DevId;
use super::super::mpath::{DeviceInfo, DeviceLookup};

/// The block devices there are so far.
pub struct Devs<'a> {
    /// The block layer.
    pub block: &'a BlockLayer,
    /// The SCSI disks among them.
    pub scsi: &'a [ScsiDisk],
    /// Names of maps and their devices.
    pub maps: &'a [(String, DevId)],
    /// Devices that the map in question has open (`md->table_devices`).
    pub open: &'a [DevId],
}

impl Devs<'_> {
    /// The device that `is_it` says. One that was removed can be opened no more
    /// (`blkdev_get_by_dev`), but a map that has it open may use it again, by the
    /// number that names stand for here (`dm.c:dm_get_table_device`, 6.1).
    fn opened(&self, is_it: impl Fn(&BlockDev) -> bool) -> Option<DevId> {
        let found = self.block.devs.iter().position(is_it);
        let dev = found.map(|i| DevId(i as u16))?;
        let is_dead = self.block.devs[usize::from(dev.0)].is_dead;
        (!is_dead || self.open.contains(&dev)).then_some(dev)
    }
}

impl DeviceLookup for Devs<'_> {
    fn by_path(&self, path: &str) -> Option<DevId> {
        let map = path.strip_prefix("/dev/mapper/").unwrap_or(path);
        if let Some((_, dev)) = self.maps.iter().find(|(name, _)| name == map) {
            return Some(*dev);
        }
        let name = path.strip_prefix("/dev/").unwrap_or(path);
        self.opened(|d| d.name == name)
    }
    fn by_devno(&self, devno: (u32, u32)) -> Option<DevId> {
        self.opened(|d| d.devno == devno)
    }
    fn info(&self, dev: DevId) -> DeviceInfo {
        let d = &self.block.devs[usize::from(dev.0)];
        let disk = self.scsi.iter().find(|disk| disk.dev == dev);
        DeviceInfo {
            name: d.name.clone(),
            devno: d.devno,
            sectors: d.capacity,
            mq: !d.is_bio_based(),
            partition: false,
            scsi: disk.is_some(),
            handler: disk.and_then(|disk| disk.handler.as_ref().map(|h| h.name.clone())),
        }
    }
}
