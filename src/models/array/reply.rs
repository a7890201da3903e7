//! What a target answers to a command.

/// Sense data: key, additional sense code and its qualifier.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Sense {
    /// Sense key: 2 NOT READY, 3 MEDIUM ERROR, 5 ILLEGAL REQUEST, …
    pub key: u8,
    /// Additional sense code.
    pub asc: u8,
    /// Its qualifier.
    pub ascq: u8,
}

/// Sense data that arrays answer with.
pub mod sense {
    use super::Sense;

    const fn of(key: u8, asc: u8, ascq: u8) -> Sense {
        Sense { key, asc, ascq }
    }
    /// NOT READY, asymmetric access state transition.
    pub const TRANSITION: Sense = of(0x2, 0x04, 0x0a);
    /// NOT READY, target port in standby state.
    pub const STANDBY: Sense = of(0x2, 0x04, 0x0b);
    /// NOT READY, target port in unavailable state.
    pub const UNAVAILABLE: Sense = of(0x2, 0x04, 0x0c);
    /// MEDIUM ERROR, unrecovered read error.
    pub const UNREADABLE: Sense = of(0x3, 0x11, 0x00);
    /// ILLEGAL REQUEST, logical unit not supported.
    pub const NO_LUN: Sense = of(0x5, 0x25, 0x00);
}

/// How a command ended.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// GOOD
    Good,
    /// BUSY
    Busy,
    /// TASK SET FULL
    TaskSetFull,
    /// RESERVATION CONFLICT
    ReservationConflict,
    /// CHECK CONDITION; nothing was moved.
    Sense(Sense),
    /// CHECK CONDITION with [`sense::UNREADABLE`], after so many good sectors.
    Unreadable(u32),
    /// Damaged in transit; the initiator noticed.
    TransportError,
}

/// What a command does.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum CommandKind {
    /// READ
    Read,
    /// WRITE
    Write,
    /// SYNCHRONIZE CACHE
    Flush,
    /// UNMAP
    Discard,
    /// A command that does not touch the medium and is answered in every state
    /// that answers at all: TEST UNIT READY is not, INQUIRY and RTPG are.
    Control,
    /// TEST UNIT READY
    Test,
}

/// A command as the fabric and the array see it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Command {
    /// Identity of its first bio, the same in every run of a comparison.
    pub first_bio: u64,
    /// How often it was tried before.
    pub attempt: u64,
    /// What it does.
    pub kind: CommandKind,
    /// First sector of 512 bytes.
    pub sector: u64,
    /// Sectors.
    pub sectors: u32,
}

impl Command {
    /// Bytes that go to the target.
    pub fn bytes_out(&self) -> u64 {
        match self.kind {
            CommandKind::Write => u64::from(self.sectors) * 512,
            _ => 0,
        }
    }
    /// Bytes that come from the target when all is good.
    pub fn bytes_in(&self) -> u64 {
        match self.kind {
            CommandKind::Read => u64::from(self.sectors) * 512,
            _ => 0,
        }
    }
    /// The sector behind its last.
    pub fn end(&self) -> u64 {
        self.sector.saturating_add(u64::from(self.sectors))
    }
}
