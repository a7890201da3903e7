//! The values that settings can take, by their names in `multipath.conf`
//! (`libmultipath/dict.c`).

use std::fmt;

use serde::{Deserialize, Serialize};

/// Declares an enum whose variants have fixed names in `multipath.conf`.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// Every name, in the order of the variants.
            pub const NAMES: &[&str] = &[$($text),*];

            /// The value called `text`.
            pub fn from_name(text: &str) -> Option<Self> {
                match text {
                    $($text => Some($name::$variant),)*
                    _ => None,
                }
            }

            /// Its name.
            pub fn name(self) -> &'static str {
                match self {
                    $($name::$variant => $text,)*
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

named! {
    /// How paths are put into priority groups (`path_grouping_policy`,
    /// `pgpolicies.c`).
    GroupingPolicy {
        /// One path a group.
        Failover = "failover",
        /// All paths in one group.
        Multibus = "multibus",
        /// A group for each serial number.
        GroupBySerial = "group_by_serial",
        /// A group for each priority.
        GroupByPrio = "group_by_prio",
        /// A group for each target node name.
        GroupByNodeName = "group_by_node_name",
        /// A group for each target port group.
        GroupByTpg = "group_by_tpg",
    }
}

named! {
    /// How a path is tested (`path_checker`, `libmultipath/checkers/`).
    Checker {
        /// TEST UNIT READY.
        Tur = "tur",
        /// An asynchronous direct read of one block at offset 0.
        Directio = "directio",
        /// A read of the first sector; an old name of `directio`'s work.
        Readsector0 = "readsector0",
        /// Inquiry page 0xC9 of LSI and NetApp E-Series.
        Rdac = "rdac",
        /// Inquiry page 0xC0 of EMC CLARiiON.
        EmcClariion = "emc_clariion",
        /// TEST UNIT READY as old HP arrays answer it.
        HpSw = "hp_sw",
        /// TEST UNIT READY through the cciss driver.
        CcissTur = "cciss_tur",
        /// No check: the state in sysfs.
        None = "none",
    }
}

named! {
    /// Where a path's priority comes from (`prio`,
    /// `libmultipath/prioritizers/`).
    Prio {
        /// 1 for every path.
        Const = "const",
        /// The target port group's state, asked with REPORT TARGET PORT GROUPS.
        Alua = "alua",
        /// The same, as the kernel has it in sysfs.
        Sysfs = "sysfs",
        /// NVMe asymmetric namespace access.
        Ana = "ana",
        /// EMC CLARiiON.
        Emc = "emc",
        /// LSI and NetApp E-Series.
        Rdac = "rdac",
        /// Old HP arrays.
        HpSw = "hp_sw",
        /// Hitachi AMS.
        Hds = "hds",
        /// NetApp ONTAP without ALUA.
        Ontap = "ontap",
        /// An old name of `ontap`.
        Netapp = "netapp",
        /// DataCore.
        Datacore = "datacore",
        /// iSCSI enterprise target.
        Iet = "iet",
        /// A random number.
        Random = "random",
        /// A number by name or address of the path.
        WeightedPath = "weightedpath",
        /// Measured latency.
        PathLatency = "path_latency",
    }
}

impl Prio {
    /// Whether the priority follows from the asymmetric access state.
    pub fn follows_access_state(self) -> bool {
        matches!(self, Prio::Alua | Prio::Sysfs | Prio::Ana)
    }
    /// Whether it is modelled; the others count as [`Prio::Const`].
    pub fn is_modelled(self) -> bool {
        self == Prio::Const || self.follows_access_state()
    }
}

named! {
    /// Whether the count of I/Os a path gets follows its priority
    /// (`rr_weight`).
    RrWeight {
        /// The same for each path.
        Uniform = "uniform",
        /// `rr_min_io` times the path's priority.
        Priorities = "priorities",
    }
}

named! {
    /// What becomes of marginal paths (`marginal_pathgroups`).
    MarginalPathgroups {
        /// They are withheld.
        Off = "off",
        /// They go to priority groups of their own, ranked last.
        On = "on",
        /// As `on`, driven by Fibre Channel performance notifications; these
        /// are not modelled, so that no path becomes marginal.
        Fpin = "fpin",
    }
}

/// When I/O goes back to a better priority group (`failback`).
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failback {
    /// Never.
    Manual,
    /// As soon as it is seen.
    Immediate,
    /// When the first path of the best group comes back.
    Followover,
    /// Seconds after a better group was seen, at least 1.
    Deferred(u32),
}

impl fmt::Display for Failback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failback::Manual => f.write_str("manual"),
            Failback::Immediate => f.write_str("immediate"),
            Failback::Followover => f.write_str("followover"),
            Failback::Deferred(seconds) => seconds.fmt(f),
        }
    }
}

/// What becomes of I/O while no path is usable (`no_path_retry`).
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoPathRetry {
    /// Whatever `features` says; nothing else is done.
    Undefined,
    /// It fails at once.
    Fail,
    /// It waits for ever.
    Queue,
    /// It waits for so many polling intervals, at least 1, then fails.
    Checks(u32),
}

impl fmt::Display for NoPathRetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoPathRetry::Undefined => f.write_str("undef"),
            NoPathRetry::Fail => f.write_str("fail"),
            NoPathRetry::Queue => f.write_str("queue"),
            NoPathRetry::Checks(n) => n.fmt(f),
        }
    }
}

/// Seconds from the loss of a remote port until I/O on it fails
/// (`fast_io_fail_tmo`).
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FastIoFail {
    /// Not before the port is removed.
    Off,
    /// Seconds.
    Seconds(u32),
}

/// Seconds from the loss of a remote port until it is removed
/// (`dev_loss_tmo`).
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DevLoss {
    /// What the driver has set; 60 s for Fibre Channel
    /// (`scsi_transport_fc.c`, 6.1).
    Hardware,
    /// Seconds.
    Seconds(u32),
    /// 2³¹−1 s (`defaults.h:MAX_DEV_LOSS_TMO`).
    Infinity,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back_as_itself() {
        for name in GroupingPolicy::NAMES {
            assert_eq!(GroupingPolicy::from_name(name).unwrap().name(), *name);
        }
        for name in Checker::NAMES {
            assert_eq!(Checker::from_name(name).unwrap().to_string(), *name);
        }
        assert_eq!(Prio::from_name("Const"), None);
    }

    #[test]
    fn serde_uses_the_names_of_the_configuration() {
        let json = serde_json::to_string(&GroupingPolicy::GroupByPrio).unwrap();
        assert_eq!(json, "\"group_by_prio\"");
        let json = serde_json::to_string(&NoPathRetry::Checks(12)).unwrap();
        assert_eq!(json, "{\"checks\":12}");
    }
}
