//! Building a machine from its configuration.

mod queues;
mod threads;

use super::super::block::limits::BLK_DEF_MAX_SECTORS;
use super::super::block::{BlockDev, BlockLayer, Limits, Plug};
use super::super::config::{MachineConfig, MapConfig, NamedDevice, QueueConfig, SchedulerName};
use super::super::device::array_port::PortDisk;
use super::super::device::null_blk::NullBlk;
use super::super::device::port::{Array, PortConfig};
use super::super::device::scsi::ScsiDisk;
use super::super::device::{DeviceConfig, Devices, NullBlkConfig, ScsiDebugConfig};
use super::super::dm::{BioFifo, Dm, DmDev, Table};
use super::super::host::{Cost, CpuCosts, CpuId, Host, Prio};
use super::super::io::DevId;
use super::super::mpath::selector::SelectorEnv;
use super::super::mpath::{CtrEnv, QueueMode};
use super::super::workload::app::App;
use super::super::workload::app::fsync::Call;
use super::super::workload::fio::ThreadSpec;
use super::lookup::Devs;
use super::{Driver, Frame, Irq, Machine};
use crate::sim::draw::Draws;
use crate::sim::{EventQueue, Ns};
use queues::{default_nr_requests, wbt};

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
        }
        if !h.blktrace {
            costs.set(Cost::Blktrace, Ns::ZERO);
        }
        let mut host: Host<Frame, Irq> = Host::new(h.cpus, h.hz, costs);
        host.uptime = h.uptime;
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
            known_scheduler(&d.name, &d.queue)?;
            m.add_leaf(d)?;
        }
        let mut maps = Vec::new();
        for map in &config.maps {
            known_scheduler(&map.name, &map.queue)?;
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

/// Another scheduler does not stand in for one that is not modelled.
fn known_scheduler(name: &str, q: &QueueConfig) -> Result<(), BuildError> {
    match q.scheduler {
        Some(SchedulerName::Kyber | SchedulerName::Bfq) => Err(BuildError::Config(format!(
            "{name}: only the schedulers none and mq-deadline are modelled"
        ))),
        _ => Ok(()),
    }
}
