//! What a map and its paths are run by: defaults, and layers over them.

use serde::{Deserialize, Serialize};

use super::values::{
    Checker, DevLoss, Failback, FastIoFail, GroupingPolicy, MarginalPathgroups, NoPathRetry, Prio,
    RrWeight,
};

/// Declares the settings with their defaults, and the layer that may set each
/// of them.
macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident: $kind:ty = $default:expr,)*) => {
        /// The settings of one map and its paths, all of them decided.
        ///
        /// The defaults are those of multipath-tools 0.9 to 0.14
        /// (`libmultipath/defaults.h`); each field is called as the option of
        /// `multipath.conf`. All times are whole seconds.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Settings {
            $($(#[$doc])* pub $name: $kind,)*
        }

        impl Default for Settings {
            fn default() -> Self {
                Settings { $($name: $default,)* }
            }
        }

        /// Some of the settings: one section of a configuration, or what is
        /// built in for an array.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Layer {
            $(
                $(#[$doc])*
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $name: Option<$kind>,
            )*
        }

        impl Layer {
            /// Writes what this layer sets over `settings`.
            pub fn apply(&self, settings: &mut Settings) {
                $(if let Some(value) = &self.$name {
                    settings.$name.clone_from(value);
                })*
            }
        }
    };
}

settings! {
    /// The shortest time between two checks of a path, s, at least 1
    /// (`DEFAULT_CHECKINT`).
    polling_interval: u32 = 5,
    /// The longest, s; absent: four times `polling_interval`
    /// (`MAX_CHECKINT`).
    max_polling_interval: Option<u32> = None,
    /// The path selector and its arguments, preceded by their count
    /// (`DEFAULT_SELECTOR`).
    path_selector: String = "service-time 0".into(),
    /// How paths are grouped (`DEFAULT_PGPOLICY`).
    path_grouping_policy: GroupingPolicy = GroupingPolicy::Failover,
    /// Group by priority, whatever `path_grouping_policy` says, if all paths
    /// have `prio` alua or sysfs (`DEFAULT_DETECT_PGPOLICY`, from 0.9.6 on).
    detect_pgpolicy: bool = true,
    /// In that case group by target port group instead
    /// (`DEFAULT_DETECT_PGPOLICY_USE_TPG`).
    detect_pgpolicy_use_tpg: bool = false,
    /// How paths are checked (`DEFAULT_CHECKER`).
    path_checker: Checker = Checker::Tur,
    /// Use `tur`, whatever `path_checker` says, for paths that support ALUA
    /// (`DEFAULT_DETECT_CHECKER`).
    detect_checker: bool = true,
    /// Seconds a check may take; absent: the device's own timeout, 30 s
    /// (`propsel.c:select_checker_timeout`, `checkers.h:DEF_TIMEOUT`).
    checker_timeout: Option<u32> = None,
    /// Where priorities come from (`DEFAULT_PRIO`).
    prio: Prio = Prio::Const,
    /// Arguments of the prioritizer (`DEFAULT_PRIO_ARGS`).
    prio_args: String = String::new(),
    /// Use `sysfs` or `alua`, whatever `prio` says, for paths that support
    /// ALUA (`DEFAULT_DETECT_PRIO`).
    detect_prio: bool = true,
    /// Features of the table, preceded by their count (`DEFAULT_FEATURES`).
    features: String = "0".into(),
    /// The hardware handler and its arguments, preceded by their count
    /// (`DEFAULT_HWHANDLER`).
    hardware_handler: String = "0".into(),
    /// When I/O goes back to a better group (`DEFAULT_FAILBACK`).
    failback: Failback = Failback::Manual,
    /// What becomes of I/O without a path (`DEFAULT_NO_PATH_RETRY`).
    no_path_retry: NoPathRetry = NoPathRetry::Undefined,
    /// Argument of each path in the table for bio-based targets before 1.1.0
    /// (`DEFAULT_MINIO`).
    rr_min_io: u32 = 1000,
    /// The same for targets from 1.1.0 on (`DEFAULT_MINIO_RQ`).
    rr_min_io_rq: u32 = 1,
    /// Whether that argument is multiplied by the priority
    /// (`DEFAULT_RR_WEIGHT`).
    rr_weight: RrWeight = RrWeight::Uniform,
    /// Seconds from the loss of a remote port until I/O on it fails
    /// (`DEFAULT_FAST_IO_FAIL`).
    fast_io_fail_tmo: FastIoFail = FastIoFail::Seconds(5),
    /// Seconds from the loss of a remote port until it is removed; see
    /// [`Settings::dev_loss_tmo_seconds`].
    dev_loss_tmo: DevLoss = DevLoss::Hardware,
    /// Failures that a path may have before it is withheld; 0: off.
    san_path_err_threshold: u32 = 0,
    /// Good checks after which one failure is forgotten; 0: off.
    san_path_err_forget_rate: u32 = 0,
    /// Seconds for which the path is withheld; 0: off.
    san_path_err_recovery_time: u32 = 0,
    /// Seconds within which a second I/O failure makes a path suspect; 0: off.
    marginal_path_double_failed_time: u32 = 0,
    /// Seconds for which a suspect path is sampled, at least 120; 0: off.
    marginal_path_err_sample_time: u32 = 0,
    /// Failed reads in a thousand above which it stays out; 0: off.
    marginal_path_err_rate_threshold: u32 = 0,
    /// Seconds after which it is sampled again; 0: off.
    marginal_path_err_recheck_gap_time: u32 = 0,
    /// What becomes of paths that one of the two methods above finds bad.
    marginal_pathgroups: MarginalPathgroups = MarginalPathgroups::Off,
}

