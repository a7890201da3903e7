//! Which options exist, and where (`dict.c:init_keywords`).

use super::error::ConfError;
use super::tree::Setting;
use crate::formats::nearest::nearest;

/// Where an option can be.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Defaults,
    Device,
    Overrides,
    Multipath,
}

impl Section {
    pub fn name(self) -> &'static str {
        match self {
            Section::Defaults => "defaults",
            Section::Device => "device",
            Section::Overrides => "overrides",
            Section::Multipath => "multipath",
        }
    }
    fn letter(self) -> char {
        match self {
            Section::Defaults => 'd',
            Section::Device => 'h',
            Section::Overrides => 'o',
            Section::Multipath => 'm',
        }
    }
}

/// What an option is to the simulator.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// It tells which devices or maps an entry is for, or how a map is called.
    Names,
    /// It is read.
    Read,
    /// It exists, but nothing that is simulated depends on it, or what does is
    /// not modelled.
    Ignored,
}

/// The sections, at the top of a file.
pub(super) const SECTIONS: [&str; 6] = [
    "defaults",
    "blacklist",
    "blacklist_exceptions",
    "devices",
    "overrides",
    "multipaths",
];

/// Other names of options, and the sections in which they are known.
const ALIASES: [(&str, &str, &str); 5] = [
    ("checker", "path_checker", "dho"),
    ("default_selector", "path_selector", "d"),
    ("default_path_grouping_policy", "path_grouping_policy", "d"),
    ("default_features", "features", "d"),
    ("default_path_checker", "path_checker", "d"),
];

/// Names, and the sections by their letters: `d`efaults, `h`ardware (device),
/// `o`verrides, `m`ultipath.
const NAMES: [(&str, &str); 6] = [
    ("vendor", "h"),
    ("product", "h"),
    ("revision", "h"),
    ("product_blacklist", "h"),
    ("wwid", "m"),
    ("alias", "m"),
];

const READ: [(&str, &str); 29] = [
    ("polling_interval", "d"),
    ("max_polling_interval", "d"),
    ("path_selector", "dhom"),
    ("path_grouping_policy", "dhom"),
    ("detect_pgpolicy", "dho"),
    ("detect_pgpolicy_use_tpg", "dho"),
    ("path_checker", "dho"),
    ("detect_checker", "dho"),
    ("checker_timeout", "d"),
    ("prio", "dhom"),
    ("prio_args", "dhom"),
    ("detect_prio", "dho"),
    ("features", "dhom"),
    ("hardware_handler", "h"),
    ("failback", "dhom"),
    ("no_path_retry", "dhom"),
    ("rr_min_io", "dhom"),
    ("rr_min_io_rq", "dhom"),
    ("rr_weight", "dhom"),
    ("fast_io_fail_tmo", "dho"),
    ("dev_loss_tmo", "dho"),
    ("san_path_err_threshold", "dhom"),
    ("san_path_err_forget_rate", "dhom"),
    ("san_path_err_recovery_time", "dhom"),
    ("marginal_path_double_failed_time", "dhom"),
    ("marginal_path_err_sample_time", "dhom"),
    ("marginal_path_err_rate_threshold", "dhom"),
    ("marginal_path_err_recheck_gap_time", "dhom"),
    ("marginal_pathgroups", "d"),
];

const IGNORED: [(&str, &str); 52] = [
    ("alias_prefix", "dho"),
    ("all_tg_pt", "dho"),
    ("allow_usb_devices", "d"),
    ("auto_resize", "d"),
    ("bindings_file", "d"),
    ("config_dir", "d"),
    ("default_getuid_callout", "d"),
    ("default_uid_attribute", "d"),
    ("deferred_remove", "dhom"),
    ("delay_wait_checks", "dhom"),
    ("delay_watch_checks", "dhom"),
    ("disable_changed_wwids", "d"),
    ("eh_deadline", "dho"),
    ("enable_foreign", "d"),
    ("find_multipaths", "d"),
    ("find_multipaths_timeout", "d"),
    ("flush_on_last_del", "dhom"),
    ("force_sync", "d"),
    ("getuid_callout", "dho"),
    ("ghost_delay", "dhom"),
    ("gid", "dm"),
    ("log_checker_err", "d"),
    ("max_fds", "d"),
    ("max_retries", "dho"),
    ("max_sectors_kb", "dhom"),
    ("missing_uev_wait_timeout", "d"),
    ("mode", "dm"),
    ("multipath_dir", "d"),
    ("partition_delimiter", "d"),
    ("pg_timeout", "dhm"),
    ("prkeys_file", "d"),
    ("purge_disconnected", "dhom"),
    ("queue_without_daemon", "d"),
    ("reassign_maps", "d"),
    ("recheck_wwid", "dho"),
    ("remove_retries", "d"),
    ("reservation_key", "dm"),
    ("retain_attached_hw_handler", "dho"),
    ("retrigger_delay", "d"),
    ("retrigger_tries", "d"),
    ("skip_kpartx", "dhom"),
    ("strict_timing", "d"),
    ("udev_dir", "d"),
    ("uev_wait_timeout", "d"),
    ("uid", "dm"),
    ("uid_attribute", "dho"),
    ("uid_attrs", "d"),
    ("user_friendly_names", "dhom"),
    ("uxsock_timeout", "d"),
    ("verbosity", "d"),
    ("vpd_vendor", "h"),
    ("wwids_file", "d"),
];

fn all() -> impl Iterator<Item = (&'static str, &'static str, Use)> {
    let names = NAMES.iter().map(|&(n, s)| (n, s, Use::Names));
    let read = READ.iter().map(|&(n, s)| (n, s, Use::Read));
    let ignored = IGNORED.iter().map(|&(n, s)| (n, s, Use::Ignored));
    let aliases = ALIASES.iter().map(|&(n, _, s)| (n, s, Use::Read));
    names.chain(read).chain(ignored).chain(aliases)
}

/// The option's first name.
pub(super) fn canonical(name: &str) -> &str {
    match ALIASES.iter().find(|(alias, ..)| *alias == name) {
        Some((_, first, _)) => first,
        None => name,
    }
}

/// What an option is in a section.
pub(super) fn usage(setting: &Setting, section: Section) -> Result<Use, ConfError> {
    let here = |sections: &str| sections.contains(section.letter());
    let named = all().find(|(name, ..)| *name == setting.name);
    match named {
        Some((_, sections, usage)) if here(sections) => Ok(usage),
        Some((_, sections, _)) => Err(ConfError::WrongSection {
            at: setting.at,
            option: setting.name.clone(),
            section: section.name().into(),
            belongs: first_section(sections).into(),
        }),
        None => {
            let of_section = all()
                .filter(|(_, sections, _)| here(sections))
                .map(|(name, ..)| name);
            Err(ConfError::UnknownOption {
                at: setting.at,
                option: setting.name.clone(),
                nearest: nearest(&setting.name, of_section),
            })
        }
    }
}

fn first_section(sections: &str) -> &'static str {
    let all = [
        Section::Defaults,
        Section::Device,
        Section::Overrides,
        Section::Multipath,
    ];
    all.into_iter()
        .find(|section| sections.contains(section.letter()))
        .map_or("defaults", Section::name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        let mut names: Vec<&str> = all().map(|(name, ..)| name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn aliases_lead_to_options() {
        for (alias, name, _) in ALIASES {
            assert!(READ.iter().any(|(n, _)| *n == name), "{alias}");
        }
    }
}
