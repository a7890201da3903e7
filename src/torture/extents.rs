//! What happens to the data: every sector has a version, which the
//! application's writes raise and devices take over.

use crate::models::block::Subject;
use crate::models::io::{DevId, Op};
use crate::sim::Ns;

/// What is known of a sector of the map.
#[derive(Copy, Clone, Debug, Default)]
struct Sector {
    /// Writes, then reads, that the map has and that are not over.
    open: [u16; 2],
    /// When the first of those was submitted, as a count of events.
    since: [u32; 2],
    /// When a device last carried out a write, or read, of it.
    done: [u32; 2],
    /// Version of the last write that was submitted.
    submitted: u32,
    /// Newest version that the application knows to be written.
    acked: u32,
}

/// A write that a device was sent.
#[derive(Copy, Clone, Debug)]
struct Issued {
    at: Ns,
    dev: DevId,
    sector: u64,
    sectors: u32,
    /// How many writes had been submitted by then.
    version: u32,
}

/// A write that the host has given up and that is carried out all the same.
#[derive(Clone, Debug)]
struct Late {
    due: Ns,
    given_up: Ns,
    issued: Issued,
    /// The newest version of each of its sectors that was acknowledged then.
    acked: Vec<u32>,
}

/// A write that a device carried out after the host had given it up and a
/// retry of it, or something newer, had been acknowledged.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct LateWrite {
    /// The device that it was sent to.
    pub dev: DevId,
    /// Its first sector.
    pub sector: u64,
    /// Its sectors.
    pub sectors: u32,
    /// When it was sent.
    pub issued: Ns,
    /// When the host gave it up.
    pub given_up: Ns,
    /// When it was carried out.
    pub landed: Ns,
    /// Whether it put older data in the place of newer.
    pub over_newer: bool,
}

/// What late writes there were.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Hazards {
    /// Writes that a device carried out after the host had given them up and a
    /// retry of them had been acknowledged.
    pub late_writes: u64,
    /// Those of them that put older data in the place of newer.
    pub overwrote_newer: u64,
}

impl Hazards {
    /// How many of `writes` there are.
    pub fn of(writes: &[LateWrite]) -> Self {
        Hazards {
            late_writes: writes.len() as u64,
            overwrote_newer: writes.iter().filter(|w| w.over_newer).count() as u64,
        }
    }
}

impl std::ops::AddAssign for Hazards {
    fn add_assign(&mut self, other: Hazards) {
        self.late_writes += other.late_writes;
        self.overwrote_newer += other.overwrote_newer;
    }
}

/// The data of one map.
#[derive(Clone, Debug, Default)]
pub struct Extents {
    sectors: Vec<Sector>,
    /// Events so far.
    clock: u32,
    version: u32,
    issued: Vec<Issued>,
    late: Vec<Late>,
    /// What late writes there were.
    pub hazards: Vec<LateWrite>,
    /// Sectors of the map that ended well.
    pub ended: u64,
    /// Commands of devices that failed, or parts of them.
    pub refusals: u64,
    /// Sectors that devices carried out well.
    pub carried_out: u64,
}

/// 0 for a write, 1 for a read; other operations are not followed.
fn class(op: Op) -> Option<usize> {
    match op {
        Op::Write => Some(0),
        Op::Read => Some(1),
        _ => None,
    }
}

impl Extents {
    /// Data of so many sectors.
    pub fn new(sectors: u64) -> Self {
        Extents {
            sectors: vec![Sector::default(); sectors as usize],
            ..Extents::default()
        }
    }

    fn range(&mut self, s: &Subject) -> &mut [Sector] {
        let len = self.sectors.len();
        let from = (s.sector as usize).min(len);
        let to = (from + s.sectors as usize).min(len);
        &mut self.sectors[from..to]
    }

    /// The application has given the map a bio.
    pub fn submitted(&mut self, s: &Subject) {
        let Some(class) = class(s.op) else { return };
        self.clock += 1;
        self.version += u32::from(class == 0);
        let (clock, version) = (self.clock, self.version);
        for sector in self.range(s) {
            if sector.open[class] == 0 {
                sector.since[class] = clock;
            }
            sector.open[class] += 1;
            if class == 0 {
                sector.submitted = version;
            }
        }
    }

    /// A device was sent a command.
    pub fn issued(&mut self, at: Ns, dev: DevId, s: &Subject) {
        if s.op == Op::Write {
            self.issued.push(Issued {
                at,
                dev,
                sector: s.sector,
                sectors: s.sectors,
                version: self.version,
            });
        }
    }

    /// A device has carried out, well, a command or a part of one.
    pub fn carried_out(&mut self, s: &Subject) {
        let Some(class) = class(s.op) else { return };
        self.clock += 1;
        self.carried_out += u64::from(s.sectors);
        let clock = self.clock;
        for sector in self.range(s) {
            sector.done[class] = clock;
        }
    }

    /// The map has ended an I/O or a part of one.
    ///
    /// # Errors
    /// It says that it went well, and no device has done it since it came; or
    /// there was no such I/O.
    pub fn ended(&mut self, at: Ns, s: &Subject, is_good: bool) -> Result<(), String> {
        let Some(class) = class(s.op) else {
            return Ok(());
        };
        self.land(at);
        let first = s.sector;
        let mut wrong = None;
        for (n, sector) in self.range(s).iter_mut().enumerate() {
            if sector.open[class] == 0 {
                wrong = wrong.or(Some((n, "twice: ended again or never begun")));
                continue;
            }
            if is_good && sector.done[class] < sector.since[class] {
                wrong = wrong.or(Some((n, "lost: ended well, but no device did it")));
            }
            sector.open[class] -= 1;
            // Of writes that overlap in time nobody knows which came last.
            if is_good && class == 0 && sector.open[0] == 0 {
                sector.acked = sector.submitted;
            }
        }
        if is_good {
            self.ended += u64::from(s.sectors);
        }
        match wrong {
            Some((n, what)) => {
                let verb = ["write", "read"][class];
                Err(format!("{what}: {verb} of sector {}", first + n as u64))
            }
            None => Ok(()),
        }
    }

