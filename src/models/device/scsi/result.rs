//! What a SCSI command comes to, and what the mid-layer makes of it: again,
//! later, or over, and with which status (`scsi_error.c`, `scsi_lib.c`, 6.1).

use super::super::super::io::{BlkStatus, Flags};
use super::alua;

/// Why a host adapter ended a command (`DID_*`).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum HostByte {
    /// Nothing answers at that address.
    NoConnect,
    /// The bus was busy.
    BusBusy,
    /// It took too long.
    TimeOut,
    /// There is no such target.
    BadTarget,
    /// It was aborted.
    Abort,
    /// Parity error on the bus.
    Parity,
    /// Some other error.
    Error,
    /// A reset ended it.
    Reset,
    /// To be tried again as it is.
    SoftError,
    /// To be tried again without counting.
    ImmRetry,
    /// To be queued again.
    Requeue,
    /// The transport was disrupted: the port is blocked.
    TransportDisrupted,
    /// The port has been gone for too long (`fast_io_fail_tmo`).
    TransportFailfast,
    /// The port works badly.
    TransportMarginal,
}

/// Sense keys, as far as they are told apart.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum SenseKey {
    /// The command was recovered.
    RecoveredError,
    /// The device is not ready.
    NotReady,
    /// The medium is bad.
    MediumError,
    /// The device is broken.
    HardwareError,
    /// The command is wrong.
    IllegalRequest,
    /// Something about the device has changed.
    UnitAttention,
    /// Writing is not allowed.
    DataProtect,
    /// The device gave the command up.
    AbortedCommand,
}

/// How a command ended (`scmd->result` and sense data).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum CmdResult {
    /// GOOD
    Good,
    /// BUSY
    Busy,
    /// TASK SET FULL
    TaskSetFull,
    /// TASK ABORTED
    TaskAborted,
    /// RESERVATION CONFLICT
    ReservationConflict,
    /// CHECK CONDITION with these sense data.
    Sense {
        /// The sense key.
        key: SenseKey,
        /// Additional sense code.
        asc: u8,
        /// Its qualifier.
        ascq: u8,
    },
    /// The host adapter ended it.
    Host(HostByte),
}

/// A command's result and how far it got.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// How it ended.
    pub result: CmdResult,
    /// Sectors that were moved before that.
    pub moved: u32,
}

/// What is done with a command that has ended.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Disposition {
    /// It goes up with its result.
    Success,
    /// It is tried again, and that counts.
    NeedsRetry,
    /// It is tried again until it has had too much time.
    AddToMlqueue,
    /// Error handling has to look into it.
    Failed,
}

/// What a disposition hangs on beside the result.
#[derive(Copy, Clone, Debug)]
pub struct Command {
    /// Flags of its request.
    pub flags: Flags,
    /// Whether it is an internal command.
    pub is_passthrough: bool,
    /// Retries so far and how many are allowed.
    pub retries: (u32, u32),
    /// Whether the hardware handler `alua` is attached to its disk.
    pub alua: bool,
}

impl Command {
    /// Whether it fails at the first error (`scsi_noretry_cmd`). Of dm's
    /// failfast bits only the transport's is set: it matters for a busy bus
    /// alone.
    pub fn no_retry(&self, result: CmdResult) -> bool {
        match result {
            CmdResult::Host(HostByte::BusBusy) => self.flags.has(Flags::FAILFAST_TRANSPORT),
            CmdResult::Host(HostByte::TimeOut) | CmdResult::Sense { .. } => self.is_passthrough,
            _ => false,
        }
    }
    /// Counts a retry; whether it is one too many (`scsi_cmd_retry_allowed`).
    fn retry_allowed(&mut self) -> bool {
        self.retries.0 += 1;
        self.retries.0 <= self.retries.1
    }
    /// Whether a retryable `result` is tried again; counts it.
    pub fn try_again(&mut self, result: CmdResult) -> bool {
        self.retry_allowed() && !self.no_retry(result)
    }

