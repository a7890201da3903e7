//! The delay target: another device, some milliseconds later (`dm-delay.c`,
//! 6.1).

use std::fmt::Write;

use crate::models::io::{DevId, Flags, Op};
use crate::models::mpath::selector::StatusType;
use crate::models::mpath::{ArgSet, CtrEnv, CtrError, scan_u32, scan_u64};

/// Which I/O a class is for.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum DelayClass {
    /// Reads.
    Read,
    /// Writes that do not flush.
    Write,
    /// Flushes, also of writes that flush first.
    Flush,
}

/// Where a class of I/O goes, and when.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Delayed {
    /// The device.
    pub dev: DevId,
    /// Its sector that is the target's first.
    pub start: u64,
    /// Delay, ms; the kernel rounds up to a jiffy. 0 = passed on at once.
    pub delay_ms: u32,
    /// I/Os being held; kept by whoever holds them.
    pub ops: u32,
}

/// `delay { <device> <start> <ms> }`, once for all I/O, twice for reads and
/// others, or three times for reads, writes and flushes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delay {
    classes: [Delayed; 3],
    /// How many were given.
    given: usize,
}

impl Delay {
    /// Reads the target's parameters.
    ///
    /// # Errors
    /// The kernel's text.
    pub fn parse(args: ArgSet, env: &CtrEnv) -> Result<Delay, CtrError> {
        let words = args.rest();
        let refuse = |text: &str| CtrError::invalid(text);
        let class = |words: &[&str]| {
            let &[device, start, delay] = words else {
                return Err(refuse("Requires exactly 3, 6 or 9 arguments"));
            };
            let start = scan_u64(start).ok_or_else(|| refuse("Invalid device sector"))?;
            let delay_ms = scan_u32(delay).ok_or_else(|| refuse("Invalid delay"))?;
            let found = env.device(device);
            let (dev, _) = found.map_err(|errno| CtrError::new("Device lookup failed", errno))?;
            Ok(Delayed {
                dev,
                start,
                delay_ms,
                ops: 0,
            })
        };
        if !matches!(words.len(), 3 | 6 | 9) {
            return Err(refuse("Requires exactly 3, 6 or 9 arguments"));
        }
        let classes = words.chunks(3).map(class).collect::<Result<Vec<_>, _>>()?;
        let of = |index: usize| classes[index.min(classes.len() - 1)];
        Ok(Delay {
            classes: [of(0), of(1), of(2)],
            given: classes.len(),
        })
    }

    /// The class of an I/O.
    #[inline]
    pub fn class(op: Op, flags: Flags) -> DelayClass {
        match op {
            Op::Read => DelayClass::Read,
            Op::Flush => DelayClass::Flush,
            _ if flags.has(Flags::PREFLUSH) => DelayClass::Flush,
            _ => DelayClass::Write,
        }
    }
    /// What is done with I/O of `class`.
    #[inline]
    pub fn of(&mut self, class: DelayClass) -> &mut Delayed {
        &mut self.classes[class as usize]
    }

    pub(super) fn areas(&self, len: u64) -> Vec<(DevId, u64, u64)> {
        let area = |c: &Delayed| (c.dev, c.start, len);
        self.classes.iter().map(area).collect()
    }

    /// Its words of `dmsetup status` or `dmsetup table`.
    pub fn status(
        &self,
        kind: StatusType,
        print_device: &mut dyn FnMut(DevId, &mut String),
    ) -> String {
        let [read, write, flush] = &self.classes;
        if kind == StatusType::Info {
            return format!("{} {} {}", read.ops, write.ops, flush.ops);
        }
        let mut out = String::new();
        for class in &self.classes[..self.given] {
            if !out.is_empty() {
                out.push(' ');
            }
            print_device(class.dev, &mut out);
            let _ = write!(out, " {} {}", class.start, class.delay_ms);
        }
        out
    }
}

impl Delayed {
    /// Where the sector `offset` of the target is.
    #[inline]
    pub fn map(&self, offset: u64) -> (DevId, u64) {
        (self.dev, self.start.wrapping_add(offset))
    }
}
