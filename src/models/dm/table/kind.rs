//! What kind of device a table makes, of bios or of requests, and whether a device may
//! have it in place of its live one.

use super::{Table, Target, TargetSpec};
use crate::models::kernel::Way;
use crate::models::mpath::{CtrEnv, LegacyRules, QueueMode};

impl Table {
    /// Whether a device with the table `live` may have this one instead.
    pub(super) fn may_replace(&self, live: &Table) -> Result<(), String> {
        if live.is_multipath() && !self.is_multipath() && !self.has_wildcard() {
            return Err("can't replace immutable target type multipath".into());
        }
        if live.mode != self.mode {
            return Err(format!(
                "can't change device type (old={} vs new={}) after initial table load.",
                live.mode.number(),
                self.mode.number()
            ));
        }
        Ok(())
    }

    /// The same in a kernel with single queues.
    pub(super) fn may_replace_old(&self, live: &Table, rules: &LegacyRules) -> Result<(), String> {
        if rules.way == Way::BlockLayer {
            return Err("a multipath device of the block layer has no table".into());
        }
        if live.mode != self.mode {
            return Err("can't change the device type after a table is bound".into());
        }
        Ok(())
    }
}

/// How the device is to take its I/O (`dm_table_determine_type`).
///
/// # Errors
/// The kernel's text.
pub(super) fn determine_mode(
    targets: &[TargetSpec],
    env: &CtrEnv,
    live: Option<&Table>,
) -> Result<QueueMode, &'static str> {
    let of_multipath = targets.iter().find_map(|t| match &t.target {
        Target::Multipath(m) => Some(m.mode()),
        _ => None,
    });
    if let Some(rules) = &env.legacy {
        return determine_old_mode(targets, env, live, rules);
    }
    let only_error = targets.iter().all(|t| matches!(t.target, Target::Error));
    let live_mode = live.map(|table| table.mode);
    let mode = match of_multipath {
        Some(mode) => mode,
        None if only_error => live_mode.unwrap_or(QueueMode::Bio),
        None => QueueMode::Bio,
    };
    if mode == QueueMode::Bio {
        return Ok(mode);
    }
    if targets.len() > 1 {
        return Err("request-based DM doesn't support multiple targets");
    }
    let mut devices = targets.iter().flat_map(TargetSpec::areas).peekable();
    if devices.peek().is_none() {
        return Ok(live_mode.unwrap_or(mode));
    }
    let stackable = |dev| env.lookup.info(dev).rq_stackable();
    if devices.all(|(dev, _, _)| stackable(dev)) {
        Ok(mode)
    } else {
        Err("table load rejected: including non-request-stackable devices")
    }
}

/// The same in a kernel with single queues (2.6.31 `dm_table_set_type`): a
/// target that maps requests makes the device request-based.
fn determine_old_mode(
    targets: &[TargetSpec],
    env: &CtrEnv,
    live: Option<&Table>,
    rules: &LegacyRules,
) -> Result<QueueMode, &'static str> {
    let maps_requests = |t: &TargetSpec| match &t.target {
        Target::Multipath(m) => m.mode() == QueueMode::Rq,
        _ => false,
    };
    let of_requests = targets.iter().filter(|t| maps_requests(t)).count();
    let mode = match of_requests {
        0 => QueueMode::Bio,
        _ => QueueMode::Rq,
    };
    if let Some(live) = live
        && !rules.patches.mode_at_load
    {
        return Ok(live.mode); // the device is what it is, whatever is in its table
    }
    if mode == QueueMode::Bio || !rules.patches.reject_bad_tables {
        return Ok(mode);
    }
    if of_requests < targets.len() {
        return Err("Inconsistent table: different target types can't be mixed up");
    }
    if targets.len() > 1 {
        return Err("Request-based dm doesn't support multiple targets yet");
    }
    let mut devices = targets.iter().flat_map(TargetSpec::areas);
    if devices.all(|(dev, _, _)| env.lookup.info(dev).rq_stackable()) {
        Ok(mode)
    } else {
        Err("table load rejected: including non-request-stackable devices")
    }
}