    /// The host has given up, at `at`, a write that is carried out all the same,
    /// at `due`.
    pub fn given_up(&mut self, at: Ns, dev: DevId, s: &Subject, issued: Ns, due: Ns) {
        let same = |i: &&Issued| {
            i.dev == dev && i.at == issued && (i.sector, i.sectors) == (s.sector, s.sectors)
        };
        if s.op == Op::Write
            && let Some(&issued) = self.issued.iter().find(same)
        {
            let acked = self.range(s).iter().map(|sector| sector.acked).collect();
            self.late.push(Late {
                due,
                given_up: at,
                issued,
                acked,
            });
        }
    }

    /// Late writes that are due by `now` are carried out.
    pub fn land(&mut self, now: Ns) {
        while let Some(at) = self.late.iter().position(|late| late.due <= now) {
            let late = self.late.swap_remove(at);
            let write = late.issued;
            let from = (write.sector as usize).min(self.sectors.len());
            let touched = &self.sectors[from..from + late.acked.len()];
            let over_newer = touched.iter().any(|s| s.acked > write.version);
            let mut pairs = touched.iter().zip(&late.acked);
            if over_newer || pairs.any(|(s, then)| s.acked > *then) {
                self.hazards.push(LateWrite {
                    dev: write.dev,
                    sector: write.sector,
                    sectors: write.sectors,
                    issued: write.at,
                    given_up: late.given_up,
                    landed: late.due,
                    over_newer,
                });
            }
        }
    }

    /// I/Os that are not over.
    pub fn open(&self) -> u64 {
        let open = |s: &Sector| u64::from(s.open[0]) + u64::from(s.open[1]);
        self.sectors.iter().map(open).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::io::Flags;

    fn write(sector: u64) -> Subject {
        Subject {
            sector,
            sectors: 8,
            op: Op::Write,
            flags: Flags::default(),
            is_daemons: false,
        }
    }
    const A: DevId = DevId(0);
    const B: DevId = DevId(1);

    /// A write that is sent to `A`, given up, and acknowledged from `B`.
    fn retried() -> Extents {
        let mut e = Extents::new(64);
        e.submitted(&write(8));
        e.issued(Ns(10), A, &write(8));
        e.given_up(Ns(60), A, &write(8), Ns(10), Ns(500));
        e.issued(Ns(100), B, &write(8));
        e.carried_out(&write(8));
        assert_eq!(e.ended(Ns(200), &write(8), true), Ok(()));
        e
    }
    fn hazards(e: &Extents) -> (u64, u64) {
        let h = Hazards::of(&e.hazards);
        (h.late_writes, h.overwrote_newer)
    }

    #[test]
    fn a_write_that_lands_after_its_acknowledged_retry_is_a_hazard() {
        let mut e = retried();
        assert_eq!(hazards(&e), (0, 0));
        e.land(Ns(500));
        assert_eq!(hazards(&e), (1, 0));
        let (w, times) = (e.hazards[0], [Ns(10), Ns(60), Ns(500)]);
        assert_eq!((w.dev, w.sector, w.sectors), (A, 8, 8));
        assert_eq!([w.issued, w.given_up, w.landed], times);
    }

    #[test]
    fn it_is_worse_if_newer_data_have_been_written() {
        let mut e = retried();
        e.submitted(&write(12));
        e.issued(Ns(300), B, &write(12));
        e.carried_out(&write(12));
        assert_eq!(e.ended(Ns(400), &write(12), true), Ok(()));
        e.land(Ns(500));
        assert_eq!(hazards(&e), (1, 1));
    }

    #[test]
    fn a_write_that_lands_before_its_retry_is_acknowledged_is_none() {
        let mut e = Extents::new(64);
        e.submitted(&write(8));
        e.issued(Ns(10), A, &write(8));
        e.given_up(Ns(20), A, &write(8), Ns(10), Ns(50));
        e.carried_out(&write(8));
        assert_eq!(e.ended(Ns(200), &write(8), true), Ok(()));
        assert_eq!(hazards(&e), (0, 0));
    }

    #[test]
    fn nor_is_one_that_was_never_acknowledged() {
        let mut e = Extents::new(64);
        e.submitted(&write(8));
        e.carried_out(&write(8));
        assert_eq!(e.ended(Ns(1), &write(8), true), Ok(()));
        e.submitted(&write(8));
        e.issued(Ns(10), A, &write(8));
        e.given_up(Ns(20), A, &write(8), Ns(10), Ns(50));
        assert_eq!(e.ended(Ns(30), &write(8), false), Ok(()));
        e.land(Ns(50));
        assert_eq!(hazards(&e), (0, 0));
    }

    #[test]
    fn what_no_device_did_is_lost_and_what_ends_again_came_twice() {
        let mut e = Extents::new(64);
        e.submitted(&write(8));
        e.carried_out(&write(8));
        assert_eq!(e.ended(Ns(1), &write(8), true), Ok(()));
        let twice = e.ended(Ns(2), &write(8), true).unwrap_err();
        assert!(twice.starts_with("twice"), "{twice}");
        e.submitted(&write(8));
        let lost = e.ended(Ns(3), &write(8), true).unwrap_err();
        assert!(lost.starts_with("lost"), "{lost}");
        e.submitted(&write(8));
        assert_eq!(e.ended(Ns(4), &write(8), false), Ok(()));
    }
}
