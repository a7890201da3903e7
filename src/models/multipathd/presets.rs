//! What multipath-tools has built in for some common arrays
//! (`libmultipath/hwtable.c:default_hw`, 0.9 to 0.14).
//!
//! Only settings that differ from the defaults are given. They rank above the
//! `defaults` section of a configuration and below its `devices`.

use super::settings::Layer;
use super::values::{
    Checker, DevLoss, Failback, FastIoFail, GroupingPolicy, NoPathRetry, Prio, RrWeight,
};

/// An array, or a family of them.
#[derive(Copy, Clone, Debug)]
pub struct Preset {
    /// A short name.
    pub name: &'static str,
    /// What it is.
    pub title: &'static str,
    /// Matches the SCSI vendor: an extended regular expression, found anywhere.
    pub vendor: &'static str,
    /// Matches the SCSI product, likewise.
    pub product: &'static str,
    layer: fn() -> Layer,
}

impl Preset {
    /// Its settings.
    pub fn layer(&self) -> Layer {
        (self.layer)()
    }
}

/// The array called `name`.
pub fn by_name(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

/// The arrays, in the order of the table: of two that match, the later counts.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "nvme",
        title: "generic NVMe",
        vendor: "NVM[eE]",
        product: ".*",
        layer: || Layer {
            path_checker: Some(Checker::None),
            path_grouping_policy: Some(GroupingPolicy::GroupByPrio),
            failback: Some(Failback::Immediate),
            ..Layer::default()
        },
    },
    Preset {
        name: "3par",
        title: "HPE 3PAR, Primera, Alletra 9000",
        vendor: "3PARdata",
        product: "VV",
        layer: || Layer {
            no_path_retry: Some(NoPathRetry::Checks(18)),
            fast_io_fail_tmo: Some(FastIoFail::Seconds(10)),
            dev_loss_tmo: Some(DevLoss::Infinity),
            ..alua("1 alua")
        },
    },
    Preset {
        name: "msa",
        title: "HPE MSA 1040 to 2070",
        vendor: "(HP|HPE)",
        product: "MSA [12]0[4567]0 (SAN|SAS|FC|iSCSI)",
        layer: || Layer {
            no_path_retry: Some(NoPathRetry::Checks(18)),
            ..alua("0")
        },
    },
    Preset {
        name: "nimble",
        title: "HPE Nimble, Alletra 5000 and 6000",
        vendor: "Nimble",
        product: "Server",
        layer: || Layer {
            no_path_retry: Some(NoPathRetry::Queue),
            ..alua("1 alua")
        },
    },
    Preset {
        name: "symmetrix",
        title: "EMC Symmetrix, DMX, VMAX, PowerMax",
        vendor: "EMC",
        product: "SYMMETRIX",
        layer: || Layer {
            no_path_retry: Some(NoPathRetry::Checks(6)),
            ..multibus()
        },
    },
    Preset {
        name: "clariion",
        title: "EMC CLARiiON, VNX, Unity",
        vendor: "^DGC",
        product: "^(RAID|DISK|VRAID)",
        layer: || Layer {
            no_path_retry: Some(NoPathRetry::Checks(60)),
            path_checker: Some(Checker::EmcClariion),
            prio: Some(Prio::Emc),
            detect_checker: Some(false),
            ..by_priority("1 emc")
        },
    },
    Preset {
        name: "xtremio",
        title: "EMC XtremIO",
        vendor: "XtremIO",
        product: "XtremApp",
        layer: multibus,
    },
    Preset {
        name: "compellent",
        title: "Dell SC Series",
        vendor: "COMPELNT",
        product: "Compellent Vol",
        layer: || Layer {
            no_path_retry: Some(NoPathRetry::Queue),
            ..by_priority("0")
        },
    },
    Preset {
        name: "powerstore",
        title: "Dell PowerStore",
        vendor: "DellEMC",
        product: "PowerStore",
        layer: || Layer {
            no_path_retry: Some(NoPathRetry::Checks(3)),
            fast_io_fail_tmo: Some(FastIoFail::Seconds(15)),
            ..alua("1 alua")
        },
    },
    Preset {
        name: "vsp",
        title: "Hitachi VSP, HPE XP",
        vendor: "(HITACHI|HP|HPE)",
        product: "^OPEN-",
        layer: || Layer {
            no_path_retry: Some(NoPathRetry::Checks(10)),
            ..by_priority("0")
        },
    },
    Preset {
        name: "ds8000",
        title: "IBM DS8000",
        vendor: "IBM",
        product: "^2107900",
        layer: || Layer {
            no_path_retry: Some(NoPathRetry::Queue),
            ..by_priority("0")
        },
    },
    Preset {
        name: "svc",
        title: "IBM Storwize, SAN Volume Controller, FlashSystem",
        vendor: "IBM",
        product: "^2145",
        layer: || Layer {
            no_path_retry: Some(NoPathRetry::Queue),
            ..alua("0")
        },
    },
    Preset {
        name: "ontap",
        title: "NetApp FAS and AFF",
        vendor: "NETAPP",
        product: "LUN",
        layer: || Layer {
            features: Some("2 pg_init_retries 50".into()),
            no_path_retry: Some(NoPathRetry::Queue),
            dev_loss_tmo: Some(DevLoss::Infinity),
            prio: Some(Prio::Ontap),
            ..by_priority("0")
        },
    },
    Preset {
        name: "e-series",
        title: "NetApp E-Series and EF-Series",
        vendor: "(NETAPP|LSI|ENGENIO)",
        product: "INF-01-00",
        layer: || Layer {
            path_checker: Some(Checker::Rdac),
            features: Some("2 pg_init_retries 50".into()),
            prio: Some(Prio::Rdac),
            no_path_retry: Some(NoPathRetry::Checks(30)),
            ..by_priority("1 rdac")
        },
    },
    Preset {
        name: "lio",
        title: "Linux-IO target",
        vendor: "(LIO-ORG|SUSE)",
        product: ".*",
        layer: || Layer {
            no_path_retry: Some(NoPathRetry::Checks(12)),
            path_checker: Some(Checker::Directio),
            detect_checker: Some(false),
            ..alua("1 alua")
        },
    },
    Preset {
        name: "pure",
        title: "Pure Storage FlashArray",
        vendor: "PURE",
        product: "FlashArray",
        layer: || Layer {
            detect_prio: Some(false),
            fast_io_fail_tmo: Some(FastIoFail::Seconds(10)),
            ..alua("1 alua")
        },
    },
    Preset {
        name: "oceanstor",
        title: "Huawei OceanStor V3 to V6",
        vendor: "^(HUAWEI|AnyStor|Marstor|NETPOSA|SanM|SUGON|UDsafe)",
        product: "XSG1",
        layer: || Layer {
            no_path_retry: Some(NoPathRetry::Checks(15)),
            ..by_priority("0")
        },
    },
    Preset {
        name: "infinibox",
        title: "Infinidat InfiniBox",
        vendor: "NFINIDAT",
        product: "InfiniBox",
        layer: || Layer {
            failback: Some(Failback::Deferred(30)),
            path_selector: Some("round-robin 0".into()),
            rr_weight: Some(RrWeight::Priorities),
            no_path_retry: Some(NoPathRetry::Fail),
            rr_min_io: Some(1),
            rr_min_io_rq: Some(1),
            fast_io_fail_tmo: Some(FastIoFail::Seconds(15)),
            ..alua("0")
        },
    },
];

