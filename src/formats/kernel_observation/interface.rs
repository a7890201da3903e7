//! What the `interface` group tells: the answers of `dmsetup`, verbatim.

use serde::{Deserialize, Serialize};

/// The answers to a table, and to the one it is replaced by. What a refused
/// table has no answer to is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Interface {
    /// Exit status of `dmsetup reload`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load_rc: Option<i32>,
    /// What it printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load_output: Option<String>,
    /// `dmsetup table` once the device is live.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// `dmsetup status` then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// `dmsetup status` after 16 KiB have been read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_after_io: Option<String>,
    /// What its queue says of itself in sysfs, a line a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Exit status of that read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_16k_rc: Option<i32>,
    /// `reload`: exit status of the second `dmsetup reload`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reload_rc: Option<i32>,
    /// What it printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reload_output: Option<String>,
    /// `dmsetup table` after the device was resumed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_after_reload: Option<String>,
    /// `dmsetup status` then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_after_reload: Option<String>,
    /// `messages`: what each of them came to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<MessageStep>,
}

/// What a message came to, and the state after it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageStep {
    /// The message.
    pub message: String,
    /// Exit status of `dmsetup message`.
    pub rc: i32,
    /// What it printed.
    pub output: String,
    /// `dmsetup status` afterwards.
    pub status: String,
    /// `dmsetup table` afterwards.
    pub table: String,
    /// What the kernel logged.
    pub kernel_log: Vec<String>,
}
