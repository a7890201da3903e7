//! Runs a case and holds it against everything that has to be true.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use super::case::Case;
use super::extents::{Hazards, LateWrite};
use super::witness::Witness;
use super::{ledger, status, usable};
use crate::models::config::MachineConfig;
use crate::models::io::DevId;
use crate::models::machine::Machine;
use crate::models::mpath::selector::StatusType;
use crate::run::summarise;
use crate::scenario::{self, Mode};
use crate::sim::Ns;

/// What is wrong with a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// A word for the rule that does not hold.
    pub rule: String,
    /// The particulars.
    pub what: String,
}

impl Failure {
    /// From `rule: particulars`.
    pub fn new(what: impl Into<String>) -> Self {
        let what = what.into();
        let rule = what.split(':').next().unwrap_or_default().to_owned();
        Failure { rule, what }
    }
}

/// What a run that passed came to.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Runs.
    pub runs: u64,
    /// I/Os of the application.
    pub ios: u64,
    /// Those of them that failed, as they had to.
    pub failed: u64,
    /// Runs at whose end a map held I/O back, as it had to.
    pub held: u64,
    /// Actions of the timeline.
    pub actions: u64,
    /// Late writes.
    pub hazards: Hazards,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.runs += other.runs;
        self.ios += other.ios;
        self.failed += other.failed;
        self.held += other.held;
        self.actions += other.actions;
        self.hazards += other.hazards;
    }
}

/// A run that passed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// What it came to.
    pub tally: Tally,
    /// Its late writes, in words.
    pub late_writes: Vec<String>,
}

/// A late write in words.
fn in_words(m: &Machine<Witness>, w: &LateWrite) -> String {
    let newer = if w.over_newer {
        ", over newer data"
    } else {
        ""
    };
    format!(
        "a write of sectors {}+{}, sent to {} at {} and given up at {}, was carried out at {}, \
         after its retry had been acknowledged{newer}",
        w.sector,
        w.sectors,
        m.dev_name(w.dev),
        w.issued,
        w.given_up,
        w.landed,
    )
}

/// A run of more events than this is taken not to end. A LUN that answers BUSY for
/// ever is asked every 3 ms: as many events as that makes on a few disks until
/// [`FUTILE_AFTER`], and as the last of some dozen I/Os takes to fail where each has
/// to wait for the one before.
const MOST_EVENTS: u64 = 64_000_000;
/// The same of steps during which no time passes.
const MOST_STEPS: u64 = 1_000_000;
/// I/O that is tried again and again for so long never ends: longer than all
/// commands of a host adapter take with all their retries and with aborts that
/// come one after the other, on four paths.
const FUTILE_AFTER: Ns = Ns::from_secs(4000);
/// I/O that is held without any progress for so long is held for ever: longer
/// than multipathd takes to find that a path is back.
const HUNG_AFTER: Ns = Ns::from_secs(200);

/// Runs `case`, as its file says.
///
/// # Errors
/// What is wrong with the run.
pub fn check(case: &Case) -> Result<Passed, Failure> {
    check_text(&case.to_string(), case.mode, case.ties)
}

/// Runs the scenario `text` in `mode`, events of the same time in the order
/// that `ties` decides.
///
/// # Errors
/// What is wrong with the run; a panic is, too.
pub fn check_text(text: &str, mode: Mode, ties: Option<u64>) -> Result<Passed, Failure> {
    let wrong = |e: &dyn std::fmt::Display| Failure::new(format!("scenario: {e}"));
    let scenario = scenario::parse("torture.toml", text, &[]).map_err(|e| wrong(&e))?;
    let config = scenario::build(&scenario, mode).map_err(|e| wrong(&e))?;
    let sectors = scenario.maps.last().map_or(0, |map| map.sectors);
    match quietly(|| run(&config, sectors, ties)) {
        Ok(checked) => checked,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            let text = text.unwrap_or("no message");
            Err(Failure::new(format!("panic: {text}")))
        }
    }
}

thread_local! {
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Does `work`; if it panics, nothing is printed.
fn quietly<T>(work: impl FnOnce() -> T) -> std::thread::Result<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !IS_QUIET.get() {
                usual(info);
            }
        }));
    });
    IS_QUIET.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    IS_QUIET.set(false);
    outcome
}

