//! How a table or message finds the devices it names.

use super::errno::Errno;
use super::scan::scan_devno;
use crate::models::io::DevId;

/// What device-mapper wants to know about a device it is to stand on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DeviceInfo {
    /// Kernel name: `sda`, `p0`, `dm-1`.
    pub name: String,
    /// Major and minor number.
    pub devno: (u32, u32),
    /// Size, sectors of 512 bytes.
    pub sectors: u64,
    /// Has a blk-mq request queue: a leaf, or a request-based dm device.
    pub mq: bool,
    /// Is a partition.
    pub partition: bool,
    /// Is a SCSI disk: a hardware handler can be attached.
    pub scsi: bool,
    /// The hardware handler already attached to it.
    pub handler: Option<String>,
}

impl DeviceInfo {
    /// The number as device-mapper prints it, `major:minor`.
    pub fn devno_text(&self) -> String {
        format!("{}:{}", self.devno.0, self.devno.1)
    }
    /// Whether a request-based table may use it
    /// (`dm-table.c:device_is_not_rq_stackable`, 6.1).
    pub fn rq_stackable(&self) -> bool {
        self.mq && !self.partition
    }
}

/// The devices of the simulated computer.
pub trait DeviceLookup {
    /// The device called `path`: `/dev/sda`, `/dev/mapper/mpatha`, or a bare
    /// kernel name.
    fn by_path(&self, path: &str) -> Option<DevId>;
    /// The device of this number.
    fn by_devno(&self, devno: (u32, u32)) -> Option<DevId>;
    /// What is known of `dev`.
    fn info(&self, dev: DevId) -> DeviceInfo;
}

/// Finds the device a table argument or message names (`dm-table.c:dm_get_device`).
///
/// # Errors
/// `ENODEV` where no such path exists, `ENXIO` where nothing answers to the
/// number, `EOVERFLOW` where it is none: a major number has 12 bits, a minor
/// number 20 (`MKDEV`).
pub fn get_device(lookup: &dyn DeviceLookup, text: &str) -> Result<DevId, Errno> {
    match scan_devno(text) {
        Some((major, minor)) if major >> 12 != 0 || minor >> 20 != 0 => Err(Errno::Eoverflow),
        Some(devno) => lookup.by_devno(devno).ok_or(Errno::Enxio),
        None => lookup.by_path(text).ok_or(Errno::Enodev),
    }
}
