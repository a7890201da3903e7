//! Building a machine from its configuration.

use std::collections::VecDeque;

use super::super::block::elevator::Elevator;
use super::super::block::elevator::mq_deadline::{MqDeadline, Tunables};
use super::super::block::hctx::RunWork;
use super::super::block::limits::BLK_DEF_MAX_SECTORS;
use super::super::block::tags::Tags;
use super::super::block::wbt::Wbt;
use super::super::block::{BlockDev, BlockLayer, Hctx, HctxId, Limits, Plug, ReqList};
use super::super::config::{MachineConfig, MapConfig, NamedDevice, QueueConfig, SchedulerName};
use super::super::device::array_port::PortDisk;
use super::super::device::null_blk::NullBlk;
use super::super::device::port::{Array, PortConfig};
use super::super::device::scsi::ScsiDisk;
use super::super::device::{DeviceConfig, Devices, NullBlkConfig, ScsiDebugConfig};
use super::super::dm::{BioFifo, Dm, DmDev, Table};
use super::super::host::{CpuCosts, CpuId, Host, Prio, TaskId};
use super::super::io::{DevId, SECTOR};
use super::super::mpath::selector::SelectorEnv;
use super::super::mpath::{CtrEnv, DeviceLookup, QueueMode};
use super::super::workload::app::fsync::Call;
use super::super::workload::app::offload::{At, Worker};
use super::super::workload::app::script::Scripted;
use super::super::workload::app::{App, AppFrame, Slot, Thread, Waiting};
use super::super::workload::fio::FioThread;
use super::super::workload::fio::ThreadSpec;
use super::super::workload::fio::spec::SubmitMode;
use super::super::workload::page_cache::{
    Advice, DeviceLimits, PAGE_SECTORS, PageCache, ReadAhead,
};
use super::super::workload::script::Script;
use super::lookup::Devs;
use super::{Driver, Frame, Irq, Machine};
use crate::sim::draw::Draws;
use crate::sim::{EventQueue, Ns};

