//! Makes a case that fails smaller, as long as it fails in the same way.

use std::time::{Duration, Instant};

use super::case::{Case, Cpu, Network};
use super::check::{Failure, check};

/// Most runs that are spent on it.
const MOST_RUNS: u32 = 600;
/// Most wall time: of a case that takes seconds not all of those runs are made, and
/// what comes of it is less small.
pub const MOST_TIME: Duration = Duration::from_secs(60);

/// A case that breaks the same rule as `case` does, from which nothing can be
/// taken; and how it fails.
pub fn shrink(case: &Case, failure: &Failure) -> (Case, Failure) {
    let began = Instant::now();
    shrink_by(case, failure, |case| {
        let has_time = began.elapsed() < MOST_TIME;
        has_time.then(|| check(case).err()).flatten()
    })
}

/// The same, where `fails` says how a case fails.
pub fn shrink_by(
    case: &Case,
    failure: &Failure,
    fails: impl Fn(&Case) -> Option<Failure>,
) -> (Case, Failure) {
    let (mut best, mut how) = (case.clone(), failure.clone());
    let mut runs = 0;
    loop {
        let smaller = smaller(&best).into_iter().find_map(|case| {
            runs += 1;
            if runs > MOST_RUNS || case == best {
                return None;
            }
            let found = fails(&case)?;
            (found.rule == how.rule).then_some((case, found))
        });
        match smaller {
            Some((case, found)) => (best, how) = (case, found),
            None => return (best, how),
        }
    }
}

/// Cases with a little less in them, the largest steps first.
fn smaller(case: &Case) -> Vec<Case> {
    let mut out = Vec::new();
    let mut with = |change: &dyn Fn(&mut Case)| {
        let mut less = case.clone();
        change(&mut less);
        out.push(less);
    };
    let events = case.timeline.len();
    for half in [0..events / 2, events / 2..events] {
        with(&|c| drop(c.timeline.drain(half.clone())));
    }
    for n in 0..case.jobs.len() {
        if case.jobs.len() > 1 {
            with(&|c| drop(c.jobs.remove(n)));
        }
    }
    for n in 0..case.devices.len() {
        with(&|c| without_path(c, n));
    }
    for n in 0..events {
        with(&|c| drop(c.timeline.remove(n)));
    }
    for n in 0..case.messages.len() {
        with(&|c| drop(c.messages.remove(n)));
    }
    for n in 0..case.jobs.len() {
        with(&|c| c.jobs[n].clones = 1);
        for divisor in [8, 2] {
            with(&|c| c.jobs[n].ios = (c.jobs[n].ios / divisor).max(1));
            with(&|c| c.jobs[n].depth = (c.jobs[n].depth / divisor as u32).max(1));
        }
        with(&|c| c.jobs[n].ios = (c.jobs[n].ios - 1).max(1));
        for line in 0..case.jobs[n].lines.len() {
            with(&|c| drop(c.jobs[n].lines.remove(line)));
        }
    }
    with(&|c| c.neighbour = None);
    with(&|c| c.delay = None);
    with(&|c| c.multipathd = None);
    for n in 0..case.multipathd.as_ref().map_or(0, Vec::len) {
        with(&|c| drop(c.multipathd.as_mut().map(|lines| lines.remove(n))));
    }
    network(case, &mut with);
    with(&|c| c.cpus = 1);
    with(&|c| c.cpu = Cpu::Free);
    if case.cpu == Cpu::Lab {
        with(&|c| c.cpu = Cpu::Cheap);
    }
    with(&|c| c.ties = None);
    with(&|c| c.no_path_timeout = 0);
    with(&|c| c.map.handler = "0".into());
    with(&|c| c.map.first = 0);
    with(&|c| c.map.queue.clear());
    for n in 0..case.map.features.len() {
        with(&|c| drop(c.map.features.remove(n)));
    }
    for n in 0..case.devices.len() {
        with(&|c| c.devices[n].queue.clear());
        with(&|c| c.devices[n].kind = simpler(&case.devices[n].kind));
    }
    for event in 0..events {
        with(&|c| c.timeline[event].at = crate::sim::Ns(round(c.timeline[event].at.0)));
    }
    out
}

