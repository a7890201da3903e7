//! The commands that drivers have.

use crate::models::io::DevId;

/// Commands that drivers have, of all devices.
#[derive(Clone, Debug, Default)]
pub struct InDriver(Vec<Command>);

/// A command that a driver has.
#[derive(Copy, Clone, Debug)]
struct Command {
    /// Its device.
    dev: DevId,
    /// Where what is left of it begins.
    sector: u64,
    /// What is left of it.
    sectors: u32,
}

/// What came back from a driver.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Back {
    /// Sectors that it had; 0 if it never had the command.
    pub sectors: i64,
    /// Whether it has nothing of the command any more.
    pub whole: bool,
}

impl InDriver {
    /// A driver is given a command.
    #[inline]
    pub fn issue(&mut self, dev: DevId, sector: u64, sectors: u32) {
        self.0.push(Command {
            dev,
            sector,
            sectors,
        });
    }
    fn find(&self, dev: DevId, sector: u64) -> Option<usize> {
        let same = |c: &Command| c.dev == dev && c.sector == sector;
        self.0.iter().position(same)
    }
    /// Sectors of a command are complete.
    pub fn complete(&mut self, dev: DevId, sector: u64, sectors: u32) -> Back {
        let Some(at) = self.find(dev, sector) else {
            return Back::default();
        };
        let command = &mut self.0[at];
        let done = command.sectors.min(sectors);
        command.sector += u64::from(done);
        command.sectors -= done;
        let whole = command.sectors == 0;
        if whole {
            self.0.swap_remove(at);
        }
        Back {
            sectors: i64::from(done),
            whole,
        }
    }
    /// A command is put back, which a driver may never have had.
    pub fn requeue(&mut self, dev: DevId, sector: u64) -> Back {
        self.find(dev, sector)
            .map_or_else(Back::default, |at| Back {
                sectors: i64::from(self.0.swap_remove(at).sectors),
                whole: true,
            })
    }
}