/// Why a machine cannot be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A table that device-mapper refuses.
    #[error("{map}: {message}")]
    Table {
        /// The map.
        map: String,
        /// What the kernel logs.
        message: String,
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
/// Most requests a scheduler's depth is derived from (`BLKDEV_DEFAULT_RQ`).
const DEFAULT_RQ: u32 = 128;
/// Target of write-back throttling on devices that do not rotate
/// (`wbt_default_latency_nsec`).
const WBT_LAT_USEC: u64 = 2000;

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
        if !h.tracing {
            costs.set(super::super::host::Cost::Trace, Ns::ZERO);
        }
        let mut host: Host<Frame, Irq> = Host::new(h.cpus, h.hz, costs);
        let kblockd = (0..h.cpus)
            .map(|c| host.spawn_worker(format!("kworker/{c}:1H"), Prio::High, CpuId(c as u8)))
            .collect();
        let mut m = Machine {
            queue: EventQueue::default(),
            host,
            block: BlockLayer::default(),
            dm: Dm::default(),
            devices: Devices {
                null_blks: Vec::new(),
                scsi: Vec::new(),
                port_disks: Vec::new(),
                array: Array::new(&config.media).map_err(|e| BuildError::Config(e.to_string()))?,
                draws: Draws::new(config.seed),
            },
            app: App::new(config.workload.writeback_bio_bytes),
            probe,
            drivers: Vec::new(),
            kblockd,
            events: 0,
            first_io: None,
            last_io: Ns::ZERO,
        };
        for d in &config.devices {
            m.add_leaf(d)?;
        }
        let mut maps = Vec::new();
        for map in &config.maps {
            let dev = m.add_map(map, &maps)?;
            maps.push((map.name.clone(), dev));
        }
        for (i, d) in config.devices.iter().enumerate() {
            m.set_limits(DevId(i as u16), &d.queue);
        }
        for t in threads {
            m.add_thread(t, &maps)?;
        }
        for s in &config.workload.scripts {
            m.add_script(s, &maps)?;
        }
        m.block.plugs = vec![Plug::default(); m.host.tasks.len()];
        m.app.calls = vec![Call::default(); m.host.tasks.len()];
        Ok(m)
    }

    fn add_leaf(&mut self, d: &NamedDevice) -> Result<(), BuildError> {
        let id = DevId(self.block.devs.len() as u16);
        let (dev, depth, queues, driver) = match &d.device {
            DeviceConfig::NullBlk(c) => {
                self.devices.null_blks.push(NullBlk {
                    config: c.clone(),
                    cached_pages: 0,
                });
                let n = (self.devices.null_blks.len() - 1) as u16;
                let queues = c.submit_queues.clamp(1, self.host.cpus.len() as u32);
                let dev = null_blk_dev(d, c);
                (dev, c.hw_queue_depth, queues, Driver::NullBlk(n))
            }
            DeviceConfig::ScsiDebug(c) => {
                self.devices.scsi.push(ScsiDisk::new(id, c));
                let n = (self.devices.scsi.len() - 1) as u16;
                (scsi_dev(d, c), c.max_queue, 1, Driver::Scsi(n))
            }
            DeviceConfig::ArrayPort(c) => {
                let array = &mut self.devices.array;
                let port = array
                    .add_port(c)
                    .map_err(|e| BuildError::Config(format!("{}: {e}", d.name)))?;
                self.devices.port_disks.push(PortDisk { dev: id, port });
                let n = (self.devices.port_disks.len() - 1) as u16;
                (port_dev(d, c), c.queue_depth, 1, Driver::Port(n))
            }
        };
        self.block.devs.push(dev);
        self.drivers.push(driver);
        self.add_queues(id, depth, queues as u16, &d.queue);
        let holds = match &d.device {
            DeviceConfig::NullBlk(_) => default_nr_requests(depth, queues == 1),
            DeviceConfig::ScsiDebug(c) => c.queue_depth.unwrap_or(c.max_queue),
            DeviceConfig::ArrayPort(c) => c.queue_depth,
        };
        self.block.dev(id).wbt = wbt(&d.queue, holds);
        if let DeviceConfig::NullBlk(c) = &d.device {
            for h in self.block.dev(id).hctxs() {
                self.block.hctx(h).blocking = c.memory_backed > 0;
            }
        }
        if d.queue.limits_before_maps {
            self.set_limits(id, &d.queue);
        }
        Ok(())
    }

    /// Gives a device its hardware queues, tags and scheduler.
    fn add_queues(&mut self, id: DevId, depth: u32, queues: u16, q: &QueueConfig) {
        let cpus = self.host.cpus.len();
        let sched = q.scheduler.unwrap_or(if queues == 1 {
            SchedulerName::MqDeadline
        } else {
            SchedulerName::None
        });
        let has_sched = sched != SchedulerName::None;
        let nr_requests = q
            .nr_requests
            .unwrap_or(default_nr_requests(depth, has_sched));
        let first = HctxId(self.block.hctxs.len() as u16);
        // blk_mq_map_queues: CPUs are spread over queues in turn.
        let map: Vec<u16> = (0..cpus).map(|c| (c as u16) % queues).collect();
        for i in 0..queues {
            self.block.hctxs.push(Hctx {
                dev: id,
                dispatch: ReqList::default(),
                ctxs: vec![ReqList::default(); cpus],
                ctx_pending: 0,
                dispatch_from: 0,
                dispatch_busy: 0,
                restart: false,
                tags: Tags::new(if has_sched {
                    depth
                } else {
                    nr_requests.min(depth)
                }),
                sched_tags: has_sched.then(|| Tags::shallow(nr_requests)),
                run_work: RunWork::Idle,
                timer_generation: 0,
                cpus: (0..cpus as u8)
                    .filter(|&c| map[usize::from(c)] == i)
                    .collect(),
                blocking: false,
            });
        }
        let dev = self.block.dev(id);
        dev.hctx0 = first;
        dev.nr_hw_queues = queues;
        dev.queue_map = map;
        dev.nr_requests = nr_requests;
        dev.nomerges = q.nomerges.unwrap_or(0);
        if let Some(wc) = q.write_cache {
            dev.write_cache = wc;
        }
        if has_sched {
            dev.elevator = Elevator::MqDeadline(Box::new(MqDeadline::new(tunables(q))));
        }
    }

    fn set_limits(&mut self, id: DevId, q: &QueueConfig) {
        if let Some(kb) = q.max_sectors_kb {
            let l = &mut self.block.dev(id).limits;
            l.max_sectors = (kb * 2).min(l.max_hw_sectors);
        }
    }

    fn add_map(&mut self, map: &MapConfig, maps: &[(String, DevId)]) -> Result<DevId, BuildError> {
        // The device exists, empty, before its table is loaded.
        let id = DevId(self.block.devs.len() as u16);
        let dm = self.dm.devs.len() as u16;
        let empty = BlockDev::new(format!("dm-{dm}"), map.devno, 0, Limits::stacking());
        self.block.devs.push(empty);
        let mut log = Vec::new();
        let table = self.load_table(map, maps, &mut log)?;
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
        dev.write_cache = write_cache;
        dev.fua = fua;
        dev.bio_based = table.mode == QueueMode::Bio;
        if dev.bio_based {
            self.drivers.push(Driver::DmBio(dm));
        } else {
            self.drivers.push(Driver::DmRq(dm));
            self.add_queues(id, DM_QUEUE_DEPTH, 1, &map.queue);
            let holds = default_nr_requests(DM_QUEUE_DEPTH, true);
            self.block.dev(id).wbt = wbt(&map.queue, holds);
        }
        self.set_limits(id, &map.queue);
        let mut busy_paths: Vec<(DevId, bool)> = table
            .devices()
            .filter(|d| self.can_be_busy(*d))
            .map(|d| (d, false))
            .collect();
        busy_paths.dedup();
        let name = format!("kworker/u{dm}:kmpathd");
        let worker = self.host.spawn_worker(name, Prio::Normal, CpuId(0));
        self.dm.devs.push(DmDev {
            name: map.name.clone(),
            dev: id,
            table,
            busy_paths,
            queued: BioFifo::default(),
            worker,
            worker_queued: false,
            suspended: false,
            deferred: BioFifo::default(),
            log,
        });
        Ok(id)
    }

    /// Whether the driver of `dev` has a busy hook.
    fn can_be_busy(&self, dev: DevId) -> bool {
        let driver = self.drivers.get(usize::from(dev.0));
        matches!(driver, Some(Driver::Scsi(_) | Driver::Port(_)))
    }

    /// Loads a map's table, as `dmsetup create` does.
    fn load_table(
        &self,
        map: &MapConfig,
        maps: &[(String, DevId)],
        log: &mut Vec<String>,
    ) -> Result<Table, BuildError> {
        let name = format!("{}:{}", map.devno.0, map.devno.1);
        let lookup = Devs {
            block: &self.block,
            maps,
        };
        let nodes = vec![0u16; self.host.cpus.len()];
        let env = CtrEnv {
            name: &name,
            lookup: &lookup,
            selectors: SelectorEnv {
                cpu_nodes: &nodes,
                ..SelectorEnv::default()
            },
            nopath_timeout: Ns::ZERO,
        };
        Table::load(&map.table, &env, None, log).map_err(|e| BuildError::Table {
            map: map.name.clone(),
            message: format!("{}\n{e}", log.join("\n")),
        })
    }

    /// The page cache of `dev`, which one more thread has open.
    fn open(&mut self, dev: DevId) -> u16 {
        let caches = &mut self.app.caches;
        let i = caches.iter().position(|c| c.dev == dev).unwrap_or_else(|| {
            let d = &self.block.devs[usize::from(dev.0)];
            let pages = d.capacity.div_ceil(PAGE_SECTORS);
            let limits = DeviceLimits::new(d.limits.io_opt, d.limits.max_sectors, pages);
            caches.push(PageCache::new(dev, d.capacity, limits));
            caches.len() - 1
        });
        caches[i].openers += 1;
        i as u16
    }

    fn add_thread(&mut self, t: &ThreadConfig, maps: &[(String, DevId)]) -> Result<(), BuildError> {
        let name = t.spec.filename.as_deref().unwrap_or("");
        let lookup = Devs {
            block: &self.block,
            maps,
        };
        let dev = lookup
            .by_path(name)
            .ok_or_else(|| BuildError::Thread(format!("{}: no device {name:?}", t.spec.name)))?;
        let bytes = self.block.dev(dev).capacity * SECTOR;
        let fio = FioThread::new(&t.spec, bytes, t.iolog.as_deref())
            .map_err(|e| BuildError::Thread(format!("{}: {e}", t.spec.name)))?;
        let n = self.app.threads.len() as u16;
        let cache = self.open(dev);
        let cpus = self.host.cpus.len() as u16;
        let allowed = t.spec.cpus_allowed.as_deref().and_then(<[u32]>::first);
        let cpu = allowed.map_or(n % cpus, |&c| (c as u16).min(cpus - 1));
        let frame = Frame::App(AppFrame::Fio(n));
        let task: TaskId = self
            .host
            .spawn("fio".into(), Prio::Normal, CpuId(cpu as u8), frame);
        let offload = t.spec.submit_mode == SubmitMode::Offload;
        let workers = if offload { t.spec.iodepth } else { 0 };
        let workers = (0..workers)
            .map(|number| {
                let frame = Frame::App(AppFrame::Worker(Worker {
                    thread: n,
                    number,
                    at: At::Idle,
                }));
                self.host
                    .spawn("fio".into(), Prio::Normal, CpuId(cpu as u8), frame)
            })
            .collect();
        self.app.threads.push(Thread {
            workers,
            fio,
            task,
            dev,
            cache,
            ra: ReadAhead::new(self.app.caches[usize::from(cache)].limits, advice(&t.spec)),
            seen_errors: 0,
            direct: t.spec.direct,
            dsync: t.spec.sync,
            waiting: Waiting::Start,
            ring: VecDeque::new(),
            submitted: 0,
            slots: vec![Slot::default(); t.spec.iodepth.max(1) as usize],
        });
        self.app.running += 1;
        Ok(())
    }
}

