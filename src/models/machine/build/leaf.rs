//! Leaf devices: the ends of the paths.

use super::super::super::array::access_state::Tpgs;
use super::super::super::block::BlockDev;
use super::super::super::block::device::MakeRequest;
use super::super::super::block::shared_tags::{SharedTags, SharedTagsId};
use super::super::super::block::tags::Tags;
use super::super::super::config::NamedDevice;
use super::super::super::device::array_port::PortDisk;
use super::super::super::device::limits::limits;
use super::super::super::device::null_blk::NullBlk;
use super::super::super::device::port::PortConfig;
use super::super::super::device::scsi::{self, Lld, LunDiskConfig, ScsiDisk};
use super::super::super::device::{DeviceConfig, NullBlkConfig, ScsiDebugConfig};
use super::super::super::io::DevId;
use super::super::super::san::PathId;
use super::super::{Driver, Machine};
use super::BuildError;
use super::queues::{default_nr_requests, wbt};

impl<P> Machine<P> {
    /// The next leaf device.
    pub(super) fn add_leaf(&mut self, d: &NamedDevice) -> Result<(), BuildError> {
        let id = DevId(self.block.devs.len() as u16);
        let (dev, depth, queues, driver) = match &d.device {
            DeviceConfig::NullBlk(c) => {
                let mut device = NullBlk::new(c.clone());
                device.tells_progress = self.kernel.is_legacy();
                self.devices.null_blks.push(device);
                let n = (self.devices.null_blks.len() - 1) as u16;
                let queues = c.submit_queues.clamp(1, self.host.cpus.len() as u32);
                let dev = null_blk_dev(d, c);
                (dev, c.hw_queue_depth, queues, Driver::NullBlk(n))
            }
            DeviceConfig::ScsiDebug(c) => {
                let n = self.devices.add_scsi(ScsiDisk::new(id, c), None);
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
            DeviceConfig::Lun(c) => {
                let wrong = |e| BuildError::Config(format!("{}: {e}", d.name));
                let san = &mut self.devices.san;
                let path = san.add_path(&c.path()).map_err(wrong)?;
                let dev = lun_dev(d, c, san.sectors(path));
                let alua = san.identity(path).tpgs != Tpgs::None;
                let (initiator, address) = (san.initiator_of(path), san.address(path));
                let disk = ScsiDisk::on_path(id, c, path, address, alua);
                let n = self.devices.add_scsi(disk, Some(initiator));
                let host = self.devices.scsi[usize::from(n)].host;
                self.devices.hosts[usize::from(host)].eh_deadline =
                    self.devices.san.eh_deadline(path);
                (dev, self.devices.san.can_queue(path), 1, Driver::Scsi(n))
            }
        };
        self.block.devs.push(dev);
        if let Driver::NullBlk(n) = driver
            && self.devices.null_blks[usize::from(n)].is_bio_based()
        {
            self.block.dev(id).make_request = MakeRequest::Driver;
            self.drivers.push(Driver::NullBlkBio(n));
            return Ok(());
        }
        self.block.dev(id).has_budget = matches!(driver, Driver::Scsi(_));
        self.drivers.push(driver);
        if let Some(facts) = self.kernel.profile().single_queue {
            self.add_single_queue(id, depth, &d.queue, facts);
            if let Driver::Scsi(n) = driver {
                self.be_of_old(n, depth);
            }
            self.block.dev(id).limits.be_of(&facts);
            if d.queue.limits_before_maps {
                self.set_limits(id, &d.queue);
            }
            return Ok(());
        }
        self.add_queues(id, depth, queues as u16, &d.queue);
        let holds = match &d.device {
            DeviceConfig::NullBlk(_) => default_nr_requests(depth, queues == 1),
            DeviceConfig::ScsiDebug(c) => c.queue_depth.unwrap_or(c.max_queue),
            DeviceConfig::ArrayPort(c) => c.queue_depth,
            DeviceConfig::Lun(c) => c.queue_depth,
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
}

impl<P> Machine<P> {
    /// A SCSI disk over a single queue, on an adapter that takes `can_queue` commands.
    fn be_of_old(&mut self, disk: u16, can_queue: u32) {
        let d = &mut self.devices.scsi[usize::from(disk)];
        d.depth.untagged = Some(scsi::request_fn::CMD_PER_LUN);
        self.devices.hosts[usize::from(d.host)].can_queue = can_queue;
    }

    /// Disks of one host adapter share its tags (`scsi_mq_setup_tags`). Where one
    /// has no scheduler, its `nr_requests` is how many of them any of them can
    /// have: the last that is written counts (`blk_mq_tag_update_depth`).
    pub(super) fn share_tags(&mut self) {
        if self.kernel.is_legacy() {
            return; // over single queues it counts (`can_queue`)
        }
        let disks = self.devices.scsi.iter();
        let on_hba: Vec<(PathId, DevId)> = disks
            .filter_map(|disk| match disk.lld {
                Lld::Lun(path) => Some((path, disk.dev)),
                Lld::ScsiDebug => None,
            })
            .collect();
        for hba in 0..self.devices.san.initiators() {
            let san = &self.devices.san;
            let disks = on_hba.iter().filter(|(on, _)| san.initiator_of(*on) == hba);
            let disks: Vec<(PathId, DevId)> = disks.copied().collect();
            let [(path, _), _, ..] = disks[..] else {
                continue;
            };
            let can_queue = san.can_queue(path);
            let id = SharedTagsId(self.block.shared_tags.len() as u16);
            let mut set = SharedTags::new(can_queue);
            for (_, dev) in disks {
                let hctx = self.block.dev(dev).hctx0;
                let h = self.block.hctx(hctx);
                h.shared = Some(id);
                let own = std::mem::replace(&mut h.tags, Tags::new(can_queue)).depth();
                if h.sched_tags.is_none() && own < can_queue {
                    set.resize(own);
                }
            }
            self.block.shared_tags.push(set);
        }
    }
}

/// What a null_blk device announces (`null_add_dev`).
fn null_blk_dev(d: &NamedDevice, c: &NullBlkConfig) -> BlockDev {
    let mut dev = BlockDev::new(d.name.clone(), d.devno, c.size * 2048, limits(&d.device));
    dev.write_cache = c.memory_backed > 0 && c.cache_size > 0;
    dev.fua = dev.write_cache;
    dev
}

/// What a disk of scsi_debug announces.
fn scsi_dev(d: &NamedDevice, c: &ScsiDebugConfig) -> BlockDev {
    let sectors = c.dev_size_mb * 2048;
    let mut dev = BlockDev::new(d.name.clone(), d.devno, sectors, limits(&d.device));
    dev.write_cache = true;
    dev.fua = true;
    dev.timer.rq_timeout = c.timeout;
    dev
}

/// What a LUN of an array announces: an HBA's usual limits.
fn lun_dev(d: &NamedDevice, c: &LunDiskConfig, sectors: u64) -> BlockDev {
    let mut dev = BlockDev::new(d.name.clone(), d.devno, sectors, limits(&d.device));
    dev.timer.rq_timeout = c.timeout;
    dev
}

/// What a disk behind an array port announces: an HBA's usual limits.
fn port_dev(d: &NamedDevice, c: &PortConfig) -> BlockDev {
    BlockDev::new(d.name.clone(), d.devno, c.size * 2048, limits(&d.device))
}
