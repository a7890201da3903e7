//! A section's options as written, before defaults that depend on others.

use crate::models::workload::fio::spec::{BsSplit, PerDir, ThreadSpec};

/// What a section says so far.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// What needs no second look.
    pub spec: ThreadSpec,
    pub named: bool,
    pub kb_base: u64,
    pub numjobs: u32,
    pub randseed: Option<u64>,
    pub randrepeat: bool,
    pub allrandrepeat: bool,
    /// `bs`.
    pub bs: PerDir<u64>,
    /// `bsrange` or `bssplit`: smallest and largest.
    pub range: PerDir<Option<(u64, u64)>>,
    pub split: [Vec<BsSplit>; 3],
    pub align: PerDir<Option<u64>>,
    pub batch_submit: u32,
    pub complete_max: u32,
    pub iodepth_low: u32,
    pub log_avg_msec: u64,
    pub bwavgtime: Option<u64>,
    pub iopsavgtime: Option<u64>,
    pub disable_bw: bool,
    pub split_cpus: bool,
}

impl Default for Draft {
    fn default() -> Self {
        Draft {
            spec: ThreadSpec::default(),
            named: false,
            kb_base: 1024,
            numjobs: 1,
            randseed: None,
            randrepeat: true,
            allrandrepeat: false,
            bs: PerDir::all(4096),
            range: PerDir::all(None),
            split: [const { Vec::new() }; 3],
            align: PerDir::all(None),
            batch_submit: 1,
            complete_max: 0,
            iodepth_low: 0,
            log_avg_msec: 0,
            bwavgtime: None,
            iopsavgtime: None,
            disable_bw: false,
            split_cpus: false,
        }
    }
}
