//! What an experiment was made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The driver of the paths.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PathKind {
    /// `/dev/p0`, …: null_blk.
    NullBlk,
    /// `/dev/sda`, …: scsi_debug hosts that show one LUN.
    ScsiDebug,
}

/// The leaf devices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paths {
    /// Their driver.
    pub kind: PathKind,
    /// How many.
    pub n: u16,
    /// null_blk: configfs attributes of all.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub common: Map<String, Value>,
    /// null_blk: what differs from `common`, one object a path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub per: Vec<Map<String, Value>>,
    /// scsi_debug: module parameters.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub params: Map<String, Value>,
}

impl Paths {
    /// The kernel name of path `i`: `p0`… or `sda`… (`sd.c:sd_format_disk_name`, 6.1).
    pub fn name(&self, i: u16) -> String {
        match self.kind {
            PathKind::NullBlk => format!("p{i}"),
            PathKind::ScsiDebug => format!("sd{}", letters(i)),
        }
    }
    /// The names of all paths, in order.
    pub fn names(&self) -> Vec<String> {
        (0..self.n).map(|i| self.name(i)).collect()
    }
}

/// `i` in letters as disks are named: a, …, z, aa, ab, …
fn letters(i: u16) -> String {
    let last = char::from(b'a' + (i % 26) as u8);
    match i / 26 {
        0 => last.to_string(),
        n => letters(n - 1) + &last.to_string(),
    }
}

/// What was written to `/sys/block/*/queue/*`: attribute and value.
pub type QueueSettings = BTreeMap<String, Value>;

/// Something that was done during the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// `message`, `suspend`, `resume`, `load_table`, `bad_blocks`,
    /// `scsi_debug`, `delete_device`, `device_state`.
    pub op: String,
    /// `message`: its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// `suspend`: without flushing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noflush: Option<bool>,
    /// `load_table`: the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// The device it was done to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// `bad_blocks`: set (true) or clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<bool>,
    /// `bad_blocks`: first sector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_sector: Option<u64>,
    /// `bad_blocks`: last sector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sector: Option<u64>,
    /// `scsi_debug`: `opts`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opts: Option<i64>,
    /// `scsi_debug`: `every_nth`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_nth: Option<i64>,
    /// `device_state`: the state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// When the command began, ms after the first I/O was submitted.
    pub at_ms: f64,
    /// How long it ran, ms; it takes effect within that time.
    pub took_ms: f64,
    /// Its exit status.
    pub rc: i32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disks_are_named_like_the_kernel_does() {
        assert_eq!(letters(0), "a");
        assert_eq!(letters(25), "z");
        assert_eq!(letters(26), "aa");
        assert_eq!(letters(26 + 26 * 26), "aaa");
    }
}
