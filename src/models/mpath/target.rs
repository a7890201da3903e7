//! The multipath target: its state, and how it is made.

use super::balancer::SelectorEnv;
use super::errno::Errno;
use super::group::Group;
use super::lookup::{DeviceInfo, DeviceLookup, get_device};
use super::params;
use super::path::{Path, PathIdx};
use super::pg_init::{Activation, PgInit};
use super::policy::Truth;
use super::scan::CtrError;
use super::selector::{PathSelector, Weight};
use crate::models::io::DevId;
use crate::models::kernel::{MultipathFacts, Patches, Way};
use crate::sim::Ns;

/// How a device-mapper device takes its I/O (`enum dm_queue_mode`).
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum QueueMode {
    /// Every bio is mapped as it comes.
    Bio,
    /// Requests are mapped as they leave the device's own queue.
    #[default]
    Rq,
}

impl QueueMode {
    /// The number in kernel messages (`DM_TYPE_*`).
    pub fn number(self) -> u32 {
        match self {
            QueueMode::Bio => 1,
            QueueMode::Rq => 2,
        }
    }
}

/// How tables are read and requests mapped where the kernel has single queues:
/// the table has no say in the mode.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct LegacyRules {
    /// The release.
    pub facts: MultipathFacts,
    /// How multipath is done.
    pub way: Way,
    /// Mechanisms of the patch set.
    pub patches: Patches,
}

impl LegacyRules {
    /// How a multipath device takes its I/O.
    pub fn mode(&self) -> QueueMode {
        match self.way {
            Way::Bio => QueueMode::Bio,
            _ if !self.patches.map_requests => QueueMode::Bio,
            _ => QueueMode::Rq,
        }
    }
}

/// What a multipath target is made in.
#[derive(Copy, Clone)]
pub struct CtrEnv<'a> {
    /// The dm device's number, `major:minor`, as the kernel log names it.
    pub name: &'a str,
    /// The devices there are.
    pub lookup: &'a dyn DeviceLookup,
    /// What selectors are made in.
    pub selectors: SelectorEnv<'a>,
    /// Module parameter `queue_if_no_path_timeout_secs`; zero = off.
    pub nopath_timeout: Ns,
    /// What holds where the kernel has single queues.
    pub legacy: Option<LegacyRules>,
}

impl CtrEnv<'_> {
    /// The device a table names, and what is known of it. The dm device itself
    /// cannot be opened while its table is made.
    ///
    /// # Errors
    /// As [`get_device`]; `ENXIO` for the dm device itself.
    pub fn device(&self, text: &str) -> Result<(DevId, DeviceInfo), Errno> {
        let dev = get_device(self.lookup, text)?;
        let info = self.lookup.info(dev);
        if info.devno_text() == self.name {
            return Err(Errno::Enxio);
        }
        Ok((dev, info))
    }
}

/// What becomes of the timer that ends queueing without paths.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Timer {
    /// As it is.
    #[default]
    Keep,
    /// (Re)armed: to fire after this span, unless it is changed again.
    Arm(Ns),
    /// Stopped.
    Stop,
}

/// What the device-mapper core must do after the target changed.
#[must_use]
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Effects {
    /// Run the dm device's hardware queues (`dm_table_run_md_queue_async`).
    pub run_queue: bool,
    /// Let go of what waits: kick the requeue list in request mode, run the
    /// bio worker in bio mode (`process_queued_io_list`).
    pub process_queued: bool,
    /// Raise a device-mapper event.
    pub event: bool,
    /// Paths are to be activated: see [`Multipath::take_activations`].
    pub activate: bool,
    /// The timer that ends queueing without paths.
    pub timer: Timer,
}

impl Effects {
    /// Both, `later` having the last word on the timer.
    pub(super) fn and(self, later: Effects) -> Effects {
        Effects {
            run_queue: self.run_queue | later.run_queue,
            process_queued: self.process_queued | later.process_queued,
            event: self.event | later.event,
            activate: self.activate | later.activate,
            timer: if later.timer == Timer::Keep {
                self.timer
            } else {
                later.timer
            },
        }
    }
}

/// A multipath target (`struct multipath`).
#[derive(Debug)]
pub struct Multipath {
    pub(super) name: String,
    pub(super) mode: QueueMode,
    pub(super) groups: Vec<Group>,
    pub(super) paths: Vec<Path>,
    pub(super) current_pg: Option<u16>,
    pub(super) current_pgpath: Option<PathIdx>,
    pub(super) next_pg: Option<u16>,
    pub(super) nr_valid_paths: u32,
    /// Hold I/O until the group is initialised (`MPATHF_QUEUE_IO`).
    pub(super) queue_io: bool,
    /// I/Os that the core keeps for the target until they can be mapped; counted
    /// by the core (`queue_size`, 2.6.25 and 2.6.31).
    pub queue_size: u32,
    pub(super) queue_if_no_path: bool,
    pub(super) saved_queue_if_no_path: bool,
    pub(super) retain_attached_hw_handler: bool,
    pub(super) handler: Option<String>,
    pub(super) attached: Vec<(DevId, String)>,
    pub(super) pg_init: PgInit,
    /// The selector is asked for every I/O (6.1), not once a `repeat_count`.
    pub(super) asks_every_io: bool,
    /// The heaviest of its selectors.
    pub(super) weight: Weight,
    /// What holds of an old kernel's target.
    pub(super) facts: Option<MultipathFacts>,
    /// I/Os left to the current path; 0 = no limit. Old kernels only.
    pub(super) repeat_count: u32,
    pub(super) nopath_timeout: Ns,
    /// A suspend that keeps I/O back rather than flushing it is under way
    /// (`dm_noflush_suspending`); set by the device-mapper core.
    pub noflush_suspending: bool,
    /// The dm device is suspended (`dm_suspended`); set by the core.
    pub suspended: bool,
    /// Kernel log lines since they were last taken.
    pub log: Vec<String>,
    /// The group that I/O was last sent to, or that is the first to be.
    pub(super) used_pg: Option<u16>,
    /// Groups have changed since [`take_regrouped`](Self::take_regrouped).
    pub(super) regrouped: bool,
}

