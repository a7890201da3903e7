//! The part of the device that a thread works on (`filesetup.c:setup_files`,
//! 3.33).

use super::act::FioError;
use super::spec::{Amount, Dir, ThreadSpec};

/// Where a thread reads and writes, and how much.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Region {
    /// First byte (`file_offset`).
    pub start: u64,
    /// Length, bytes (`io_size` of the file); it may go past the device.
    pub len: u64,
    /// Length of the device, bytes (`real_file_size`).
    pub device: u64,
    /// `size` once the device is known: what one pass transfers, bytes.
    pub size: u64,
}

impl Region {
    /// The region of `spec` on a device of so many bytes.
    ///
    /// # Errors
    /// An offset past the device, or less than one block.
    pub fn new(spec: &ThreadSpec, device: u64) -> Result<Self, FioError> {
        let start = start_offset(spec, device);
        let left = device.checked_sub(start);
        let min_bs = min_bs(spec);
        let mut size = match spec.size {
            Some(Amount::Bytes(b)) => b,
            _ => 0,
        };
        let mut len = match (size, left) {
            (0, None) => {
                return Err(FioError::OffsetPastDevice {
                    offset: start,
                    device,
                });
            }
            (0, Some(left)) => left,
            (size, _) => size,
        };
        if let Some(Amount::Percent(p)) = spec.size
            && p != 100
        {
            let end = len + start;
            len = percent_of(end, p).min(end - start);
            len -= len % min_bs;
        }
        let total = match spec.io_size {
            Some(Amount::Percent(p)) if p != 100 => percent_of(len, p),
            _ => len,
        };
        if size == 0 || (total != 0 && size > total) {
            size = total;
        }
        if size < min_bs {
            return Err(FioError::SmallerThanBlock {
                size,
                block: min_bs,
            });
        }
        Ok(Region {
            start,
            len,
            device,
            size,
        })
    }

    /// Bytes of the region that the device has, counted from its start as fio
    /// does: not less the offset.
    #[inline]
    pub fn usable(&self) -> u64 {
        self.len.min(self.device)
    }

    /// Whether `bytes` from `offset` on end within the region.
    #[inline]
    pub fn fits(&self, offset: u64, bytes: u64) -> bool {
        offset.saturating_add(bytes) <= self.len.saturating_add(self.start)
    }
}

/// The smallest block of all directions (`td_min_bs`), bytes.
pub fn min_bs(spec: &ThreadSpec) -> u64 {
    let smallest = |d: Dir| spec.sizes[d].min;
    smallest(Dir::Read)
        .min(smallest(Dir::Write))
        .min(smallest(Dir::Trim))
        .max(1)
}

fn percent_of(x: u64, percent: u8) -> u64 {
    (u128::from(x) * u128::from(percent) / 100) as u64
}

/// `filesetup.c:get_start_offset`, 3.33.
fn start_offset(spec: &ThreadSpec, device: u64) -> u64 {
    let in_bytes = |a: Amount| match a {
        Amount::Bytes(b) => b,
        Amount::Percent(p) => percent_of(device, p),
    };
    let relative = |a: Amount| matches!(a, Amount::Percent(p) if p > 0);
    let offset = in_bytes(spec.offset)
        .wrapping_add(u64::from(spec.subjob_number).wrapping_mul(in_bytes(spec.offset_increment)));
    if relative(spec.offset) || relative(spec.offset_increment) {
        let align = spec.offset_align.unwrap_or_else(|| min_bs(spec)).max(1);
        return offset.div_ceil(align).wrapping_mul(align);
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(size: Option<Amount>, offset: Amount) -> ThreadSpec {
        ThreadSpec {
            size,
            offset,
            ..ThreadSpec::default()
        }
    }

    #[test]
    fn whole_device_less_the_offset() {
        let r = Region::new(&spec(None, Amount::Bytes(4096)), 1 << 20).unwrap();
        assert_eq!((r.start, r.len, r.size), (4096, (1 << 20) - 4096, r.len));
    }

    #[test]
    fn clones_start_an_increment_apart() {
        let starts: Vec<u64> = [0, 3, 2, 1]
            .map(|subjob_number| ThreadSpec {
                subjob_number,
                offset_increment: Amount::Bytes(64 << 20),
                size: Some(Amount::Bytes(1 << 20)),
                ..ThreadSpec::default()
            })
            .iter()
            .map(|s| Region::new(s, 1 << 30).unwrap().start >> 20)
            .collect();
        assert_eq!(starts, [0, 192, 128, 64]);
    }

    #[test]
    fn percentages_are_of_the_device() {
        let r = Region::new(
            &spec(Some(Amount::Percent(50)), Amount::Percent(10)),
            1 << 20,
        )
        .unwrap();
        assert_eq!(r.start, 106_496);
        assert_eq!(r.len, 524_288);
    }

    #[test]
    fn impossible_regions_are_refused() {
        assert!(Region::new(&spec(None, Amount::Bytes(2 << 20)), 1 << 20).is_err());
        assert!(Region::new(&spec(Some(Amount::Bytes(512)), Amount::Bytes(0)), 1 << 20).is_err());
    }
}