impl Settings {
    /// The shortest and the longest interval between checks, s
    /// (`config.c:load_config`).
    pub fn intervals(&self) -> (u32, u32) {
        let shortest = self.polling_interval.max(1);
        let longest = self
            .max_polling_interval
            .unwrap_or_else(|| shortest.saturating_mul(4))
            .max(1);
        (shortest.min(longest), longest)
    }

    /// Seconds after which a check that has no answer counts as timed out.
    pub fn check_timeout(&self) -> u32 {
        self.checker_timeout.unwrap_or(30).max(1)
    }

    /// How a path is checked, ALUA or not (`propsel.c:select_checker`).
    pub fn checker(&self, alua: bool) -> Checker {
        if self.detect_checker && alua {
            Checker::Tur
        } else {
            self.path_checker
        }
    }

    /// Where a path's priority comes from, ALUA or not
    /// (`propsel.c:select_prio`).
    pub fn prioritizer(&self, alua: bool) -> Prio {
        if self.detect_prio && alua {
            Prio::Sysfs
        } else {
            self.prio
        }
    }

    /// How paths are grouped, given where all their priorities come from
    /// (`propsel.c:select_pgpolicy`).
    pub fn grouping(&self, prios: impl IntoIterator<Item = Prio>) -> GroupingPolicy {
        let mut prios = prios.into_iter().peekable();
        let alua = prios.peek().is_some() && prios.all(|p| matches!(p, Prio::Alua | Prio::Sysfs));
        match (self.detect_pgpolicy && alua, self.detect_pgpolicy_use_tpg) {
            (false, _) => self.path_grouping_policy,
            (true, false) => GroupingPolicy::GroupByPrio,
            (true, true) => GroupingPolicy::GroupByTpg,
        }
    }

    /// What is known as `no_path_retry` once `features` is read: the feature
    /// `queue_if_no_path` stands for `queue`, unless the option says otherwise
    /// (`propsel.c:reconcile_features_with_options`).
    pub fn effective_no_path_retry(&self) -> NoPathRetry {
        let queues = self
            .features
            .split_whitespace()
            .any(|word| word == "queue_if_no_path");
        match self.no_path_retry {
            NoPathRetry::Undefined if queues => NoPathRetry::Queue,
            other => other,
        }
    }

