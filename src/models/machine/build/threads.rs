//! The application: fio's threads, scripts, and the page caches of the devices
//! they work on.

use super::super::lookup::Devs;
use super::super::{Frame, Machine};
use super::{BuildError, ThreadConfig};
use crate::models::host::{Cost, CpuId, Prio, TaskId};
use crate::models::io::{DevId, SECTOR};
use crate::models::mpath::DeviceLookup;
use crate::models::workload::app::buffers::Buffers;
use crate::models::workload::app::dio::MAX_VECS;
use crate::models::workload::app::offload::{At, Worker};
use crate::models::workload::app::script::Scripted;
use crate::models::workload::app::upkeep::{self, Duty, Upkeep};
use crate::models::workload::app::{AppFrame, Slot, Thread, Waiting};
use crate::models::workload::fio::spec::SubmitMode;
use crate::models::workload::fio::{FioThread, ThreadSpec};
use crate::models::workload::page_cache::{
    Advice, DeviceLimits, PAGE, PAGE_SECTORS, PageCache, ReadAhead,
};
use crate::models::workload::script::Script;
use crate::sim::{Fifo, Ns};

impl<P> Machine<P> {
    /// The page cache of `dev`.
    fn cache_of(&mut self, dev: DevId) -> u16 {
        let caches = &mut self.app.caches;
        let i = caches.iter().position(|c| c.dev == dev).unwrap_or_else(|| {
            let d = &self.block.devs[usize::from(dev.0)];
            let pages = d.capacity.div_ceil(PAGE_SECTORS);
            let limits = DeviceLimits::new(d.limits.io_opt, d.limits.max_sectors, pages);
            caches.push(PageCache::new(dev, d.capacity, limits));
            caches.len() - 1
        });
        i as u16
    }

    pub(super) fn add_thread(
        &mut self,
        t: &ThreadConfig,
        maps: &[(String, DevId)],
    ) -> Result<(), BuildError> {
        let name = t.spec.filename.as_deref().unwrap_or("");
        let lookup = Devs {
            block: &self.block,
            scsi: &self.devices.scsi,
            maps,
            open: &[],
        };
        let dev = lookup
            .by_path(name)
            .ok_or_else(|| BuildError::Thread(format!("{}: no device {name:?}", t.spec.name)))?;
        let bytes = self.block.dev(dev).capacity * SECTOR;
        let fio = FioThread::new(&t.spec, bytes, t.iolog.as_deref())
            .map_err(|e| BuildError::Thread(format!("{}: {e}", t.spec.name)))?;
        self.host.spin.work_is_bounded &= !t.spec.time_based;
        let n = self.app.threads.len() as u16;
        let cache = self.cache_of(dev);
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
            is_open: false,
            advice: advice(&t.spec),
            ra: ReadAhead::new(self.app.caches[usize::from(cache)].limits, advice(&t.spec)),
            seen_errors: 0,
            max_bio_bytes: self.max_bio_bytes(dev),
            direct: t.spec.direct,
            dsync: t.spec.sync,
            set_up: Ns::ZERO,
            waiting: Waiting::Start,
            ring: Fifo::default(),
            submitted: 0,
            made: 0,
            filled: 0,
            slots: vec![Slot::default(); t.spec.iodepth.max(1) as usize],
            buffers: Buffers::new(&t.spec),
        });
        self.app.running += 1;
        Ok(())
    }

    /// fio's jobs have been created, one after the other.
    pub(super) fn begin_threads(&mut self) {
        if self.host.is_free() {
            return;
        }
        for cpu in (0..self.host.cpus.len()).map(|n| CpuId(n as u8)) {
            let tasks = self.app.threads.iter().map(|t| t.task);
            let here: Vec<_> = tasks
                .filter(|t| self.host.tasks[t.index()].cpu == cpu)
                .collect();
            self.host.fair_begin(&here);
            let begins = |t: &&mut Thread| here.contains(&t.task);
            let mut jobs: Vec<_> = self.app.threads.iter_mut().filter(begins).collect();
            jobs.sort_by_key(|t| t.fio.spec().start_delay);
            for t in jobs.into_iter().skip(1) {
                t.set_up = upkeep::set_up(t.fio.spec());
            }
        }
    }

    /// Whether the CPU profile knows of ticks and of fio's other threads.
    pub(in super::super) fn housekeeping_costs(&self) -> bool {
        let costs = [Cost::Tick, Cost::FioMain, Cost::FioHelper];
        costs.iter().any(|&c| self.host.costs.of(c) > Ns::ZERO)
    }

    /// fio's threads beside those that do I/O, where code takes time.
    pub(super) fn add_upkeep(&mut self) {
        let Some(job) = self.app.threads.first() else {
            return;
        };
        if !self.housekeeping_costs() {
            return;
        }
        let job = job.fio.spec().clone();
        let disks = self.disks_of_fio();
        let duties = [Duty::Main, Duty::Helper(disks), Duty::Rcu];
        for (n, duty) in duties.into_iter().enumerate() {
            let frame = Frame::App(AppFrame::Upkeep(n as u8));
            let task = self.host.spawn("fio".into(), Prio::Normal, CpuId(0), frame);
            self.app.upkeep.push(Upkeep::new(task, duty, &job));
        }
    }

    /// Disks whose statistics fio reads: those that it works on, and what these
    /// lie on (`diskutil.c:init_disk_util`).
    fn disks_of_fio(&self) -> u64 {
        let mut disks: Vec<DevId> = Vec::new();
        for dev in self.app.threads.iter().map(|t| t.dev) {
            let below = self.dm.devs.iter().filter(|d| d.dev == dev);
            let below = below.flat_map(|d| d.table.devices());
            for disk in std::iter::once(dev).chain(below) {
                if !disks.contains(&disk) {
                    disks.push(disk);
                }
            }
        }
        disks.len() as u64
    }

    /// Bytes of one bio of direct I/O to `dev` at most: what a bio holds, or
    /// what the queue takes where it does not split.
    fn max_bio_bytes(&self, dev: DevId) -> u64 {
        let whole = MAX_VECS * PAGE;
        if !self.kernel.profile().submission.builders_keep_limits {
            return whole;
        }
        let l = &self.block.devs[usize::from(dev.0)].limits;
        let by_sectors = u64::from(l.max_sectors) * SECTOR;
        let by_segments = u64::from(l.max_segments) * PAGE;
        (by_sectors.min(by_segments).min(whole) / PAGE * PAGE).max(PAGE)
    }

    pub(super) fn add_script(
        &mut self,
        s: &Script,
        maps: &[(String, DevId)],
    ) -> Result<(), BuildError> {
        let lookup = Devs {
            block: &self.block,
            scsi: &self.devices.scsi,
            maps,
            open: &[],
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

/// What fio says of its pattern to the kernel.
fn advice(spec: &ThreadSpec) -> Advice {
    match (spec.fadvise, spec.pattern.random) {
        (false, _) => Advice::Normal,
        (true, true) => Advice::Random,
        (true, false) => Advice::Sequential,
    }
}
