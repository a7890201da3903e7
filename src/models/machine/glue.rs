//! Who answers whom: what each room needs of its surroundings, given by the
//! machine.

use super::super::block::{
    self, Action, BlockEnv, BlockFrame, BlockLayer, BlockTimer, HctxId, Subject, complete, dispatch,
};
use super::super::device::{DeviceEnv, Devices, array_port, null_blk, scsi};
use super::super::dm::{Dm, DmEnv, DmFrame, bio_based, request_based, worker};
use super::super::host::{self, Cost, Host, HostEnv, HostEvent, Step, TaskId};
use super::super::io::{BioId, BlkStatus, DevId, EndIo, ReqId};
use super::super::probe::Probe;
use super::super::workload::app::{self, App, AppEnv, AppFrame, aio, fsync, page_io, script};
use super::{Driver, Event, Frame, Irq, Machine};
use crate::sim::Ns;

impl<P: Probe> HostEnv for Machine<P> {
    type Frame = Frame;
    type Irq = Irq;

    #[inline]
    fn host(&mut self) -> &mut Host<Frame, Irq> {
        &mut self.host
    }
    #[inline]
    fn step(&mut self, task: TaskId) -> Step {
        let t = &mut self.host.tasks[task.index()];
        let Some(&frame) = t.stack.last() else {
            if !t.is_worker {
                return Step::Exit;
            }
            let Some(item) = t.work.pop_front() else {
                return Step::Block;
            };
            t.stack.push(item);
            self.host.charge(Cost::Work);
            return Step::Again;
        };
        match frame {
            Frame::Block(f) => block::step(self, task, f),
            Frame::App(f) => app::step(self, task, f),
            Frame::Dm(DmFrame::ProcessQueued(f)) => worker::step(self, task, f),
            Frame::Dm(DmFrame::SplitAndProcess { dm, bio }) => bio_based::step(self, task, dm, bio),
        }
    }
    #[inline]
    fn handle_irq(&mut self, irq: Irq) {
        match irq {
            Irq::Complete(rq) => self.complete(rq),
            Irq::Block(timer) => dispatch::timer_fired(self, timer),
            Irq::Wake(task) => host::wake(self, task),
            Irq::Delayed(dm, bio) => {
                let worker = self.dm.dev(dm).worker;
                host::queue_work(self, worker, Frame::Block(BlockFrame::SubmitBio(bio)));
            }
        }
    }
    #[inline]
    fn next_event(&self) -> Ns {
        self.queue.peek_time()
    }
    #[inline]
    fn schedule(&mut self, at: Ns, event: HostEvent) {
        self.queue.push(at, Event::Host(event));
    }
    #[inline]
    fn expire(&mut self, at: Ns, irq: Irq) {
        let cpu = self.host.cpu();
        self.queue.push(at, Event::Irq(cpu, irq));
    }
}