    /// The timeout after which a lost remote port is removed, s, for a port
    /// whose driver would take `hardware` s
    /// (`discovery.c:sysfs_set_scsi_tmo`, `sysfs_set_rport_tmo`).
    ///
    /// It is made long enough that the port outlives `no_path_retry`, and at
    /// most 600 s where `fast_io_fail_tmo` is off.
    pub fn dev_loss_tmo_seconds(&self, hardware: u32) -> u32 {
        const MAX: u32 = 0x7fff_ffff;
        let wanted = match self.dev_loss_tmo {
            DevLoss::Hardware => hardware,
            DevLoss::Seconds(s) => s,
            DevLoss::Infinity => MAX,
        };
        let wanted = match self.effective_no_path_retry() {
            NoPathRetry::Queue => MAX,
            NoPathRetry::Checks(n) => {
                let queued = n.saturating_mul(self.intervals().0);
                let least = queued.saturating_add(queued / 60).saturating_add(5);
                wanted.max(least)
            }
            NoPathRetry::Undefined | NoPathRetry::Fail => wanted,
        };
        match self.fast_io_fail_tmo {
            FastIoFail::Off => wanted.min(600),
            FastIoFail::Seconds(_) => wanted.min(MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_multipath_tools() {
        let s = Settings::default();
        assert_eq!(s.intervals(), (5, 20));
        assert_eq!(s.path_selector, "service-time 0");
        assert_eq!(s.check_timeout(), 30);
        assert_eq!(s.no_path_retry, NoPathRetry::Undefined);
        assert_eq!(s.failback, Failback::Manual);
    }

    #[test]
    fn the_shortest_interval_is_not_above_the_longest() {
        let mut s = Settings {
            polling_interval: 30,
            max_polling_interval: Some(10),
            ..Settings::default()
        };
        assert_eq!(s.intervals(), (10, 10));
        s.polling_interval = u32::MAX;
        s.max_polling_interval = None;
        assert_eq!(s.intervals(), (u32::MAX, u32::MAX));
    }

    #[test]
    fn alua_decides_checker_priority_and_grouping_unless_told_not_to() {
        let mut s = Settings {
            path_checker: Checker::Directio,
            ..Settings::default()
        };
        assert_eq!(s.checker(true), Checker::Tur);
        assert_eq!(s.checker(false), Checker::Directio);
        assert_eq!(s.grouping([Prio::Sysfs; 2]), GroupingPolicy::GroupByPrio);
        assert_eq!(
            s.grouping([Prio::Sysfs, Prio::Const]),
            GroupingPolicy::Failover
        );
        assert_eq!(s.grouping([]), GroupingPolicy::Failover);
        s.detect_prio = false;
        s.detect_checker = false;
        assert_eq!(s.checker(true), Checker::Directio);
        assert_eq!(s.prioritizer(true), Prio::Const);
    }

    #[test]
    fn a_port_outlives_the_retries() {
        let mut s = Settings {
            no_path_retry: NoPathRetry::Checks(30),
            ..Settings::default()
        };
        assert_eq!(s.dev_loss_tmo_seconds(60), 150 + 2 + 5);
        s.dev_loss_tmo = DevLoss::Seconds(1000);
        assert_eq!(s.dev_loss_tmo_seconds(60), 1000);
        s.fast_io_fail_tmo = FastIoFail::Off;
        assert_eq!(s.dev_loss_tmo_seconds(60), 600);
        s.fast_io_fail_tmo = FastIoFail::Seconds(5);
        s.no_path_retry = NoPathRetry::Queue;
        assert_eq!(s.dev_loss_tmo_seconds(60), 0x7fff_ffff);
    }

    #[test]
    fn a_layer_sets_what_it_has() {
        let layer = Layer {
            rr_min_io_rq: Some(7),
            ..Layer::default()
        };
        let mut s = Settings::default();
        layer.apply(&mut s);
        assert_eq!(
            s,
            Settings {
                rr_min_io_rq: 7,
                ..Settings::default()
            }
        );
        assert_eq!(
            serde_json::to_string(&layer).unwrap(),
            r#"{"rr_min_io_rq":7}"#
        );
    }
}
