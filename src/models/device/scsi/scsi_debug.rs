//! scsi_debug, a host adapter and its disk that exist in memory alone, and the
//! faults that can be injected into it (`drivers/scsi/scsi_debug.c`, 6.1).
//!
//! Its parameters and the counter of commands are the module's: all its hosts
//! share them. (So are its slots; more commands than these at once, which it
//! answers with an error, are not modelled: every disk has `max_queue`.)

use super::super::super::io::Op;
use super::super::DeviceEnv;
use super::super::scripted::touches;
use super::result::{Answer, CmdResult, SenseKey};
use crate::sim::Ns;

/// Reads of certain sectors fail (`SDEBUG_OPT_MEDIUM_ERR`).
pub const OPT_MEDIUM_ERR: u32 = 0x2;
/// Commands are dropped (`SDEBUG_OPT_TIMEOUT`).
pub const OPT_TIMEOUT: u32 = 0x4;
/// Commands fail in transit (`SDEBUG_OPT_TRANSPORT_ERR`).
pub const OPT_TRANSPORT_ERR: u32 = 0x10;
/// The host is busy (`SDEBUG_OPT_HOST_BUSY`).
pub const OPT_HOST_BUSY: u32 = 0x8000;

/// First and last sector of the bad medium (`OPT_MEDIUM_ERR_ADDR`).
const BAD_MEDIUM: (u64, u64) = (0x1234, 0x1234 + 9);
/// UNRECOVERED READ ERROR
const UNREADABLE: Answer = sense(SenseKey::MediumError, 0x11, 0x00);
/// ACK/NAK TIMEOUT
const ACK_NAK_TO: Answer = sense(SenseKey::AbortedCommand, 0x4b, 0x03);

const fn sense(key: SenseKey, asc: u8, ascq: u8) -> Answer {
    Answer {
        result: CmdResult::Sense { key, asc, ascq },
        moved: 0, // scsi_debug says of none that it was moved
    }
}

/// The module.
#[derive(Clone, Debug, Default)]
pub struct ScsiDebug {
    /// `SDEBUG_OPT_*`
    opts: u32,
    /// Every how many commands a fault strikes; 0 = never.
    every_nth: i32,
    /// Commands counted.
    count: u64,
    /// Whether they are (`sdebug_statistics`).
    statistics: bool,
    /// A fault has struck and waits for a command that succeeds
    /// (`sdeb_inject_pending`).
    inject_pending: bool,
    /// Something was written since the last SYNCHRONIZE CACHE.
    write_since_sync: bool,
}

/// What becomes of a command that is queued.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Queued {
    /// It is refused: the host is busy.
    HostBusy,
    /// It is never heard of again.
    Dropped,
    /// It is answered after this long; good, unless it says otherwise.
    After(Ns, Option<Answer>),
}

/// A command, as scsi_debug sees it.
#[derive(Copy, Clone, Debug)]
pub struct Cdb {
    /// What it does.
    pub op: Op,
    /// First sector.
    pub sector: u64,
    /// Sectors.
    pub sectors: u32,
    /// Whether it is answered at once, as INQUIRY is (`F_DELAY_OVERR`).
    pub is_immediate: bool,
}

/// What a disk of scsi_debug was made with.
#[derive(Copy, Clone, Debug)]
pub struct Delays {
    /// `ndelay`
    pub command: Ns,
    /// SYNCHRONIZE CACHE after a write: a twentieth of a second, in whole
    /// jiffies.
    pub sync_cache: Ns,
}

impl ScsiDebug {
    /// Whether commands must be looked at one by one.
    #[inline]
    fn is_armed(&self) -> bool {
        self.statistics || self.opts != 0
    }

    /// `scsi_debug_queuecommand`
    #[inline]
    pub(super) fn queuecommand(&mut self, cdb: &Cdb, delays: &Delays) -> Queued {
        if self.is_armed()
            && let Some(refused) = self.inject(cdb)
        {
            return refused;
        }
        let delay = match cdb.op {
            Op::Flush if std::mem::take(&mut self.write_since_sync) => delays.sync_cache,
            Op::Flush => Ns::ZERO,
            _ if cdb.is_immediate => Ns::ZERO,
            _ => delays.command,
        };
        self.write_since_sync |= cdb.op == Op::Write;
        let answer = if self.opts == 0 {
            None
        } else {
            self.respond(cdb)
        };
        Queued::After(delay, answer)
    }

    /// Counts a command; whether it is refused or dropped.
    #[cold]
    fn inject(&mut self, cdb: &Cdb) -> Option<Queued> {
        let nth = u64::from(self.every_nth.unsigned_abs());
        let mut hit = false;
        if self.statistics {
            self.count += 1;
            hit = nth > 0 && self.count.is_multiple_of(nth);
        }
        if !hit {
            return None;
        }
        if self.opts & OPT_HOST_BUSY != 0 {
            return Some(Queued::HostBusy);
        }
        self.inject_pending = true;
        if self.every_nth < -1 {
            self.every_nth = -1;
        }
        (self.opts & OPT_TIMEOUT != 0 && !cdb.is_immediate).then_some(Queued::Dropped)
    }

