//! Building a machine from its configuration.

mod leaf;
mod queues;
mod threads;

use super::super::block::device::MakeRequest;
use super::super::block::single_queue::IoContext;
use super::super::block::{BlockDev, BlockLayer, Limits, Plug};
use super::super::config::{MachineConfig, MapConfig, QueueConfig};
use super::super::device::Devices;
use super::super::device::port::Array;
use super::super::device::scsi::ScsiDebug;
use super::super::device::scsi::handler::Handler;
use super::super::dm::table::LoadError;
use super::super::dm::{BioFifo, Dm, DmDev, Table, Target};
use super::super::host::slab::Slabs;
use super::super::host::{Cost, CpuCosts, CpuId, Host, Prio};
use super::super::io::DevId;
use super::super::mpath::balancer::SelectorEnv;
use super::super::mpath::{CtrEnv, LegacyRules, QueueMode};
use super::super::san::San;
use super::super::truth::truth;
use super::super::workload::app::App;
use super::super::workload::app::fsync::Call;
use super::super::workload::fio::ThreadSpec;
use super::lookup::Devs;
use super::rcu::Rcu;
use super::{Admin, Driver, Frame, Irq, Machine};
use crate::sim::draw::Draws;
use crate::sim::{EventQueue, Ns};
use queues::{default_nr_requests, wbt};

/// Why a machine cannot be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A table that device-mapper refuses.
    #[error("{map}: {}\n{error}", log.join("\n"))]
    Table {
        /// The map.
        map: String,
        /// What the kernel logs.
        log: Vec<String>,
        /// What it answers.
        error: LoadError,
    },
    /// A thread that cannot run.
    #[error("{0}")]
    Thread(String),
    /// An impossible combination.
    #[error("{0}")]
    Config(String),
}

/// A thread of the application.
#[derive(Clone, Debug)]
pub struct ThreadConfig {
    /// What it does.
    pub spec: ThreadSpec,
    /// Text of the iolog it replays.
    pub iolog: Option<String>,
}

/// Tags of a request-based dm device (`dm_mq_queue_depth`).
const DM_QUEUE_DEPTH: u32 = 2048;
impl<P> Machine<P> {
    /// The machine of `config`, with `threads` as its application.
    ///
    /// # Errors
    /// A table that is refused, a thread that fits nowhere, an impossible
    /// combination.
    pub fn build(
        config: &MachineConfig,
        threads: &[ThreadConfig],
        probe: P,
    ) -> Result<Self, BuildError> {
        let h = &config.host;
        let mut costs = CpuCosts::profile(&h.profile)
            .ok_or_else(|| BuildError::Config(format!("no CPU profile {:?}", h.profile)))?;
        for (name, ns) in &h.costs {
            let cost = Cost::by_name(name)
                .ok_or_else(|| BuildError::Config(format!("no code path {name:?} costs CPU")))?;
            costs.set(cost, *ns);
        }
        if !h.tracing {
            costs.set(Cost::Trace, Ns::ZERO);
            costs.set(Cost::TraceInsert, Ns::ZERO);
            costs.set(Cost::TraceSched, Ns::ZERO);
            costs.set(Cost::TracePlug, Ns::ZERO);
            costs.set(Cost::TraceUnplug, Ns::ZERO);
        }
        if !h.blktrace {
            costs.set(Cost::Blktrace, Ns::ZERO);
        }
        let mut host: Host<Frame, Irq> = Host::new(h.cpus, h.hz, costs);
        host.uptime = h.uptime;
        let kblockd = (0..h.cpus)
            .map(|c| host.spawn_worker(format!("kworker/{c}:1H"), Prio::High, CpuId(c as u8)))
            .collect();
        let handlerd = host.spawn_worker("kmpath_handlerd".into(), Prio::Normal, CpuId(0));
        let mut m = Machine {
            queue: EventQueue::default(),
            host,
            block: BlockLayer::default(),
            dm: Dm {
                devs: Vec::new(),
                handlerd: Some(handlerd),
                params: config.dm_multipath,
            },
            devices: Devices {
                null_blks: Vec::new(),
                scsi: Vec::new(),
                hosts: Vec::new(),
                scsi_debug: ScsiDebug::default(),
                cancelled: Vec::new(),
                port_disks: Vec::new(),
                array: Array::new(&config.media).map_err(|e| BuildError::Config(e.to_string()))?,
                san: San::new(&config.san, Draws::new(config.seed))
                    .map_err(|e| BuildError::Config(e.to_string()))?,
                draws: Draws::new(config.seed),
            },
            app: App::new(
                config.workload.writeback_bio_bytes,
                config.kernel.profile().submission,
            ),
            mpds: Default::default(),
            transport: Vec::new(),
            san_armed: Ns::NEVER,
            housekeeps: false,
            rcu: Rcu::default(),
            admin: Admin::new(&config.actions, config.dm_multipath),
            probe,
            drivers: Vec::new(),
            kblockd,
            kernel: config.kernel,
            way: config.way,
            patches: config.patches,
            policies: config.policies.clone(),
            truths: (0..config.devices.len())
                .map(|device| truth(config, device))
                .collect(),
            pending_irqs: 0,
            events: 0,
            most_events: u64::MAX,
            hung_after: super::HUNG_AFTER,
            futile_after: super::FUTILE_AFTER,
            is_futile: false,
            stop: None,
            first_io: None,
            last_io: Ns::ZERO,
        };
        for d in &config.devices {
            m.add_leaf(d)?;
        }
        m.share_tags();
        let mut maps = Vec::new();
        for map in &config.maps {
            maps.push((map.name.clone(), DevId(m.block.devs.len() as u16)));
            m.add_map(map, &maps)?;
        }
        for (i, d) in config.devices.iter().enumerate() {
            m.set_limits(DevId(i as u16), &d.queue);
        }
        for t in threads {
            m.add_thread(t, &maps)?;
        }
        m.begin_threads();
        for s in &config.workload.scripts {
            m.add_script(s, &maps)?;
        }
        m.add_timeline(&maps)?;
        if let Some(settings) = &config.multipathd {
            m.add_multipathd(settings);
        }
        m.add_upkeep();
        let bio_based = m.dm.devs.iter().any(|d| d.table.mode == QueueMode::Bio);
        m.host.slabs = Slabs::new(bio_based);
        m.block.plugs = vec![Plug::default(); m.host.tasks.len()];
        m.block.io_contexts = vec![IoContext::default(); m.host.tasks.len()];
        m.app.calls = vec![Call::default(); m.host.tasks.len()];
        Ok(m)
    }

