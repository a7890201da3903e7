//! What `dmsetup status` and `dmsetup table` print (`multipath_status`, 6.1, and
//! where it was another in 2.6.25 and 2.6.31).

use std::fmt::Write;

use super::selector::{PathSelector, StatusType};
use super::target::{Multipath, QueueMode};
use crate::models::io::DevId;
use crate::models::planted::{self, Defect};

impl Multipath {
    /// The target's words of `dmsetup status` or `dmsetup table`, without a
    /// blank at the end. `print_device` appends a device's name or number.
    pub fn status(
        &self,
        kind: StatusType,
        mut print_device: impl FnMut(DevId, &mut String),
    ) -> String {
        let mut out = match kind {
            StatusType::Info => {
                // Old kernels print how much the target keeps (`queue_size`).
                let held = match self.facts {
                    None => u32::from(self.queue_io),
                    Some(_) => self.queue_size,
                };
                format!("2 {held} {} 0 ", self.pg_init.count)
            }
            StatusType::Table => self.print_features(),
        };
        let _ = write!(out, "{} {} ", self.groups.len(), self.group_shown());
        for (number, group) in (0u16..).zip(&self.groups) {
            let selector = &group.selector;
            out += match kind {
                StatusType::Table => selector.name(),
                StatusType::Info if group.bypassed => "D",
                StatusType::Info if self.current_pg == Some(number) => "A",
                StatusType::Info => "E",
            };
            out.push(' ');
            selector.status(None, kind, &mut out);
            let _ = write!(out, "{} {} ", group.len, selector.status_args(kind));
            for path in group.paths() {
                let p = &self.paths[usize::from(path.0)];
                print_device(p.dev, &mut out);
                if kind == StatusType::Info {
                    let hides = planted::has(Defect::StatusHidesFailure);
                    let letter = if p.active || hides { 'A' } else { 'F' };
                    let _ = write!(out, " {letter} {}", p.fail_count);
                }
                out.push(' ');
                selector.status(Some(usize::from(p.index)), kind, &mut out);
            }
        }
        out.truncate(out.trim_end().len());
        out
    }

    /// The number of the group to be used next or now, from 1; 0 without
    /// groups.
    pub fn group_shown(&self) -> usize {
        match self.next_pg.or(self.current_pg) {
            Some(group) => usize::from(group) + 1,
            None => usize::from(!self.groups.is_empty()),
        }
    }

    fn print_features(&self) -> String {
        let mut words = Vec::new();
        if self.queue_if_no_path {
            words.push("queue_if_no_path".to_string());
        }
        if self.pg_init.retries > 0 {
            words.extend(["pg_init_retries".into(), self.pg_init.retries.to_string()]);
        }
        if let Some(ms) = self.pg_init.delay_msecs {
            words.extend(["pg_init_delay_msecs".into(), ms.to_string()]);
        }
        if self.retain_attached_hw_handler {
            words.push("retain_attached_hw_handler".into());
        }
        // A word of 4.8 and later; before, the table had no say in the mode.
        if self.mode == QueueMode::Bio && self.facts.is_none() {
            words.extend(["queue_mode".into(), "bio".into()]);
        }
        let mut out = format!("{} ", words.len());
        for word in words {
            out += &word;
            out.push(' ');
        }
        match &self.handler {
            Some(handler) => out += &format!("1 {handler} "),
            None => out += "0 ",
        }
        out
    }
}
