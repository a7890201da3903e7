//! What the hardware handler `alua` makes of sense data, before the mid-layer
//! does (`scsi_dh_alua.c:alua_check_sense`, 6.1).

use super::result::{Disposition, SenseKey};

/// What becomes of a command whose device answers so; none: that is not the
/// handler's business.
///
/// A port group that changes its state is tried again at once, as often as the
/// command may be; what the unit has to tell of such a change costs nothing.
pub(super) fn check_sense(key: SenseKey, asc: u8, ascq: u8) -> Option<Disposition> {
    match (key, asc, ascq) {
        // Asymmetric access state transition.
        (SenseKey::NotReady | SenseKey::UnitAttention, 0x04, 0x0a) => Some(Disposition::NeedsRetry),
        // Power on or reset; internal reset; mode parameters changed; access state
        // changed, or failed to; INQUIRY data or REPORTED LUNS data changed.
        (SenseKey::UnitAttention, 0x29, 0x00 | 0x04)
        | (SenseKey::UnitAttention, 0x2a, 0x01 | 0x06 | 0x07)
        | (SenseKey::UnitAttention, 0x3f, 0x03 | 0x0e) => Some(Disposition::AddToMlqueue),
        _ => None,
    }
}
