//! A path: one way to the storage (`struct pgpath`).

use crate::models::io::DevId;

/// A path of a multipath device, numbered from 0 across its groups in table
/// order.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PathIdx(pub u16);

/// One way to the storage.
#[derive(Clone, Debug)]
pub struct Path {
    /// The block device at its near end.
    pub dev: DevId,
    /// That device's number, `major:minor`, as the kernel log names it.
    pub name: String,
    /// Its group, from 0.
    pub group: u16,
    /// Its place within the group, from 0.
    pub index: u16,
    /// In use (`is_active`).
    pub active: bool,
    /// How often it failed.
    pub fail_count: u32,
    /// Its activation by the hardware handler is queued and has not begun.
    pub(super) activation_queued: bool,
}
