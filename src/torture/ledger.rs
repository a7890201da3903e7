//! The counters of a run that is over add up.

use super::witness::Witness;
use crate::models::block::BlockDev;
use crate::models::io::Op;
use crate::models::machine::Machine;

/// Operations that carry data.
const DATA: [Op; 3] = [Op::Read, Op::Write, Op::Discard];

/// Holds the counters of every device and of the application against each
/// other.
///
/// # Errors
/// What does not add up.
pub fn check(m: &Machine<Witness>) -> Result<(), String> {
    let is_held = !m.held().is_empty();
    for (n, d) in m.block.devs.iter().enumerate() {
        if is_held {
            continue; // what is held has come and has not left
        }
        let map = m.dm.devs.iter().any(|map| usize::from(map.dev.0) == n);
        device(d, map)?;
    }
    sectors(m, is_held)?;
    application(m, is_held)
}

/// Every bio, and every piece it was split into, was an I/O of its own or was
/// merged into one.
fn device(d: &BlockDev, is_map: bool) -> Result<(), String> {
    let c = &d.count;
    let sum = |of: fn(&crate::models::block::device::DirCount) -> u64| -> u64 {
        DATA.iter().map(|&op| of(&c.dirs[op as usize])).sum()
    };
    let (ios, merges) = (sum(|d| d.ios), sum(|d| d.merges));
    let counted = c.back_merges + c.front_merges + c.rq_merges;
    let name = &d.name;
    if merges != counted {
        return Err(format!("counters: {name}: {merges} merges, {counted} seen"));
    }
    let (out, came) = (ios + merges, c.bios + c.splits);
    if is_map && d.is_bio_based() {
        if merges > 0 || out + c.needless_flushes < came {
            return Err(format!("counters: {name}: {came} bios, {out} I/Os"));
        }
    } else if is_map && out != came {
        return Err(format!("counters: {name}: {came} bios, {out} I/Os"));
    }
    if ios < c.refused {
        let refused = c.refused;
        return Err(format!("counters: {name}: {ios} I/Os, {refused} refused"));
    }
    Ok(())
}

/// Devices did what the map said was done: not less, and, if all that they did
/// was for the map and nothing failed half way, not more.
fn sectors(m: &Machine<Witness>, is_held: bool) -> Result<(), String> {
    let e = &m.probe.extents;
    let (ended, done) = (e.ended, e.carried_out);
    let map = m.dm.devs.last().map(|d| d.dev);
    let is_map = |dev| {
        let mut maps = m.dm.devs.iter().filter(|d| d.multipath().is_some());
        Some(dev) == map || maps.any(|d| d.dev == dev)
    };
    let on_map_only = m.app.threads.iter().all(|t| is_map(t.dev)) && !m.has_multipathd();
    if done < ended && !is_held {
        return Err(format!("sectors: {ended} ended, {done} carried out"));
    }
    // What failed half way may have been done twice.
    if on_map_only && e.refusals == 0 && done != ended {
        return Err(format!("sectors: {ended} ended, {done} carried out"));
    }
    Ok(())
}

/// fio counts what the application saw. Where I/O is held it has counted some
/// that it is still about to submit.
fn application(m: &Machine<Witness>, is_held: bool) -> Result<(), String> {
    if is_held {
        return Ok(());
    }
    for (t, saw) in m.app.threads.iter().zip(&m.probe.threads) {
        let report = t.fio.report();
        let ios: u64 = report.dirs.0.iter().map(|d| d.total_ios).sum();
        let (done, failed, syncs) = (saw.done, saw.failed, report.syncs);
        // Syncs of psync are no I/Os of the block layer's here.
        if failed == 0 && !(ios..=ios + syncs).contains(&done) {
            return Err(format!("fio: {ios} I/Os and {syncs} syncs of {done}"));
        }
        let (errors, of) = (report.total_err, failed + saw.failed_syncs);
        if errors > of {
            return Err(format!("fio: {errors} errors of {of}"));
        }
    }
    Ok(())
}
