//! Fibre Channel: a lost frame is a lost command, and a dark link is noticed
//! at once (`scsi_transport_fc.c`, 6.1).
//!
//! The remote port is blocked and its commands wait; after `fast_io_fail_tmo`
//! they fail (`fc_timeout_fail_rport_io`), after `dev_loss_tmo` the port is
//! gone (`fc_timeout_deleted_rport`). Nothing in flight survives a dark link.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::nexus::{Detection, Policy};
use crate::sim::time::Ns;
use crate::sim::units::{as_text, option_as_text};

/// Timeouts of a Fibre Channel remote port.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FcConfig {
    /// From the loss of a port to the failure of its commands; 0 = off. Shorter
    /// than `dev_loss_tmo`. Default: 5 s, what multipathd sets; the kernel's own is
    /// off (`scsi_transport_fc.c`, 6.1).
    #[serde(serialize_with = "as_text")]
    pub fast_io_fail_tmo: Ns,
    /// From the loss of a port to the removal of its disks; absent: never.
    /// Default: 60 s, the kernel's.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "option_as_text"
    )]
    pub dev_loss_tmo: Option<Ns>,
}

impl Default for FcConfig {
    fn default() -> Self {
        FcConfig {
            fast_io_fail_tmo: Ns::from_secs(5),
            dev_loss_tmo: Some(Ns::from_secs(60)),
        }
    }
}

impl FcConfig {
    /// How a nexus of this transport behaves.
    pub fn policy(&self) -> Policy {
        Policy {
            detection: Detection::AtOnce,
            retry: Ns::ZERO,
            fast_io_fail: Some(self.fast_io_fail_tmo).filter(|&tmo| tmo > Ns::ZERO),
            dev_loss: self.dev_loss_tmo,
        }
    }
}
