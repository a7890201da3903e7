//! A second opinion on the multipath target: which path an I/O takes, which
//! paths and groups there are to choose from, when an I/O may fail. Written
//! from the rules, not from `models::mpath`.

mod policy;

use policy::Policy;

use crate::models::mpath::selector::{PathSelector, StatusType};
use crate::models::mpath::{Multipath, PathIdx, QueueMode};
use crate::models::probe::{Mapped, TargetEvent};

/// What is believed of a target.
#[derive(Clone, Debug)]
pub struct Shadow {
    paths: Vec<PathBelief>,
    groups: Vec<GroupBelief>,
    /// The group in use.
    current: Option<usize>,
    /// The path that was chosen when that came into use, if it is still to be
    /// had: it is kept until the group is initialised.
    last: Option<usize>,
    /// The group to be used next.
    next: Option<usize>,
    /// Held until the group is initialised.
    queue_io: bool,
    has_handler: bool,
}

/// What is believed of a path.
#[derive(Clone, Debug)]
struct PathBelief {
    group: usize,
    is_active: bool,
    fail_count: u32,
    ios: i64,
    bytes: i64,
}

/// What is believed of a group.
#[derive(Clone, Debug)]
struct GroupBelief {
    policy: Policy,
    is_bypassed: bool,
}

impl Shadow {
    /// Of a target that is new.
    pub fn new(target: &Multipath) -> Self {
        let group_of = |n: usize| {
            let at = PathIdx(n as u16);
            let groups = target.groups().iter();
            groups.take_while(|g| g.paths().all(|p| p != at)).count()
        };
        let paths = (0..target.paths().len()).map(|n| PathBelief {
            group: group_of(n),
            is_active: true,
            fail_count: 0,
            ios: 0,
            bytes: 0,
        });
        let groups = target.groups().iter().map(|g| {
            let paths: Vec<usize> = g.paths().map(|p| usize::from(p.0)).collect();
            let words = |n| {
                let mut text = String::new();
                g.selector.status(Some(n), StatusType::Table, &mut text);
                text
            };
            let words = (0..paths.len()).map(words).collect();
            GroupBelief {
                policy: Policy::new(g.selector.name(), paths, words),
                is_bypassed: false,
            }
        });
        let table = target.status(StatusType::Table, |_, out| out.push('-'));
        Shadow {
            paths: paths.collect(),
            groups: groups.collect(),
            current: None,
            last: None,
            next: first_group(&table),
            queue_io: true,
            has_handler: target.handler().is_some(),
        }
    }

    /// The target has done something.
    ///
    /// # Errors
    /// It should have done something else.
    pub fn event(&mut self, event: TargetEvent<'_>, target: &Multipath) -> Result<(), String> {
        match event {
            TargetEvent::Table => *self = Shadow::new(target),
            TargetEvent::Message(text) => {
                self.message(text);
                self.paths_changed(target)?;
            }
            TargetEvent::Changed => {
                self.queue_io = target.queue_io();
                self.paths_changed(target)?;
            }
            TargetEvent::Mapped(mapped, ctx) => self.mapped(mapped, ctx.nr_bytes, target)?,
            TargetEvent::Began(path, bytes) => self.moved(path, 1, i64::from(bytes)),
            TargetEvent::Refused(path, bytes) => {
                self.moved(path, -1, -i64::from(bytes));
                self.check_in_flight(path)?;
            }
            TargetEvent::Left {
                path,
                nr_bytes,
                status,
                is_over,
            } => {
                self.moved(path, -1, -i64::from(nr_bytes));
                self.check_in_flight(path)?;
                self.paths_changed(target)?;
                let is_path_error = status.is_path_error();
                if is_path_error && self.paths[usize::from(path.0)].is_active {
                    return Err(format!("path: {status:?} did not fail path {}", path.0));
                }
                let may_go_on = self.may_be_held(target);
                if is_over && is_path_error && may_go_on {
                    return Err(format!("failed: {status:?} although a path may come"));
                }
                if !is_over && (!is_path_error || !may_go_on) {
                    return Err(format!("again: {status:?} is final"));
                }
            }
        }
        self.check_counts(target)
    }

    /// Whether an I/O that found no path, or lost it, may be tried again.
    fn may_be_held(&self, target: &Multipath) -> bool {
        self.valid() > 0 || target.queue_if_no_path() || target.noflush_suspending
    }

    fn valid(&self) -> usize {
        self.paths.iter().filter(|p| p.is_active).count()
    }

    fn moved(&mut self, path: PathIdx, ios: i64, bytes: i64) {
        let p = &mut self.paths[usize::from(path.0)];
        p.ios += ios;
        p.bytes += bytes;
    }

    fn check_in_flight(&self, path: PathIdx) -> Result<(), String> {
        let p = &self.paths[usize::from(path.0)];
        if p.ios < 0 || p.bytes < 0 || (p.ios == 0) != (p.bytes == 0) && p.ios == 0 {
            let (ios, bytes) = (p.ios, p.bytes);
            return Err(format!(
                "in flight: {ios} I/Os, {bytes} B on path {}",
                path.0
            ));
        }
        Ok(())
    }

    /// What a message that was taken does to groups.
    fn message(&mut self, text: &str) {
        let mut words = text.split_whitespace();
        let verb = words.next().unwrap_or_default();
        let group = words.next().and_then(|n| n.parse::<usize>().ok());
        let Some(group) = group.map(|n| n.wrapping_sub(1)) else {
            return;
        };
        match verb {
            "disable_group" | "enable_group" => {
                self.groups[group].is_bypassed = verb == "disable_group";
            }
            "switch_group" => {
                for g in &mut self.groups {
                    g.is_bypassed = false;
                }
                self.next = Some(group);
            }
            _ => return,
        }
        self.current = None;
        self.last = None;
    }