/// The heaviest selector of `groups`.
fn weight_of(groups: &[Group]) -> Weight {
    let all = groups.iter().map(|g| g.selector.weight());
    all.max().unwrap_or(Weight::RoundRobin)
}

impl Multipath {
    /// From the words of its line in a table. Kernel log lines go to `log`,
    /// also where the line is refused.
    ///
    /// # Errors
    /// What the kernel says of a line it refuses.
    pub fn new(words: &[&str], env: &CtrEnv, log: &mut Vec<String>) -> Result<Self, CtrError> {
        let params = params::parse(words, env, log)?;
        Ok(Multipath {
            name: env.name.into(),
            mode: params.features.mode,
            weight: weight_of(&params.groups),
            nr_valid_paths: params.paths.len() as u32,
            groups: params.groups,
            paths: params.paths,
            current_pg: None,
            current_pgpath: None,
            next_pg: params.next_pg,
            queue_io: true,
            queue_size: 0,
            queue_if_no_path: params.features.queue_if_no_path,
            saved_queue_if_no_path: false,
            retain_attached_hw_handler: params.features.retain_attached_hw_handler,
            handler: params.handler.name,
            attached: params.handler.attached,
            pg_init: PgInit::new(
                params.features.pg_init_retries,
                params.features.pg_init_delay_msecs,
            ),
            asks_every_io: env.selectors.rules.clamp_repeat_count,
            facts: env.legacy.map(|l| l.facts),
            repeat_count: 0,
            nopath_timeout: env.nopath_timeout,
            noflush_suspending: false,
            suspended: false,
            log: Vec::new(),
            used_pg: Some(params.next_pg.unwrap_or(0)),
            regrouped: false,
        })
    }

    /// How it takes its I/O.
    pub fn mode(&self) -> QueueMode {
        self.mode
    }
    /// All paths, in table order.
    pub fn paths(&self) -> &[Path] {
        &self.paths
    }
    /// All groups, in table order.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }
    /// What choosing a path costs the CPU: as much as its heaviest selector.
    #[inline]
    pub fn weight(&self) -> Weight {
        self.weight
    }
    /// The device of `path`.
    #[inline]
    pub fn dev(&self, path: PathIdx) -> DevId {
        self.paths[usize::from(path.0)].dev
    }
    /// Tells the selectors what each path's device takes in truth.
    pub fn learn_truth(&mut self, truth: impl Fn(DevId) -> Truth) {
        for group in &mut self.groups {
            for (index, path) in group.paths().enumerate() {
                let dev = self.paths[usize::from(path.0)].dev;
                group.selector.learn_truth(index, truth(dev));
            }
        }
    }
    /// Whether the worker leaves its list alone while there is no path.
    pub fn worker_waits(&self) -> bool {
        self.facts.is_some_and(|f| f.worker_waits)
    }
    /// Number of paths in use.
    pub fn nr_valid_paths(&self) -> u32 {
        self.nr_valid_paths
    }
    /// Whether I/O is held when no path is left.
    pub fn queue_if_no_path(&self) -> bool {
        self.queue_if_no_path
    }
    /// Whether I/O has gone to a group and still would.
    pub fn has_group_in_use(&self) -> bool {
        self.current_pg.is_some()
    }
    /// Whether I/O is held until the group is initialised.
    pub fn queue_io(&self) -> bool {
        self.queue_io
    }
    /// The hardware handler in use.
    pub fn handler(&self) -> Option<&str> {
        self.handler.as_deref()
    }
    /// SCSI devices without a handler to which this table attached one.
    pub fn attached_handlers(&self) -> &[(DevId, String)] {
        &self.attached
    }
    /// The paths the hardware handler is to activate, since last asked.
    pub fn take_activations(&mut self) -> Vec<Activation> {
        std::mem::take(&mut self.pg_init.activations)
    }
    /// The kernel log lines since last asked.
    pub fn take_log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }

    /// Whether, since last asked, I/O has gone over to another group, or one that
    /// was bypassed is no longer. The kernel tells nobody of either.
    #[inline]
    pub fn take_regrouped(&mut self) -> bool {
        std::mem::take(&mut self.regrouped)
    }

    /// Another table was live before: whichever group is used first, I/O goes over
    /// to it.
    pub fn comes_after_another(&mut self) {
        self.used_pg = None;
    }

    /// The effects of having been created (`multipath_ctr`): without a single
    /// path, the timer may start at once.
    pub fn created(&self) -> Effects {
        self.enable_nopath_timeout()
    }
}