    /// Adds a map, the last of `maps`.
    fn add_map(&mut self, map: &MapConfig, maps: &[(String, DevId)]) -> Result<(), BuildError> {
        // The device exists, empty, before its table is loaded.
        let id = DevId(self.block.devs.len() as u16);
        let dm = self.dm.devs.len() as u16;
        let empty = BlockDev::new(format!("dm-{dm}"), map.devno, 0, Limits::stacking());
        self.block.devs.push(empty);
        let mut log = Vec::new();
        let table = match self.load_table(map.devno, &map.table, maps, None, &mut log) {
            Ok(table) => table,
            Err(error) => {
                return Err(BuildError::Table {
                    map: map.name.clone(),
                    log,
                    error,
                });
            }
        };
        for line in &log {
            self.block.klog.print(Ns::ZERO, line.clone());
        }
        self.attach_handlers(&table);
        let (mut limits, mut write_cache, mut fua) = (Limits::stacking(), false, false);
        for dev in table.devices() {
            let below = &self.block.devs[usize::from(dev.0)];
            limits.stack(&below.limits);
            write_cache |= below.write_cache;
            fua |= below.fua;
        }
        let dev = self.block.dev(id);
        dev.capacity = table.sectors();
        dev.limits = limits;
        dev.write_cache = write_cache && !self.kernel.is_legacy();
        dev.fua = fua;
        if table.mode == QueueMode::Bio {
            dev.make_request = MakeRequest::Driver;
            self.drivers.push(Driver::DmBio(dm));
        } else if let Some(facts) = self.kernel.profile().single_queue {
            self.drivers.push(Driver::DmRequestFn(dm));
            let knobs = match self.patches.own_queue {
                true => map.queue.clone(),
                false => QueueConfig::default(),
            };
            self.add_single_queue(id, u32::MAX, &knobs, facts);
        } else {
            self.drivers.push(Driver::DmRq(dm));
            self.add_queues(id, DM_QUEUE_DEPTH, 1, &map.queue);
            let holds = default_nr_requests(DM_QUEUE_DEPTH, true);
            self.block.dev(id).wbt = wbt(&map.queue, holds);
        }
        self.set_limits(id, &map.queue);
        let mut below: Vec<DevId> = table.devices().collect();
        below.sort();
        below.dedup();
        let mut busy_paths: Vec<(DevId, bool)> = table
            .devices()
            .filter(|d| self.has_busy_hook(*d))
            .map(|d| (d, false))
            .collect();
        busy_paths.dedup();
        let name = format!("kworker/u{dm}:kmpathd");
        let worker = self.host.spawn_worker(name, Prio::Normal, CpuId(0));
        let wq = self
            .host
            .spawn_worker(format!("kworker/u{dm}:kdmflush"), Prio::Normal, CpuId(0));
        self.dm.devs.push(DmDev {
            name: map.name.clone(),
            dev: id,
            table,
            busy_paths,
            queued: BioFifo::default(),
            worker,
            worker_queued: false,
            inactive: None,
            suspended: false,
            blocked: false,
            deferred: BioFifo::default(),
            wq,
            in_flight: 0,
            suspender: None,
            suspend_lock: Default::default(),
            nopath_generation: 0,
            log,
            below,
            stacking: Default::default(),
            retried: 0,
            history: Vec::new(),
            status_seen: Vec::new(),
        });
        Ok(())
    }