    /// Paths that failed or came back since the last look leave or join the
    /// lists of their groups.
    fn paths_changed(&mut self, target: &Multipath) -> Result<(), String> {
        for (n, is) in target.paths().iter().enumerate() {
            let p = &mut self.paths[n];
            let failed = is.fail_count != p.fail_count;
            let (was_active, group) = (p.is_active, p.group);
            if failed && (is.fail_count != p.fail_count + 1 || !was_active) {
                return Err(format!("path: {} failed more than once at a time", n));
            }
            p.fail_count = is.fail_count;
            p.is_active = is.active;
            let policy = &mut self.groups[group].policy;
            if failed || was_active && !is.active {
                policy.failed(n);
                if self.last == Some(n) {
                    self.last = None;
                }
            }
            if is.active && (failed || !was_active) {
                policy.reinstated(n);
                if self.valid() == 1 {
                    self.last = None;
                }
            }
        }
        if self.has_handler {
            // An activation that succeeds takes its group into use again; one that
            // meets a busy controller has another group tried (`bypass_pg`).
            for (g, is) in self.groups.iter_mut().zip(target.groups()) {
                if is.bypassed && !g.is_bypassed {
                    self.current = None;
                    self.last = None;
                }
                g.is_bypassed = is.bypassed;
            }
        }
        Ok(())
    }

    /// An I/O was mapped.
    fn mapped(&mut self, mapped: Mapped, bytes: u32, target: &Multipath) -> Result<(), String> {
        let keeps = self.last.is_some() && self.queue_io;
        let wanted = if keeps {
            self.last
        } else {
            self.choose(bytes, mapped)?
        };
        let holds = self.queue_io || target.pg_init_required();
        let expected = match wanted {
            Some(_) if holds => Mapped::Held,
            Some(path) => Mapped::To(PathIdx(path as u16)),
            None if target.queue_if_no_path() => Mapped::Held,
            None if target.noflush_suspending && target.mode() == QueueMode::Bio => {
                Mapped::PushedBack
            }
            None if target.noflush_suspending => Mapped::Held,
            None => Mapped::Killed,
        };
        if mapped == expected {
            return Ok(());
        }
        // The target's own state after a round that was begun just now.
        if mapped == Mapped::Held && self.has_handler && target.pg_init_in_progress() > 0 {
            return Ok(());
        }
        let paths: Vec<String> = self
            .paths
            .iter()
            .map(|p| {
                format!(
                    "{}{}:{}",
                    if p.is_active { "" } else { "!" },
                    p.ios,
                    p.bytes
                )
            })
            .collect();
        Err(format!(
            "choice: {mapped:?}, {expected:?} was due; paths {}, group {:?}",
            paths.join(" "),
            self.current
        ))
    }

    /// The path that is due. Where a policy leaves it open, what was `mapped`
    /// counts, if it may be.
    fn choose(&mut self, bytes: u32, mapped: Mapped) -> Result<Option<usize>, String> {
        if self.valid() == 0 {
            self.queue_io = false;
            self.current = None;
            self.last = None;
            return Ok(None);
        }
        let mut order: Vec<usize> = Vec::new();
        order.extend(self.next.take());
        order.extend(self.current);
        for bypassed in [false, true] {
            let groups = 0..self.groups.len();
            order.extend(groups.filter(|&g| self.groups[g].is_bypassed == bypassed));
        }
        let group = order
            .into_iter()
            .find(|&g| self.paths.iter().any(|p| p.group == g && p.is_active));
        let Some(group) = group else { return Ok(None) };
        let took = match mapped {
            Mapped::To(path) => Some(usize::from(path.0)),
            _ => None,
        };
        let load = |n: usize| (self.paths[n].ios, self.paths[n].bytes);
        let usable = |n: usize| self.paths[n].group == group && self.paths[n].is_active;
        let path = match self.groups[group].policy.choose(bytes, load) {
            Some(path) => path,
            None => match took.filter(|&n| usable(n)) {
                Some(path) => path,
                None if took.is_some() => {
                    return Err(format!(
                        "choice: {took:?} is no usable path of group {group}"
                    ));
                }
                None => (0..self.paths.len()).find(|&n| usable(n)).unwrap_or(0),
            },
        };
        if self.current != Some(group) {
            self.current = Some(group);
            self.last = Some(path);
            self.queue_io = self.has_handler;
        }
        Ok(Some(path))
    }

    /// The target's own count and states.
    fn check_counts(&self, target: &Multipath) -> Result<(), String> {
        let counted = target.paths().iter().filter(|p| p.active).count();
        if counted != target.nr_valid_paths() as usize {
            let says = target.nr_valid_paths();
            return Err(format!("count: {says} valid paths, {counted} are active"));
        }
        for (n, (g, is)) in self.groups.iter().zip(target.groups()).enumerate() {
            if g.is_bypassed != is.bypassed {
                return Err(format!("group {n}: bypassed: {}", is.bypassed));
            }
        }
        Ok(())
    }

    /// At the end of a run that held nothing back: I/Os that are still counted
    /// as in flight.
    pub fn in_flight(&self) -> i64 {
        self.paths.iter().map(|p| p.ios).sum()
    }
}

/// The group that a table is to begin with, from 0.
fn first_group(table: &str) -> Option<usize> {
    let mut words = table.split_whitespace();
    for _ in 0..2 {
        // features, handler
        let n: usize = words.next()?.parse().ok()?;
        for _ in 0..n {
            words.next()?;
        }
    }
    words.next()?;
    words.next()?.parse::<usize>().ok()?.checked_sub(1)
}
