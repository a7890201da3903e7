//! Messages to the target (`dmsetup message`; `multipath_message`, 6.1).

use super::errno::Errno;
use super::lookup::{DeviceLookup, get_device};
use super::path::PathIdx;
use super::scan::scan_u32;
use super::target::{Effects, Multipath, Timer};

impl Multipath {
    /// Takes a message, already split into words.
    ///
    /// # Errors
    /// `EBUSY` while the device is suspended, `EINVAL` for a message, group or
    /// path that does not exist here, and what [`get_device`] says of a device.
    pub fn message(&mut self, words: &[&str], lookup: &dyn DeviceLookup) -> Result<Effects, Errno> {
        if self.suspended {
            return Err(Errno::Ebusy);
        }
        let verb = words.first().copied().unwrap_or_default();
        let lower = verb.to_ascii_lowercase();
        match (lower.as_str(), words) {
            ("queue_if_no_path", [_]) => {
                let effects = self.set_queue_if_no_path(true, false);
                Ok(effects.and(self.enable_nopath_timeout()))
            }
            ("fail_if_no_path", [_]) => Ok(Effects {
                timer: Timer::Stop,
                ..self.set_queue_if_no_path(false, false)
            }),
            ("disable_group", [_, group]) => {
                let group = self.group_number(group, "bypass_pg")?;
                Ok(self.bypass_pg(group, true))
            }
            ("enable_group", [_, group]) => {
                let group = self.group_number(group, "bypass_pg")?;
                Ok(self.bypass_pg(group, false))
            }
            ("switch_group", [_, group]) => {
                let group = self.group_number(group, "switch_pg_num")?;
                Ok(self.switch_pg(group))
            }
            ("reinstate_path", [_, device]) => {
                self.for_device(device, lookup, Multipath::reinstate_path)
            }
            ("fail_path", [_, device]) => self.for_device(device, lookup, Multipath::fail_path),
            (_, [_, _]) => {
                self.warn(format!("Unrecognised multipath message received: {verb}"));
                Err(Errno::Einval)
            }
            _ => {
                let n = words.len();
                self.warn(format!(
                    "Invalid multipath message arguments. Expected 2 arguments, got {n}."
                ));
                Err(Errno::Einval)
            }
        }
    }

    fn warn(&mut self, text: String) {
        self.log.push(format!("device-mapper: multipath: {text}"));
    }

    /// Reads the number of a group, which counts from 1.
    fn group_number(&mut self, text: &str, function: &str) -> Result<u16, Errno> {
        let number = scan_u32(text).filter(|n| (1..=self.groups.len() as u32).contains(n));
        if number.is_none() {
            self.warn(format!("invalid PG number supplied to {function}"));
        }
        number.map(|n| (n - 1) as u16).ok_or(Errno::Einval)
    }

    /// Does `action` to every path over the device named (`action_dev`).
    fn for_device(
        &mut self,
        text: &str,
        lookup: &dyn DeviceLookup,
        action: impl Fn(&mut Multipath, PathIdx) -> Effects,
    ) -> Result<Effects, Errno> {
        let dev = get_device(lookup, text)
            .inspect_err(|_| self.warn(format!("message: error getting device {text}")))?;
        let mut result: Result<Effects, Errno> = Err(Errno::Einval);
        for path in (0..self.paths.len() as u16).map(PathIdx) {
            if self.dev(path) == dev {
                let effects = action(self, path);
                result = Ok(result.unwrap_or_default().and(effects));
            }
        }
        result
    }
}
