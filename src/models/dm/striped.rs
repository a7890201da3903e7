//! The striped target: chunks of several devices in turn (`dm-stripe.c`, 6.1).

use std::fmt::Write;

use crate::models::io::DevId;
use crate::models::mpath::selector::StatusType;
use crate::models::mpath::{ArgSet, CtrEnv, CtrError, scan_u64};

/// `striped <#stripes> <chunk size> { <device> <start> }+`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Striped {
    /// Sectors of a chunk; not 0. I/O is split at chunk boundaries.
    pub chunk: u32,
    /// Devices and their first sectors; at least one.
    pub stripes: Vec<(DevId, u64)>,
}

impl Striped {
    /// Reads the parameters of a target of `len` sectors.
    ///
    /// # Errors
    /// The kernel's text.
    pub fn parse(mut args: ArgSet, len: u64, env: &CtrEnv) -> Result<Striped, CtrError> {
        let refuse = |text: &str| CtrError::invalid(text);
        if args.len() < 2 {
            return Err(refuse("Not enough arguments"));
        }
        let mut number = |text: &str| {
            let word = args.shift().and_then(|word| word.parse::<u32>().ok());
            word.filter(|&n| n > 0).ok_or_else(|| refuse(text))
        };
        let count = number("Invalid stripe count")?;
        let chunk = number("Invalid chunk_size")?;
        let count = u64::from(count);
        if !len.is_multiple_of(count) {
            let text = "Target length not divisible by number of stripes";
            return Err(refuse(text));
        }
        if !(len / count).is_multiple_of(u64::from(chunk)) {
            return Err(refuse("Target length not divisible by chunk size"));
        }
        if args.len() as u64 != 2 * count {
            return Err(refuse("Not enough destinations specified"));
        }
        let stripe = |pair: &[&str]| {
            let text = "Couldn't parse stripe destination";
            let &[device, start] = pair else {
                return Err(refuse(text));
            };
            let start = scan_u64(start).ok_or_else(|| refuse(text))?;
            let found = env.device(device);
            let (dev, _) = found.map_err(|errno| CtrError::new(text, errno))?;
            Ok((dev, start))
        };
        let stripes = args
            .rest()
            .chunks(2)
            .map(stripe)
            .collect::<Result<_, _>>()?;
        Ok(Striped { chunk, stripes })
    }

    /// Where the sector `offset` of the target is (`stripe_map_sector`).
    #[inline]
    pub fn map(&self, offset: u64) -> (DevId, u64) {
        let chunk = u64::from(self.chunk);
        let stripes = self.stripes.len() as u64;
        let (index, within) = (offset / chunk, offset % chunk);
        let (dev, start) = self.stripes[(index % stripes) as usize];
        (dev, start.wrapping_add(index / stripes * chunk + within))
    }

    /// Sectors from `offset` to the end of its chunk.
    #[inline]
    pub fn max_io(&self, offset: u64) -> u64 {
        let chunk = u64::from(self.chunk);
        chunk - offset % chunk
    }

    pub(super) fn areas(&self, len: u64) -> Vec<(DevId, u64, u64)> {
        let width = len / self.stripes.len() as u64;
        let area = |&(dev, start)| (dev, start, width);
        self.stripes.iter().map(area).collect()
    }

    /// Its words of `dmsetup status` or `dmsetup table`; no stripe is ever
    /// counted as failed.
    pub fn status(
        &self,
        kind: StatusType,
        print_device: &mut dyn FnMut(DevId, &mut String),
    ) -> String {
        let mut out = self.stripes.len().to_string();
        if kind == StatusType::Table {
            let _ = write!(out, " {}", self.chunk);
        }
        for (dev, start) in &self.stripes {
            out.push(' ');
            print_device(*dev, &mut out);
            if kind == StatusType::Table {
                let _ = write!(out, " {start}");
            }
        }
        if kind == StatusType::Info {
            let _ = write!(out, " 1 {}", "A".repeat(self.stripes.len()));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_go_to_the_devices_in_turn() {
        let striped = Striped {
            chunk: 8,
            stripes: vec![(DevId(0), 100), (DevId(1), 0), (DevId(2), 50)],
        };
        assert_eq!(striped.map(0), (DevId(0), 100));
        assert_eq!(striped.map(7), (DevId(0), 107));
        assert_eq!(striped.map(8), (DevId(1), 0));
        assert_eq!(striped.map(23), (DevId(2), 57));
        assert_eq!(striped.map(24), (DevId(0), 108));
        assert_eq!(striped.max_io(5), 3);
        assert_eq!(striped.max_io(8), 8);
    }
}