impl<P: Probe> Machine<P> {
    /// A leaf device has completed the command of `rq`.
    fn complete(&mut self, rq: ReqId) {
        self.host.charge(Cost::CompleteRq);
        let dev = self.block.reqs[rq].dev;
        let driver = self.driver(dev);
        if let Driver::Port(disk) = driver {
            array_port::completed(self, disk);
        }
        complete::blk_mq_end_request(self, rq, BlkStatus::Ok);
        if let Driver::Scsi(disk) = driver {
            scsi::completed(self, disk);
        }
    }
    #[inline]
    fn driver(&self, dev: DevId) -> Driver {
        self.drivers[usize::from(dev.0)]
    }
}

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
            Driver::DmBio(_) => BlkStatus::IoErr,
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
    fn submit_bio(&mut self, bio: BioId) {
        if let Driver::DmBio(n) = self.driver(self.block.bios[bio].dev) {
            bio_based::dm_submit_bio(self, n, bio);
        }
    }
    fn bio_end_io(&mut self, bio: BioId) {
        match self.block.bios[bio].end_io {
            EndIo::App { .. } => aio::bio_end_io(self, bio),
            EndIo::Script { .. } => script::bio_end_io(self, bio),
            EndIo::Dm { dm, .. } => bio_based::clone_endio(self, dm, bio),
            EndIo::DmRq { .. } => request_based::end_clone_bio(self, bio),
            EndIo::Page(_) => page_io::bio_end_io(self, bio),
            EndIo::Task { .. } => fsync::bio_end_io(self, bio),
            EndIo::Nobody | EndIo::Chain(_) => self.block.bios.free(bio),
        }
    }
    fn rq_end_io(&mut self, rq: ReqId, status: BlkStatus) {
        if let super::super::block::RqEnd::Clone { orig } = self.block.reqs[rq].end {
            if let Driver::DmRq(dm) = self.driver(self.block.reqs[orig].dev) {
                request_based::end_clone_request(self, dm, rq, status);
            }
        }
    }
    fn kblockd(&mut self, hctx: HctxId, frame: BlockFrame) {
        let here = self.host.cpu();
        let cpus = &self.block.hctxs[hctx.index()].cpus;
        // blk_mq_hctx_next_cpu: this CPU if the queue serves it.
        let cpu = if cpus.contains(&here.0) {
            here.index()
        } else {
            cpus.first().map_or(0, |&c| usize::from(c))
        };
        let worker = self.kblockd[cpu];
        host::queue_work(self, worker, Frame::Block(frame));
    }
    fn arm(&mut self, timer: BlockTimer, at: Ns) {
        let cpu = self.host.cpu();
        self.queue.push(at, Event::Irq(cpu, Irq::Block(timer)));
    }
    fn wake(&mut self, task: TaskId) {
        host::wake(self, task);
    }
    #[inline]
    fn trace(&mut self, dev: DevId, action: Action, subject: Subject) {
        let at = self.host.now();
        let cpu = self.host.cpu().0;
        let comm = self.host.current();
        let comm = comm.map(|t| self.host.tasks[t.index()].name.as_str());
        self.probe.block_event(at, cpu, comm, dev, action, subject);
        self.host.charge(Cost::Blktrace);
    }
}

impl<P: Probe> DmEnv for Machine<P> {
    #[inline]
    fn dm(&mut self) -> &mut Dm {
        &mut self.dm
    }
    fn dm_frame(frame: DmFrame) -> Frame {
        Frame::Dm(frame)
    }
    fn lld_busy(&mut self, dev: DevId) -> bool {
        match self.driver(dev) {
            Driver::Scsi(n) => scsi::lld_busy(self, n),
            Driver::Port(n) => array_port::lld_busy(self, n),
            _ => false,
        }
    }
    fn submit_later(&mut self, dm: u16, bio: BioId, delay: Ns) {
        let at = self.host.jiffies_from_now(delay);
        let cpu = self.host.cpu();
        self.queue.push(at, Event::Irq(cpu, Irq::Delayed(dm, bio)));
    }
    fn queue_work(&mut self, worker: TaskId, frame: Frame) {
        host::queue_work(self, worker, frame);
    }
}

impl<P: Probe> DeviceEnv for Machine<P> {
    #[inline]
    fn devices(&mut self) -> &mut Devices {
        &mut self.devices
    }
    #[inline]
    fn complete_at(&mut self, at: Ns, rq: ReqId) {
        self.expire(at, Irq::Complete(rq));
    }
    #[inline]
    fn complete_after(&mut self, span: Ns, rq: ReqId) {
        host::start_timer(self, span, Irq::Complete(rq));
    }
}

impl<P: Probe> AppEnv for Machine<P> {
    #[inline]
    fn app(&mut self) -> &mut App {
        &mut self.app
    }
    #[inline]
    fn app_frame(frame: AppFrame) -> Frame {
        Frame::App(frame)
    }
    fn wake_at(&mut self, at: Ns, task: TaskId) {
        let cpu = self.host.cpu();
        self.queue.push(at, Event::Irq(cpu, Irq::Wake(task)));
    }
    #[inline]
    fn io_done(&mut self, bytes: u32, errno: i32) {
        let at = self.host.now();
        self.last_io = at;
        self.probe.io_done(at, bytes, errno);
    }
}