/// Less of the network.
fn network(case: &Case, with: &mut impl FnMut(&dyn Fn(&mut Case))) {
    let Some(network) = &case.network else {
        return;
    };
    with(&|c| c.network = None);
    let mut less = |change: &dyn Fn(&mut Network)| {
        with(&|c| {
            if let Some(network) = &mut c.network {
                change(network);
            }
        });
    };
    less(&|n| n.initiators = 1);
    less(&|n| n.controllers = 1);
    less(&|n| n.ports = 1);
    for line in 0..network.fabric.len() {
        less(&|n| drop(n.fabric.remove(line)));
    }
    for line in 0..network.array.len() {
        less(&|n| drop(n.array.remove(line)));
    }
    for table in 0..network.others.len() {
        less(&|n| drop(n.others.remove(table)));
    }
}

/// Two digits are enough.
fn round(n: u64) -> u64 {
    let mut unit = 1;
    while n / unit >= 100 {
        unit *= 10;
    }
    n / unit * unit
}

/// Without the last of its fields.
fn simpler(kind: &str) -> String {
    match kind.rsplit_once(", ") {
        Some((rest, _)) if !kind.contains("kind =") => format!("{rest} }}"),
        _ => kind.to_owned(),
    }
}

/// Without device `n`, the paths over it and what is about it; the last path
/// stays.
fn without_path(case: &mut Case, n: usize) {
    use super::case::What;
    if case.devices.len() < 2 {
        return;
    }
    case.devices.remove(n);
    let moved = |device: &mut usize| {
        let is_gone = *device == n;
        if *device > n {
            *device -= 1;
        }
        !is_gone
    };
    for group in &mut case.map.groups {
        group.paths.retain_mut(|(device, _)| moved(device));
    }
    case.map.groups.retain(|group| !group.paths.is_empty());
    case.map.first = case.map.first.min(case.map.groups.len() - 1);
    case.timeline.retain_mut(|event| match &mut event.what {
        What::Path(_, device) | What::Device(device, _) => moved(device),
        What::Map(_)
        | What::ScsiDebug(..)
        | What::Load { .. }
        | What::Fault(..)
        | What::Upgrade(_) => true,
    });
    case.jobs
        .retain_mut(|job| job.device.as_mut().is_none_or(moved));
    // Groups that are spoken of may be gone.
    let groups = case.map.groups.len();
    let exists = |text: &str| (groups + 1..=4).all(|g| !text.contains(&format!("group {g}")));
    case.messages.retain(|text| exists(text));
    case.timeline.retain(|event| match &event.what {
        What::Map(line) => exists(line),
        _ => true,
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::torture::case::What;
    use crate::torture::generate;

    /// As if a case failed wherever a path fails during the run.
    fn fails(case: &Case) -> Option<Failure> {
        let is_path = |what: &What| matches!(what, What::Path("fail_path", _));
        let any = case.timeline.iter().any(|event| is_path(&event.what));
        any.then(|| Failure::new("test: a path fails"))
    }

    #[test]
    fn what_is_not_needed_is_taken_out() {
        let case = (0..).map(|run| generate(1, run)).find(|case| {
            fails(case).is_some() && case.devices.len() > 2 && case.timeline.len() > 5
        });
        let case = case.unwrap();
        let (small, how) = shrink_by(&case, &fails(&case).unwrap(), fails);
        assert_eq!(how.rule, "test");
        assert_eq!((small.timeline.len(), small.devices.len()), (1, 1));
        assert_eq!((small.jobs.len(), small.jobs[0].ios), (1, 1));
        assert_eq!((small.cpus, small.ties, small.cpu), (1, None, Cpu::Free));
        let text = small.to_string();
        assert!(
            crate::scenario::parse("small.toml", &text, &[]).is_ok(),
            "{text}"
        );
    }
}