/// Grouped by priority, failing back at once.
fn by_priority(hardware_handler: &str) -> Layer {
    Layer {
        path_grouping_policy: Some(GroupingPolicy::GroupByPrio),
        failback: Some(Failback::Immediate),
        hardware_handler: (hardware_handler != "0").then(|| hardware_handler.into()),
        ..Layer::default()
    }
}

/// The same with priorities from ALUA.
fn alua(hardware_handler: &str) -> Layer {
    Layer {
        prio: Some(Prio::Alua),
        ..by_priority(hardware_handler)
    }
}

fn multibus() -> Layer {
    Layer {
        path_grouping_policy: Some(GroupingPolicy::Multibus),
        ..Layer::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::Settings;
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for preset in PRESETS {
            let found = by_name(preset.name).unwrap();
            assert_eq!(found.title, preset.title);
        }
        assert!(by_name("drobo").is_none());
    }

    #[test]
    fn values_of_the_table() {
        let settings = |name: &str| {
            let mut settings = Settings::default();
            by_name(name).unwrap().layer().apply(&mut settings);
            settings
        };
        let pure = settings("pure");
        assert_eq!(pure.fast_io_fail_tmo, FastIoFail::Seconds(10));
        assert_eq!(pure.no_path_retry, NoPathRetry::Undefined);
        assert_eq!(pure.prioritizer(true), Prio::Alua);
        let infinibox = settings("infinibox");
        assert_eq!(infinibox.failback, Failback::Deferred(30));
        assert_eq!(infinibox.hardware_handler, "0");
        assert_eq!(settings("lio").checker(true), Checker::Directio);
        assert_eq!(settings("ontap").dev_loss_tmo, DevLoss::Infinity);
    }
}
