//! What the block layer needs: the driver of a device, whoever a bio or request
//! belongs to, kblockd, and who listens.

use super::super::super::block::single_queue::plug::unplug_for_waiter;
use super::super::super::block::single_queue::request_fn::{
    blk_run_queue, is_full, leaf_request_fn,
};
use super::super::super::block::{
    Action, BlockEnv, BlockFrame, BlockLayer, BlockTimer, HctxId, RqEnd, Subject, complete,
    single_queue,
};
use super::super::super::device::{array_port, null_blk, scsi};
use super::super::super::dm::{self, bio_based, request_based, request_fn};
use super::super::super::host::{self, Cost, TaskId};
use super::super::super::io::{BioId, BlkStatus, DevId, EndIo, ReqId};
use super::super::super::probe::Probe;
use super::super::super::workload::app::{aio, fsync, page_io, script};
use super::super::{Driver, Frame, Irq, Machine};
use crate::sim::Ns;

impl<P: Probe> BlockEnv for Machine<P> {
    #[inline]
    fn block(&mut self) -> &mut BlockLayer {
        &mut self.block
    }
    #[inline]
    fn block_frame(frame: BlockFrame) -> Frame {
        Frame::Block(frame)
    }
    #[inline]
    fn queue_rq(&mut self, rq: ReqId, _last: bool) -> Option<BlkStatus> {
        let status = match self.driver(self.block.reqs[rq].dev) {
            Driver::NullBlk(n) => null_blk::queue_rq(self, n, rq),
            Driver::Scsi(n) => scsi::queue_rq(self, n, rq),
            Driver::Port(n) => array_port::queue_rq(self, n, rq),
            Driver::DmRq(n) => return request_based::dm_mq_queue_rq(self, n, rq),
            Driver::DmBio(_) | Driver::NullBlkBio(_) | Driver::DmRequestFn(_) => BlkStatus::IoErr,
        };
        Some(status)
    }
    #[inline]
    fn get_budget(&mut self, dev: DevId) -> bool {
        match self.driver(dev) {
            Driver::Scsi(n) => scsi::get_budget(self, n),
            _ => true,
        }
    }
    #[inline]
    fn put_budget(&mut self, dev: DevId) {
        if let Driver::Scsi(n) = self.driver(dev) {
            scsi::put_budget(self, n);
        }
    }
    #[inline]
    fn submit_bio(&mut self, bio: BioId) {
        match self.driver(self.block.bios[bio].dev) {
            Driver::DmBio(n) => bio_based::dm_submit_bio(self, n, bio),
            Driver::NullBlkBio(n) => null_blk::submit_bio(self, n, bio),
            _ => complete::bio_endio(self, bio, BlkStatus::IoErr),
        }
    }
    #[inline]
    fn bio_end_io(&mut self, bio: BioId, end_io: EndIo) {
        match end_io {
            EndIo::App { thread, slot } => aio::bio_end_io(self, bio, thread, slot),
            EndIo::Script { .. } => script::bio_end_io(self, bio),
            EndIo::Dm { dm, .. } => bio_based::clone_endio(self, dm, bio),
            EndIo::Page(_) => page_io::bio_end_io(self, bio),
            EndIo::Task { .. } => fsync::bio_end_io(self, bio),
            EndIo::Daemon(_) => self.daemon_bio_ended(bio),
            EndIo::Nobody | EndIo::Chain(_) => self.block.bios.free(bio),
        }
    }
    #[inline]
    fn clone_bios_ended(&mut self, clone: ReqId, status: BlkStatus, sectors: u32) {
        if self.block.has_single_queues() {
            return request_fn::done::end_clone_bios(self, clone, status, sectors);
        }
        request_based::end_clone_bios(self, clone, status, sectors);
    }
    fn timed_out(&mut self, rq: ReqId) {
        if let Driver::Scsi(disk) = self.driver(self.block.reqs[rq].dev) {
            scsi::timeout::scsi_timeout(self, disk, rq);
        }
    }
    #[inline]
    fn rq_end_io(&mut self, rq: ReqId, end: RqEnd, status: BlkStatus) {
        match end {
            RqEnd::Clone { orig } => match self.driver(self.block.reqs[orig].dev) {
                Driver::DmRq(dm) => request_based::dm_complete_request(self, dm, orig, status),
                Driver::DmRequestFn(_) => request_fn::done::end_clone_request(self, rq, status),
                _ => {}
            },
            RqEnd::Daemon(_) => self.daemon_rq_ended(rq, status),
            RqEnd::None | RqEnd::FlushRq | RqEnd::FlushData | RqEnd::SingleQueue => {}
        }
    }
    #[inline]
    fn kblockd(&mut self, hctx: HctxId, frame: BlockFrame) {
        let here = self.host.cpu();
        // A single queue has no hardware queue: its work goes to this CPU.
        let queue = self.block.hctxs.get(hctx.index());
        let cpus = queue.map_or([].as_slice(), |h| &h.cpus);
        // blk_mq_hctx_next_cpu: this CPU if the queue serves it.
        let cpu = if cpus.is_empty() || cpus.contains(&here.0) {
            here.index()
        } else {
            cpus.first().map_or(0, |&c| usize::from(c))
        };
        let worker = self.kblockd[cpu];
        host::queue_work(self, worker, Frame::Block(frame));
    }
    fn kblockd_here(&mut self, frame: BlockFrame) {
        let worker = self.kblockd[self.host.cpu().index()];
        host::queue_work(self, worker, Frame::Block(frame));
    }
    #[inline]
    fn dev_queue_ready(&mut self, dev: DevId) -> bool {
        match self.driver(dev) {
            Driver::Scsi(n) => scsi::request_fn::dev_queue_ready(self, n),
            _ => !is_full(self, dev),
        }
    }
    fn next_command(&mut self, dev: DevId) {
        match self.driver(dev) {
            Driver::Scsi(n) => scsi::request_fn::run_queue(self, n),
            _ => blk_run_queue(self, dev),
        }
    }
    fn read_congested(&mut self, dev: DevId) -> bool {
        match self.driver(dev) {
            Driver::DmBio(dm) => dm::any_congested(self, dm),
            Driver::NullBlkBio(_) => false,
            _ => single_queue::bdi_read_congested(self, dev),
        }
    }
    fn request_fn(&mut self, dev: DevId) {
        match self.driver(dev) {
            Driver::DmRequestFn(dm) => request_fn::dm_request_fn(self, dm),
            _ => leaf_request_fn(self, dev),
        }
    }
    fn unplug_fn(&mut self, dev: DevId) {
        match self.driver(dev) {
            Driver::DmBio(dm) => dm::unplug_all(self, dm),
            Driver::DmRequestFn(dm) => {
                unplug_for_waiter(self, dev);
                dm::unplug_all(self, dm);
            }
            Driver::NullBlkBio(_) | Driver::DmRq(_) => {}
            _ => unplug_for_waiter(self, dev),
        }
    }
    fn softirq_done(&mut self, rq: ReqId, status: BlkStatus) {
        let dev = self.block.reqs[rq].dev;
        if let Driver::DmRequestFn(dm) = self.driver(dev) {
            request_fn::done::dm_softirq_done(self, dm, rq, status);
        }
    }
    fn arm(&mut self, timer: BlockTimer, at: Ns) {
        let cpu = self.host.cpu();
        self.irq_at(at, cpu, Irq::Block(timer));
    }
    #[inline(always)]
    fn wake(&mut self, task: TaskId) {
        host::wake(self, task);
    }
    #[inline]
    fn trace(&mut self, dev: DevId, action: Action, about: impl FnOnce(&BlockLayer) -> Subject) {
        if !P::LISTENS {
            return;
        }
        let subject = about(&self.block);
        let at = self.host.now();
        let cpu = self.host.cpu().0;
        let comm = self.host.current();
        let comm = comm.map(|t| self.host.tasks[t.index()].name.as_str());
        self.probe.block_event(at, cpu, comm, dev, action, subject);
        self.host.charge(Cost::Blktrace);
    }
    #[inline]
    fn ended(&mut self, dev: DevId, status: BlkStatus, about: impl FnOnce(&BlockLayer) -> Subject) {
        if P::LISTENS {
            let subject = about(&self.block);
            self.trace(dev, Action::Complete, |_| subject);
            self.probe.ended(dev, subject, status);
        }
    }
}
