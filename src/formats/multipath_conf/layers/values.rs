//! The values of options (`dict.c`).

use super::super::error::{ConfError, Warning};
use super::super::keywords::canonical;
use super::super::tree::Setting;
use crate::formats::nearest::nearest;
use crate::models::multipathd::{
    Checker, DevLoss, Failback, FastIoFail, GroupingPolicy, Layer, MarginalPathgroups, NoPathRetry,
    Prio, RrWeight,
};

/// Reads one option into a layer.
pub(super) fn read(
    setting: &Setting,
    layer: &mut Layer,
    warnings: &mut Vec<Warning>,
) -> Result<(), ConfError> {
    let s = setting;
    match canonical(&s.name) {
        "polling_interval" => layer.polling_interval = Some(at_least(s, 1)?),
        "max_polling_interval" => layer.max_polling_interval = Some(Some(at_least(s, 1)?)),
        "path_selector" => layer.path_selector = Some(selector(s)?),
        "path_grouping_policy" => {
            layer.path_grouping_policy =
                Some(name(s, GroupingPolicy::from_name, GroupingPolicy::NAMES)?);
        }
        "detect_pgpolicy" => layer.detect_pgpolicy = Some(yes_no(s)?),
        "detect_pgpolicy_use_tpg" => layer.detect_pgpolicy_use_tpg = Some(yes_no(s)?),
        "path_checker" => {
            layer.path_checker = Some(name(s, Checker::from_name, Checker::NAMES)?);
        }
        "detect_checker" => layer.detect_checker = Some(yes_no(s)?),
        "checker_timeout" => layer.checker_timeout = Some(some_if_positive(at_least(s, 0)?)),
        "prio" => layer.prio = Some(prio(s, warnings)?),
        "prio_args" => layer.prio_args = Some(s.value.clone()),
        "detect_prio" => layer.detect_prio = Some(yes_no(s)?),
        "features" => layer.features = Some(counted(s)?),
        "hardware_handler" => layer.hardware_handler = Some(counted(s)?),
        "failback" => layer.failback = Some(failback(s)?),
        "no_path_retry" => layer.no_path_retry = Some(no_path_retry(s)?),
        "rr_min_io" => layer.rr_min_io = Some(at_least(s, 1)?),
        "rr_min_io_rq" => layer.rr_min_io_rq = Some(at_least(s, 1)?),
        "rr_weight" => layer.rr_weight = Some(name(s, RrWeight::from_name, RrWeight::NAMES)?),
        "fast_io_fail_tmo" => layer.fast_io_fail_tmo = Some(fast_io_fail(s)?),
        "dev_loss_tmo" => layer.dev_loss_tmo = Some(dev_loss(s)?),
        "marginal_pathgroups" => layer.marginal_pathgroups = Some(marginal_pathgroups(s)?),
        other => shaky(other, s, layer)?,
    }
    Ok(())
}

/// The options against shaky paths, each a number or `no`.
fn shaky(option: &str, s: &Setting, layer: &mut Layer) -> Result<(), ConfError> {
    let target = match option {
        "san_path_err_threshold" => &mut layer.san_path_err_threshold,
        "san_path_err_forget_rate" => &mut layer.san_path_err_forget_rate,
        "san_path_err_recovery_time" => &mut layer.san_path_err_recovery_time,
        "marginal_path_double_failed_time" => &mut layer.marginal_path_double_failed_time,
        "marginal_path_err_sample_time" => &mut layer.marginal_path_err_sample_time,
        "marginal_path_err_rate_threshold" => &mut layer.marginal_path_err_rate_threshold,
        "marginal_path_err_recheck_gap_time" => &mut layer.marginal_path_err_recheck_gap_time,
        _ => {
            return Err(ConfError::UnknownOption {
                at: s.at,
                option: s.name.clone(),
                nearest: None,
            });
        }
    };
    *target = Some(match s.value.as_str() {
        "no" => 0,
        text => text
            .parse()
            .map_err(|_| bad(s, "a number or `no`", &["no"]))?,
    });
    Ok(())
}

fn bad(s: &Setting, expected: &str, known: &[&str]) -> ConfError {
    ConfError::BadValue {
        at: s.value_at,
        option: s.name.clone(),
        value: s.value.clone(),
        expected: expected.into(),
        nearest: nearest(&s.value, known.iter().copied()),
    }
}

