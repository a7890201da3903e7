//! The linear target: a stretch of another device (`dm-linear.c`, 6.1).

use crate::models::io::DevId;
use crate::models::mpath::selector::StatusType;
use crate::models::mpath::{ArgSet, CtrEnv, CtrError, scan_u64};

/// `linear <device> <start>`
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Linear {
    /// The device.
    pub dev: DevId,
    /// Its sector that is the target's first.
    pub start: u64,
}

impl Linear {
    /// Reads the target's parameters.
    ///
    /// # Errors
    /// The kernel's text.
    pub fn parse(args: ArgSet, env: &CtrEnv) -> Result<Linear, CtrError> {
        let &[device, start] = args.rest() else {
            return Err(CtrError::invalid("Invalid argument count"));
        };
        let start = scan_u64(start).ok_or_else(|| CtrError::invalid("Invalid device sector"))?;
        let dev = env
            .device(device)
            .map_err(|errno| CtrError::new("Device lookup failed", errno))?
            .0;
        Ok(Linear { dev, start })
    }
    /// Where the sector `offset` of the target is.
    #[inline]
    pub fn map(&self, offset: u64) -> (DevId, u64) {
        (self.dev, self.start.wrapping_add(offset))
    }
    /// Its words of `dmsetup status` or `dmsetup table`.
    pub fn status(
        &self,
        kind: StatusType,
        print_device: &mut dyn FnMut(DevId, &mut String),
    ) -> String {
        let mut out = String::new();
        if kind == StatusType::Table {
            print_device(self.dev, &mut out);
            out += &format!(" {}", self.start);
        }
        out
    }
}