/// `nr_requests` of a queue of `depth` tags, with a scheduler or without.
fn default_nr_requests(depth: u32, has_sched: bool) -> u32 {
    if has_sched {
        2 * depth.min(DEFAULT_RQ)
    } else {
        depth
    }
}

/// Write-back throttling as it comes up when the disk is registered
/// (`wbt_enable_default`): over what the queue held then, and on unless it is
/// switched off or bfq does without.
fn wbt(q: &QueueConfig, holds: u32) -> Option<Box<Wbt>> {
    let bfq = q.scheduler == Some(SchedulerName::Bfq);
    let usec = q.wbt_lat_usec.unwrap_or(if bfq { 0 } else { WBT_LAT_USEC });
    (usec > 0).then(|| Box::new(Wbt::new(holds, Ns::from_us(usec))))
}

/// What fio says of its pattern to the kernel.
fn advice(spec: &ThreadSpec) -> Advice {
    match (spec.fadvise, spec.pattern.random) {
        (false, _) => Advice::Normal,
        (true, true) => Advice::Random,
        (true, false) => Advice::Sequential,
    }
}

impl<P> Machine<P> {
    fn add_script(&mut self, s: &Script, maps: &[(String, DevId)]) -> Result<(), BuildError> {
        let lookup = Devs {
            block: &self.block,
            maps,
        };
        let missing = || BuildError::Thread(format!("{}: no device {:?}", s.name, s.device));
        let dev = lookup.by_path(&s.device).ok_or_else(missing)?;
        let cpu = s.cpu.unwrap_or(0);
        if usize::from(cpu) >= self.host.cpus.len() {
            return Err(BuildError::Thread(format!("{}: no CPU {cpu}", s.name)));
        }
        let frame = Frame::App(AppFrame::Script(self.app.scripts.len() as u16));
        let task = self
            .host
            .spawn(s.name.clone(), Prio::Normal, CpuId(cpu), frame);
        let scripted = Scripted::new(task, dev, s.steps.clone());
        self.app.scripts.push(scripted);
        self.app.running += 1;
        Ok(())
    }
}