fn at_least(s: &Setting, least: u32) -> Result<u32, ConfError> {
    s.value
        .parse()
        .ok()
        .filter(|&n| n >= least)
        .ok_or_else(|| bad(s, &format!("a number from {least} on"), &[]))
}

fn some_if_positive(n: u32) -> Option<u32> {
    (n > 0).then_some(n)
}

fn name<T>(
    s: &Setting,
    from_name: impl Fn(&str) -> Option<T>,
    names: &[&str],
) -> Result<T, ConfError> {
    from_name(&s.value).ok_or_else(|| bad(s, &format!("one of {}", names.join(", ")), names))
}

fn yes_no(s: &Setting) -> Result<bool, ConfError> {
    match s.value.as_str() {
        "yes" | "1" => Ok(true),
        "no" | "0" => Ok(false),
        _ => Err(bad(s, "`yes` or `no`", &["yes", "no"])),
    }
}

/// Words behind their count.
fn counted(s: &Setting) -> Result<String, ConfError> {
    let mut words = s.value.split_whitespace();
    let count = words.next().and_then(|word| word.parse().ok());
    if count == Some(words.count()) {
        Ok(s.value.clone())
    } else {
        Err(bad(s, "a count and as many words", &[]))
    }
}

/// A name and words behind their count.
fn selector(s: &Setting) -> Result<String, ConfError> {
    let mut words = s.value.split_whitespace().skip(1);
    let count = words.next().and_then(|word| word.parse().ok());
    if count == Some(words.count()) {
        Ok(s.value.clone())
    } else {
        let expected = "a name, a count and as many words, as in `round-robin 0`";
        Err(bad(s, expected, &[]))
    }
}

fn prio(s: &Setting, warnings: &mut Vec<Warning>) -> Result<Prio, ConfError> {
    let prio = name(s, Prio::from_name, Prio::NAMES)?;
    if !prio.is_modelled() {
        warnings.push(Warning {
            at: s.value_at,
            message: format!(
                "`prio {prio}` is not modelled; without ALUA each path has priority 1"
            ),
        });
    }
    Ok(prio)
}

fn failback(s: &Setting) -> Result<Failback, ConfError> {
    let names = ["manual", "immediate", "followover"];
    match s.value.as_str() {
        "manual" => Ok(Failback::Manual),
        "immediate" => Ok(Failback::Immediate),
        "followover" => Ok(Failback::Followover),
        text => match text.parse() {
            Ok(seconds) if seconds > 0 => Ok(Failback::Deferred(seconds)),
            _ => Err(bad(
                s,
                "manual, immediate, followover or a number of seconds from 1 on",
                &names,
            )),
        },
    }
}

fn no_path_retry(s: &Setting) -> Result<NoPathRetry, ConfError> {
    match s.value.as_str() {
        "fail" | "0" => Ok(NoPathRetry::Fail),
        "queue" => Ok(NoPathRetry::Queue),
        text => text
            .parse()
            .map(NoPathRetry::Checks)
            .map_err(|_| bad(s, "fail, queue or a number of checks", &["fail", "queue"])),
    }
}

fn fast_io_fail(s: &Setting) -> Result<FastIoFail, ConfError> {
    match s.value.as_str() {
        "off" => Ok(FastIoFail::Off),
        text => text
            .parse()
            .map(FastIoFail::Seconds)
            .map_err(|_| bad(s, "off or a number of seconds", &["off"])),
    }
}

fn dev_loss(s: &Setting) -> Result<DevLoss, ConfError> {
    match s.value.as_str() {
        "infinity" => Ok(DevLoss::Infinity),
        text => text
            .parse()
            .map(DevLoss::Seconds)
            .map_err(|_| bad(s, "infinity or a number of seconds", &["infinity"])),
    }
}

fn marginal_pathgroups(s: &Setting) -> Result<MarginalPathgroups, ConfError> {
    match s.value.as_str() {
        "yes" | "1" => Ok(MarginalPathgroups::On),
        "no" | "0" => Ok(MarginalPathgroups::Off),
        _ => name(s, MarginalPathgroups::from_name, MarginalPathgroups::NAMES),
    }
}
