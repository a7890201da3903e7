//! CPUs: tasks, workers, interrupts, and what the code paths cost on them.

use serde::{Deserialize, Serialize};

/// The host computer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HostConfig {
    /// Number of CPUs, 1 to 255.
    pub cpus: u16,
    /// Timer ticks a second (`CONFIG_HZ`): 100, 250, 300 or 1000.
    pub hz: u32,
    /// What the code paths cost: `none` or `lab`.
    pub profile: String,
    /// Whether block tracing is on, which costs CPU on every request.
    pub tracing: bool,
}

impl Default for HostConfig {
    fn default() -> Self {
        HostConfig {
            cpus: 1,
            hz: 250,
            profile: "none".into(),
            tracing: false,
        }
    }
}