fn run(config: &MachineConfig, sectors: u64, ties: Option<u64>) -> Result<Passed, Failure> {
    let refused = |e: &dyn std::fmt::Display| Failure::new(format!("build: {e}"));
    let threads = crate::run::threads(config).map_err(|e| refused(&e))?;
    let witness = Witness::new(config.devices.len(), config.maps.len(), sectors);
    let mut m = Machine::build(config, &threads, witness).map_err(|e| refused(&e))?;
    if let Some((_, others)) = m.dm.devs.split_last() {
        let others = others.iter().filter(|d| d.multipath().is_some());
        m.probe.leave_out(others.flat_map(|d| d.table.devices()));
    }
    for (map, text) in &config.messages_before_start {
        m.message(map, text).map_err(|e| refused(&e))?;
    }
    if let Some(seed) = ties {
        m.shuffle_ties(seed);
    }
    m.most_events = MOST_EVENTS;
    m.hung_after = HUNG_AFTER;
    m.futile_after = FUTILE_AFTER;
    m.host.spin.most = MOST_STEPS;
    let ran = m.run(|_| ());
    if let Some(wrong) = m.probe.wrong.take() {
        return Err(Failure::new(format!("{} (at {})", wrong.what, wrong.at)));
    }
    ran.map_err(|v| Failure::new(format!("{} (at {})", v.what, v.at)))?;
    m.probe.extents.land(Ns::NEVER);
    usable::check(&mut m).map_err(Failure::new)?;
    at_the_end(&mut m)?;
    let sum = |of: fn(&super::witness::Counted) -> u64| m.probe.threads.iter().map(of).sum();
    let hazards = &m.probe.extents.hazards;
    let tally = Tally {
        runs: 1,
        ios: sum(|t| t.done),
        failed: sum(|t| t.failed),
        held: u64::from(!m.held().is_empty()),
        actions: m.admin.done.len() as u64,
        hazards: Hazards::of(hazards),
    };
    let late_writes = hazards.iter().map(|w| in_words(&m, w)).collect();
    Ok(Passed { tally, late_writes })
}

/// What has to be true when a run is over, beside the machine's own
/// invariants.
fn at_the_end(m: &mut Machine<Witness>) -> Result<(), Failure> {
    let fail = |what: String| Err(Failure::new(what));
    let is_kept = m.is_futile || m.has_blocked_io();
    // Who suspends waits for what a target holds for want of a path, or a path.
    if m.admin.left() > 0 && !is_kept && !usable::may_hold_for_ever(m) {
        return fail(format!("stuck: {} actions never ended", m.admin.left()));
    }
    if let Some(shadow) = &m.probe.shadow
        && shadow.in_flight() != 0
        && !is_kept
    {
        let left = shadow.in_flight();
        return fail(format!("in flight: {left} I/Os on paths at the end"));
    }
    if m.held().is_empty() {
        let open = m.probe.extents.open();
        if open > 0 {
            return fail(format!("lost: {open} sectors of I/Os never ended"));
        }
        if let Some(t) = m.probe.threads.iter().find(|t| t.begun != t.done) {
            return fail(format!("lost: {} I/Os began, {} ended", t.begun, t.done));
        }
    }
    texts(m).or_else(fail)?;
    ledger::check(m).or_else(fail)
}

/// What `dmsetup` says is what is.
fn texts(m: &Machine<Witness>) -> Result<(), String> {
    let statuses = summarise::dmsetup(m, StatusType::Info);
    let tables = summarise::dmsetup(m, StatusType::Table);
    for (n, d) in m.dm.devs.iter().enumerate() {
        let Some(target) = d.multipath() else {
            continue;
        };
        let name = |dev: u16| m.dev_name(DevId(dev)).to_owned();
        status::check(&statuses[n], target, name)?;
        let seen = d.history.iter().chain(&d.status_seen);
        if let Some((_, text)) = seen
            .into_iter()
            .find(|(_, text)| status::read(text).is_none())
        {
            return Err(format!("status: not understood: {text}"));
        }
        let mut log = Vec::new();
        let again = m.load_replacement(n as u16, &tables[n], &mut log);
        let again = again.map_err(|e| format!("table: {e}: {}: {}", tables[n], log.join("; ")))?;
        let device = |dev: DevId, out: &mut String| out.push_str(m.dev_name(dev));
        let text = again.print(StatusType::Table, device);
        if text != tables[n] && !is_mid_way(&text, &tables[n]) {
            return Err(format!("table: {} is read as {text}", tables[n]));
        }
    }
    Ok(())
}

/// Whether two tables differ in the group to be used first alone: that of a
/// target in use is the one in use.
fn is_mid_way(a: &str, b: &str) -> bool {
    let differ = a.split_whitespace().zip(b.split_whitespace());
    differ.filter(|(a, b)| a != b).count() <= 1
}