/// mq-deadline's tunables as they are set.
fn tunables(q: &QueueConfig) -> Tunables {
    let d = Tunables::default();
    Tunables {
        read_expire: q.read_expire_ms.map_or(d.read_expire, Ns::from_ms),
        write_expire: q.write_expire_ms.map_or(d.write_expire, Ns::from_ms),
        fifo_batch: q.fifo_batch.unwrap_or(d.fifo_batch),
        writes_starved: q.writes_starved.unwrap_or(d.writes_starved),
        front_merges: q.front_merges.unwrap_or(d.front_merges),
        ..d
    }
}

/// What a null_blk device announces (`null_add_dev`).
fn null_blk_dev(d: &NamedDevice, c: &NullBlkConfig) -> BlockDev {
    let mut limits = Limits {
        logical_block_size: c.blocksize,
        physical_block_size: c.blocksize,
        ..Limits::default()
    };
    if c.max_sectors > 0 {
        limits.set_max_hw_sectors(c.max_sectors);
    }
    if c.memory_backed > 0 && c.discard > 0 {
        limits.max_discard_sectors = (u32::MAX >> 9) & !7;
    }
    let mut dev = BlockDev::new(d.name.clone(), d.devno, c.size * 2048, limits);
    dev.write_cache = c.memory_backed > 0 && c.cache_size > 0;
    dev.fua = dev.write_cache;
    dev
}

/// What a disk of scsi_debug announces.
fn scsi_dev(d: &NamedDevice, c: &ScsiDebugConfig) -> BlockDev {
    let limits = Limits {
        max_sectors: 1024,
        max_hw_sectors: u32::MAX,
        max_segments: 2048,
        max_segment_size: u32::MAX,
        io_opt: 512 * 1024,
        ..Limits::default()
    };
    let mut dev = BlockDev::new(d.name.clone(), d.devno, c.dev_size_mb * 2048, limits);
    dev.write_cache = true;
    dev.fua = true;
    dev
}

/// What a disk behind an array port announces: an HBA's usual limits.
fn port_dev(d: &NamedDevice, c: &PortConfig) -> BlockDev {
    let mut limits = Limits::default();
    limits.set_max_hw_sectors(BLK_DEF_MAX_SECTORS);
    BlockDev::new(d.name.clone(), d.devno, c.size * 2048, limits)
}
