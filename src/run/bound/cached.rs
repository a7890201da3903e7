//! What of buffered I/O reaches the devices: of each byte that jobs read or wrote
//! through the page cache, the part that was read or written below it in the run.
//! The rest takes no device's time.

use crate::models::workload::fio::spec::Dir;
use crate::run::outcome::{DeviceOutcome, Outcome};

/// Bytes that `devices` moved in the direction `dir`.
fn moved(devices: &[&DeviceOutcome], dir: Dir) -> f64 {
    let sectors: u64 = devices
        .iter()
        .map(|device| match dir {
            Dir::Read => device.read.sectors,
            Dir::Write => device.write.sectors,
            Dir::Trim => 0,
        })
        .sum();
    512.0 * sectors as f64
}

/// The part, 0 to 1, of `buffered` bytes that went on to the devices called `names`,
/// where jobs moved `direct` bytes past the cache.
pub fn part(outcome: &Outcome, names: &[&str], dir: Dir, direct: f64, buffered: f64) -> f64 {
    if buffered <= 0.0 {
        return 0.0;
    }
    let is_one = |device: &&DeviceOutcome| names.contains(&device.name.as_str());
    let devices: Vec<&DeviceOutcome> = outcome.devices.iter().filter(is_one).collect();
    ((moved(&devices, dir) - direct) / buffered).clamp(0.0, 1.0)
}