    /// What becomes of it (`scsi_decide_disposition`).
    pub fn decide(&mut self, result: CmdResult) -> Disposition {
        use Disposition::*;
        let maybe_retry = |cmd: &mut Self| match cmd.try_again(result) {
            true => NeedsRetry,
            false => Success,
        };
        match result {
            CmdResult::Good | CmdResult::ReservationConflict => Success,
            CmdResult::Busy | CmdResult::TaskSetFull => AddToMlqueue,
            CmdResult::TaskAborted => maybe_retry(self),
            CmdResult::Sense { key, asc, ascq } => {
                let handled = match self.alua {
                    true => alua::check_sense(key, asc, ascq),
                    false => None,
                };
                match handled.unwrap_or_else(|| check_sense(key, asc, ascq)) {
                    NeedsRetry => maybe_retry(self),
                    other => other,
                }
            }
            CmdResult::Host(host) => match host {
                HostByte::Abort
                | HostByte::NoConnect
                | HostByte::BadTarget
                | HostByte::Reset
                | HostByte::TransportFailfast
                | HostByte::TransportMarginal => Success,
                HostByte::ImmRetry => NeedsRetry,
                HostByte::Requeue => AddToMlqueue,
                HostByte::TimeOut => Failed,
                HostByte::SoftError
                | HostByte::TransportDisrupted
                | HostByte::Error
                | HostByte::BusBusy
                | HostByte::Parity => maybe_retry(self),
            },
        }
    }
}

/// `scsi_check_sense`
fn check_sense(key: SenseKey, asc: u8, ascq: u8) -> Disposition {
    match key {
        SenseKey::AbortedCommand if asc == 0x10 => Disposition::Success, // protection
        SenseKey::AbortedCommand => Disposition::NeedsRetry,
        SenseKey::NotReady if (asc, ascq) == (0x04, 0x01) => Disposition::NeedsRetry,
        SenseKey::MediumError if !is_unreadable(asc) => Disposition::NeedsRetry,
        _ => Disposition::Success,
    }
}

/// UNRECOVERED READ ERROR, ADDRESS MARK NOT FOUND, RECORD NOT FOUND
fn is_unreadable(asc: u8) -> bool {
    matches!(asc, 0x11 | 0x13 | 0x14)
}

/// What `scsi_check_sense` blames on the command: its code, its range, its
/// fields, or writing where that is not allowed. A unit that is not there (25)
/// is not among them: it may be behind another path.
fn is_mistaken(asc: u8) -> bool {
    matches!(asc, 0x20 | 0x21 | 0x22 | 0x24 | 0x26 | 0x27)
}

/// What a failed command's request ends with (`scsi_result_to_blk_status`, and
/// the mid-layer byte that `scsi_check_sense` sets).
pub fn blk_status(result: CmdResult) -> BlkStatus {
    match result {
        CmdResult::Good => BlkStatus::Ok,
        CmdResult::ReservationConflict => BlkStatus::Nexus,
        CmdResult::Host(HostByte::TransportFailfast | HostByte::TransportMarginal) => {
            BlkStatus::Transport
        }
        CmdResult::Sense { key, asc, ascq } => match key {
            SenseKey::RecoveredError => BlkStatus::Ok,
            SenseKey::MediumError if is_unreadable(asc) => BlkStatus::Medium,
            SenseKey::HardwareError => BlkStatus::Target,
            SenseKey::IllegalRequest | SenseKey::AbortedCommand if asc == 0x10 => {
                BlkStatus::Protection
            }
            SenseKey::IllegalRequest if is_mistaken(asc) => BlkStatus::Target,
            SenseKey::DataProtect if (asc, ascq) == (0x27, 0x07) => BlkStatus::NoSpc,
            SenseKey::DataProtect => BlkStatus::Target,
            _ => BlkStatus::IoErr,
        },
        _ => BlkStatus::IoErr,
    }
}

/// What a request whose command went up with an error comes to
/// (`scsi_io_completion_action`).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// The rest of it fails.
    Fail,
    /// It is tried again.
    Retry,
    /// It is tried again when the device has gone on.
    DelayedRetry,
    /// It is prepared anew and tried again after a second: the port group
    /// changes its state.
    DelayedReprep,
}