    /// Whether the driver of `dev` has a busy hook.
    fn has_busy_hook(&self, dev: DevId) -> bool {
        let driver = self.drivers.get(usize::from(dev.0));
        if self.kernel.is_legacy() {
            return self.patches.busy_flag && self.block.devs[usize::from(dev.0)].is_single_queue();
        }
        matches!(driver, Some(Driver::Scsi(_) | Driver::Port(_)))
    }

    /// Loads the table `text` for the map `devno`; `live` is the one it is to
    /// replace.
    pub(super) fn load_table(
        &self,
        devno: (u32, u32),
        text: &str,
        maps: &[(String, DevId)],
        live: Option<&Table>,
        log: &mut Vec<String>,
    ) -> Result<Table, LoadError> {
        let open: Vec<DevId> = live.iter().flat_map(|table| table.devices()).collect();
        let load = |env: &CtrEnv| Table::load(text, env, live, log);
        let mut table = self.with_ctr_env(devno, maps, &open, load)?;
        let truth = |dev: DevId| self.truths.get(usize::from(dev.0)).copied();
        for spec in &mut table.targets {
            if let Target::Multipath(m) = &mut spec.target {
                m.learn_truth(|dev| truth(dev).unwrap_or_default());
            }
        }
        Ok(table)
    }

    /// The hardware handlers that `table` has attached are their disks' from now
    /// on (`scsi_dh_attach`).
    pub(super) fn attach_handlers(&mut self, table: &Table) {
        let targets = table.targets.iter().filter_map(|t| match &t.target {
            Target::Multipath(m) => Some(m.attached_handlers()),
            _ => None,
        });
        for (dev, name) in targets.flatten() {
            if let Some(disk) = self.devices.scsi.iter_mut().find(|disk| disk.dev == *dev) {
                let handler = || Handler::new(&name.as_str().into());
                disk.handler.get_or_insert_with(handler);
            }
        }
    }

    /// What targets of the map `devno` are made in; it has `open` open.
    pub(super) fn with_ctr_env<R>(
        &self,
        devno: (u32, u32),
        maps: &[(String, DevId)],
        open: &[DevId],
        make: impl FnOnce(&CtrEnv) -> R,
    ) -> R {
        let name = format!("{}:{}", devno.0, devno.1);
        let lookup = Devs {
            block: &self.block,
            scsi: &self.devices.scsi,
            maps,
            open,
        };
        let nodes = vec![0u16; self.host.cpus.len()];
        let timeout = self.admin.params.queue_if_no_path_timeout_secs;
        make(&CtrEnv {
            name: &name,
            lookup: &lookup,
            selectors: SelectorEnv {
                cpu_nodes: &nodes,
                custom: Some(&self.policies),
                rules: self.kernel.profile().multipath.selectors,
            },
            nopath_timeout: Ns::from_secs(u64::from(timeout)),
            legacy: self.kernel.is_legacy().then(|| LegacyRules {
                facts: self.kernel.profile().multipath,
                way: self.way,
                patches: self.patches,
            }),
        })
    }
}
