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
    /// The command of that place. Several may begin at the same sector: one of
    /// that size is meant, if there is one.
    fn find(&self, dev: DevId, sector: u64, sectors: u32) -> Option<usize> {
        let begins = |c: &Command| c.dev == dev && c.sector == sector;
        let whole = |c: &Command| begins(c) && c.sectors == sectors;
        let commands = &self.0;
        commands
            .iter()
            .position(whole)
            .or_else(|| commands.iter().position(begins))
    }
    /// Sectors of a command are complete.
    pub fn complete(&mut self, dev: DevId, sector: u64, sectors: u32) -> Back {
        let Some(at) = self.find(dev, sector, sectors) else {
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
    pub fn requeue(&mut self, dev: DevId, sector: u64, sectors: u32) -> Back {
        match self.find(dev, sector, sectors) {
            Some(at) => Back {
                sectors: i64::from(self.0.swap_remove(at).sectors),
                whole: true,
            },
            None => Back::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_begin_at_the_same_sector_are_told_apart_by_their_size() {
        let mut drivers = InDriver::default();
        let dev = DevId(0);
        for sectors in [8, 16] {
            drivers.issue(dev, 64, sectors);
        }
        let whole = |sectors| Back {
            sectors,
            whole: true,
        };
        assert_eq!(drivers.complete(dev, 64, 16), whole(16));
        assert_eq!(drivers.requeue(dev, 64, 8), whole(8));
        assert!(drivers.0.is_empty());
    }
}