/// `scsi_io_completion_action`
pub fn action(result: CmdResult) -> Action {
    match result {
        CmdResult::Host(HostByte::Reset) => Action::Retry,
        CmdResult::Sense { key, asc, ascq } => match (key, asc, ascq) {
            (SenseKey::UnitAttention, ..) => Action::Retry,
            (SenseKey::NotReady, 0x04, 0x0a) => Action::DelayedReprep,
            (SenseKey::NotReady, 0x04, 0x01 | 0x04..=0x09 | 0x11 | 0x14 | 0x1a | 0x1b | 0x1d) => {
                Action::DelayedRetry
            }
            _ => Action::Fail,
        },
        _ => Action::Fail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(flags: Flags) -> Command {
        Command {
            flags,
            is_passthrough: false,
            retries: (0, 5),
            alua: false,
        }
    }
    fn sense(key: SenseKey, asc: u8, ascq: u8) -> CmdResult {
        CmdResult::Sense { key, asc, ascq }
    }

    #[test]
    fn an_aborted_command_is_tried_five_times_more() {
        let mut cmd = command(Flags::FAILFAST_TRANSPORT);
        let nak = sense(SenseKey::AbortedCommand, 0x4b, 0x03);
        for _ in 0..5 {
            assert_eq!(cmd.decide(nak), Disposition::NeedsRetry);
        }
        assert_eq!(cmd.decide(nak), Disposition::Success);
        assert_eq!(blk_status(nak), BlkStatus::IoErr);
        assert_eq!(action(nak), Action::Fail);
    }

    #[test]
    fn with_alua_a_transition_is_tried_again_at_once_and_only_then_waited_for() {
        let moves = sense(SenseKey::NotReady, 0x04, 0x0a);
        let mut plain = command(Flags::default());
        assert_eq!(plain.decide(moves), Disposition::Success);
        let mut cmd = Command {
            alua: true,
            ..command(Flags::default())
        };
        for _ in 0..5 {
            assert_eq!(cmd.decide(moves), Disposition::NeedsRetry);
        }
        assert_eq!(cmd.decide(moves), Disposition::Success);
        assert_eq!(action(moves), Action::DelayedReprep);
        let changed = sense(SenseKey::UnitAttention, 0x2a, 0x06);
        assert_eq!(cmd.decide(changed), Disposition::AddToMlqueue);
        let standby = sense(SenseKey::NotReady, 0x04, 0x0b);
        assert_eq!(cmd.decide(standby), Disposition::Success);
    }

    #[test]
    fn failfast_of_the_transport_stops_retries_on_a_busy_bus_alone() {
        let busy = CmdResult::Host(HostByte::BusBusy);
        let error = CmdResult::Host(HostByte::Error);
        let mut fast = command(Flags::FAILFAST_TRANSPORT);
        assert_eq!(fast.decide(busy), Disposition::Success);
        assert_eq!(fast.decide(error), Disposition::NeedsRetry);
        assert_eq!(
            command(Flags::default()).decide(busy),
            Disposition::NeedsRetry
        );
        assert!(!fast.no_retry(CmdResult::Host(HostByte::TimeOut)));
    }

    #[test]
    fn what_another_path_could_not_mend_is_no_path_error() {
        for (result, status) in [
            (sense(SenseKey::MediumError, 0x11, 0), BlkStatus::Medium),
            (sense(SenseKey::HardwareError, 0x44, 0), BlkStatus::Target),
            (sense(SenseKey::IllegalRequest, 0x20, 0), BlkStatus::Target),
            (sense(SenseKey::DataProtect, 0x27, 7), BlkStatus::NoSpc),
            (CmdResult::ReservationConflict, BlkStatus::Nexus),
        ] {
            assert_eq!(
                command(Flags::default()).decide(result),
                Disposition::Success
            );
            assert_eq!(blk_status(result), status);
            assert!(!status.is_path_error());
        }
    }

    #[test]
    fn what_it_could_mend_is() {
        for (host, status) in [
            (HostByte::TransportFailfast, BlkStatus::Transport),
            (HostByte::NoConnect, BlkStatus::IoErr),
        ] {
            let result = CmdResult::Host(host);
            assert_eq!(
                command(Flags::default()).decide(result),
                Disposition::Success
            );
            assert_eq!(blk_status(result), status);
            assert!(status.is_path_error());
        }
        let no_unit = sense(SenseKey::IllegalRequest, 0x25, 0);
        assert_eq!(blk_status(no_unit), BlkStatus::IoErr);
    }

    #[test]
    fn a_full_task_set_and_a_changed_unit_are_tried_again_without_end() {
        let mut cmd = command(Flags::default());
        for _ in 0..100 {
            assert_eq!(
                cmd.decide(CmdResult::TaskSetFull),
                Disposition::AddToMlqueue
            );
        }
        let attention = sense(SenseKey::UnitAttention, 0x29, 0);
        assert_eq!(cmd.decide(attention), Disposition::Success);
        assert_eq!(action(attention), Action::Retry);
    }
}