    /// The answer to a command that is not good.
    #[cold]
    fn respond(&mut self, cdb: &Cdb) -> Option<Answer> {
        let (first, last) = BAD_MEDIUM;
        let bad = touches(cdb.sector, cdb.sectors, first, last);
        if self.opts & OPT_MEDIUM_ERR != 0 && cdb.op == Op::Read && bad {
            return Some(UNREADABLE);
        }
        let lost = self.opts & OPT_TRANSPORT_ERR != 0 && !cdb.is_immediate;
        (lost && std::mem::take(&mut self.inject_pending)).then_some(ACK_NAK_TO)
    }

    /// Every write of a parameter begins the count towards the next fault
    /// anew (`tweak_cmnd_count`).
    fn tweak_cmnd_count(&mut self) {
        let nth = u64::from(self.every_nth.unsigned_abs());
        if nth >= 2 {
            self.count -= self.count % nth;
        }
    }

    /// Writes `every_nth`.
    pub fn set_every_nth(&mut self, nth: i32) {
        self.every_nth = nth;
        self.statistics |= nth != 0;
        self.tweak_cmnd_count();
    }
    /// Writes `opts`.
    pub fn set_opts(&mut self, opts: u32) {
        self.opts = opts;
        self.tweak_cmnd_count();
    }
}

/// Writes scsi_debug's `every_nth`, if it is given, then its `opts`.
pub fn scsi_debug_write<K: DeviceEnv>(k: &mut K, opts: u32, every_nth: Option<i32>) {
    let module = &mut k.devices().scsi_debug;
    if let Some(nth) = every_nth {
        module.set_every_nth(nth);
    }
    module.set_opts(opts);
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAYS: Delays = Delays {
        command: Ns::from_ms(4),
        sync_cache: Ns::from_ms(48),
    };

    fn read(sector: u64) -> Cdb {
        Cdb {
            op: Op::Read,
            sector,
            sectors: 8,
            is_immediate: false,
        }
    }
    fn good(m: &mut ScsiDebug, cdb: &Cdb) -> Queued {
        m.queuecommand(cdb, &DELAYS)
    }
    const GOOD: Queued = Queued::After(Ns::from_ms(4), None);

    #[test]
    fn the_nth_command_after_the_last_write_is_struck() {
        let mut m = ScsiDebug::default();
        m.set_every_nth(5);
        for _ in 0..3 {
            assert_eq!(good(&mut m, &read(0)), GOOD);
        }
        m.set_opts(OPT_HOST_BUSY);
        for _ in 0..4 {
            assert_eq!(good(&mut m, &read(0)), GOOD);
        }
        assert_eq!(good(&mut m, &read(0)), Queued::HostBusy);
        m.set_opts(OPT_TIMEOUT);
        for _ in 0..4 {
            assert_eq!(good(&mut m, &read(0)), GOOD);
        }
        assert_eq!(good(&mut m, &read(0)), Queued::Dropped);
        m.set_every_nth(0);
        for _ in 0..20 {
            assert_eq!(good(&mut m, &read(0)), GOOD);
        }
    }

    #[test]
    fn a_hit_without_opts_waits_for_the_transport_error() {
        let mut m = ScsiDebug::default();
        m.set_every_nth(2);
        assert_eq!(good(&mut m, &read(0)), GOOD);
        assert_eq!(good(&mut m, &read(0)), GOOD);
        m.set_opts(OPT_TRANSPORT_ERR);
        let lost = Queued::After(Ns::from_ms(4), Some(ACK_NAK_TO));
        assert_eq!(good(&mut m, &read(0)), lost);
        assert_eq!(good(&mut m, &read(0)), lost);
        assert_eq!(good(&mut m, &read(0)), GOOD);
    }

    #[test]
    fn reads_of_the_bad_medium_fail_and_writes_do_not() {
        let mut m = ScsiDebug::default();
        m.set_opts(OPT_MEDIUM_ERR);
        let bad = Queued::After(Ns::from_ms(4), Some(UNREADABLE));
        for (sector, queued) in [(4648, GOOD), (4656, bad), (4664, bad), (4672, GOOD)] {
            assert_eq!(good(&mut m, &read(sector)), queued);
        }
        let write = Cdb {
            op: Op::Write,
            ..read(4656)
        };
        assert_eq!(good(&mut m, &write), GOOD);
    }

    #[test]
    fn a_cache_is_synchronised_once_after_a_write() {
        let mut m = ScsiDebug::default();
        let flush = Cdb {
            op: Op::Flush,
            sectors: 0,
            ..read(0)
        };
        let write = Cdb {
            op: Op::Write,
            ..read(0)
        };
        assert_eq!(good(&mut m, &flush), Queued::After(Ns::ZERO, None));
        good(&mut m, &write);
        assert_eq!(good(&mut m, &flush), Queued::After(DELAYS.sync_cache, None));
        assert_eq!(good(&mut m, &flush), Queued::After(Ns::ZERO, None));
    }
}
