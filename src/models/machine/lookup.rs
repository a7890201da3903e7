//! How tables find the devices of the machine.

use super::super::block::BlockLayer;
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
}

impl DeviceLookup for Devs<'_> {
    fn by_path(&self, path: &str) -> Option<DevId> {
        let map = path.strip_prefix("/dev/mapper/").unwrap_or(path);
        if let Some((_, dev)) = self.maps.iter().find(|(name, _)| name == map) {
            return Some(*dev);
        }
        let name = path.strip_prefix("/dev/").unwrap_or(path);
        self.block
            .devs
            .iter()
            .position(|d| d.name == name)
            .map(|i| DevId(i as u16))
    }
    fn by_devno(&self, devno: (u32, u32)) -> Option<DevId> {
        self.block
            .devs
            .iter()
            .position(|d| d.devno == devno)
            .map(|i| DevId(i as u16))
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
            scsi: d.devno.0 == 8,
            handler: disk.and_then(|disk| disk.handler.as_ref().map(|h| h.name.clone())),
        }
    }
}
