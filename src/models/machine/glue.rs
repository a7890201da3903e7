//! Who answers whom: what each room needs of its surroundings, given by the
//! machine.

use super::super::block::single_queue::plug::unplug_for_waiter;
use super::super::block::single_queue::request_fn::{is_full, leaf_request_fn};
use super::super::block::{
    self, Action, BlockEnv, BlockFrame, BlockLayer, BlockTimer, HctxId, RqEnd, Subject, complete,
    run_queue,
};
use super::super::device::{DeviceEnv, Devices, array_port, null_blk, scsi};
use super::super::dm::{
    Dm, DmEnv, DmFrame, DmTimer, bio_based, pg_init, request_based, request_fn, suspend, worker,
};
use super::super::host::{self, Cost, Host, HostEnv, HostEvent, Step, TaskId};
use super::super::io::{BioId, BlkStatus, DevId, EndIo, ReqId};
use super::super::kernel::{Patches, Way};
use super::super::mpath::DhResult;
use super::super::probe::{Probe, TargetEvent};
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
        let frame = match t.stack.last() {
            // By far the most frequent: the others take a copy.
            Some(&Frame::App(AppFrame::Fio(thread))) => {
                return app::fio_loop::step(self, task, thread);
            }
            Some(&frame) => frame,
            None => return self.next_work(task),
        };
        match frame {
            Frame::Block(f) => block::step(self, task, f),
            Frame::App(f) => app::step(self, task, f),
            Frame::Dm(DmFrame::ProcessQueued(f)) => worker::step(self, task, f),
            Frame::Dm(DmFrame::SplitAndProcess { dm, bio }) => bio_based::step(self, task, dm, bio),
            Frame::Dm(DmFrame::WqWork(dm)) => suspend::step_wq_work(self, task, dm),
            Frame::Dm(DmFrame::ProcessQueuedRqs(dm)) => {
                request_fn::map::step_process_queued(self, task, dm)
            }
            Frame::Dm(DmFrame::Activate(dm, path)) => pg_init::step_activate(self, task, dm, path),
            Frame::Multipathd(n) => self.step_multipathd(task, n),
            Frame::Sample(n) => self.step_sample(task, n),
            Frame::Admin(f) => self.step_admin(task, f),
        }
    }
    #[inline]
    fn handle_irq(&mut self, irq: Irq) {
        match irq {
            Irq::Complete(rq) => self.complete(rq),
            Irq::Block(timer) => run_queue::timer_fired(self, timer),
            Irq::Wake(task) => host::wake(self, task),
            Irq::Multipathd(n) => self.multipathd_alarm(n),
            Irq::Sample(n) => self.sample(n),
            Irq::Fork(task) => host::wake_up_new_task(self, task),
            Irq::Dm(timer) => super::super::dm::timer_fired(self, timer),
            Irq::Scsi(timer) => {
                scsi::timer_fired(self, timer);
                if let scsi::Timer::Removed(disk) = timer {
                    self.uevent(self.devices.scsi[usize::from(disk)].dev);
                }
            }
            Irq::San => self.san_changes(),
            Irq::Delayed(dm, bio) => {
                let worker = self.dm.dev(dm).worker;
                host::queue_work(self, worker, Frame::Block(BlockFrame::SubmitBio(bio)));
            }
            Irq::CompleteBio(nullb, bio) => null_blk::bio_completed(self, nullb, bio),
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
        self.irq_at(at, cpu, irq);
    }
}

impl<P: Probe> Machine<P> {
    /// A task has nothing more to do; a worker takes the next item of its work.
    fn next_work(&mut self, task: TaskId) -> Step {
        let t = &mut self.host.tasks[task.index()];
        if !t.is_worker {
            block::sched::exit_task(self, task);
            return Step::Exit;
        }
        let Some(item) = t.work.pop_front() else {
            return Step::Block;
        };
        t.stack.push(item);
        self.host.charge(Cost::Work);
        Step::Again
    }
    /// A leaf device has completed the command of `rq`.
    #[inline]
    fn complete(&mut self, rq: ReqId) {
        if self.devices.is_cancelled(rq, self.host.now()) {
            return;
        }
        self.host.charge(Cost::CompleteRq);
        let dev = self.block.reqs[rq].dev;
        match self.driver(dev) {
            Driver::NullBlk(_) => null_blk::end_cmd(self, rq),
            Driver::Scsi(disk) => scsi::scsi_done(self, disk, rq),
            Driver::Port(disk) => {
                array_port::completed(self, disk);
                complete::blk_mq_end_request(self, rq, BlkStatus::Ok);
            }
            Driver::NullBlkBio(_) | Driver::DmBio(_) | Driver::DmRq(_) | Driver::DmRequestFn(_) => {
            }
        }
    }
    #[inline]
    pub(super) fn driver(&self, dev: DevId) -> Driver {
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
                Driver::DmRq(dm) => request_based::end_clone_request(self, dm, orig, status),
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
    fn request_fn(&mut self, dev: DevId) {
        match self.driver(dev) {
            Driver::DmRequestFn(dm) => request_fn::dm_request_fn(self, dm),
            _ => leaf_request_fn(self, dev),
        }
    }
    fn unplug_fn(&mut self, dev: DevId) {
        match self.driver(dev) {
            Driver::DmBio(dm) => super::super::dm::unplug_all(self, dm),
            Driver::DmRequestFn(dm) => {
                unplug_for_waiter(self, dev);
                super::super::dm::unplug_all(self, dm);
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

impl<P: Probe> DmEnv for Machine<P> {
    #[inline]
    fn dm(&mut self) -> &mut Dm {
        &mut self.dm
    }
    #[inline]
    fn target_event(&mut self, dm: u16, event: TargetEvent<'_>) {
        if !P::LISTENS {
            return;
        }
        let at = self.host.now();
        if let Some(target) = self.dm.devs[usize::from(dm)].multipath() {
            self.probe.target_event(at, dm, event, target);
        }
    }
    fn dm_frame(frame: DmFrame) -> Frame {
        Frame::Dm(frame)
    }
    fn lld_busy(&mut self, dev: DevId) -> bool {
        if self.block.has_single_queues() && is_full(self, dev) {
            return true;
        }
        match self.driver(dev) {
            Driver::Scsi(n) => scsi::lld_busy(self, n),
            Driver::Port(n) => array_port::lld_busy(self, n),
            _ => false,
        }
    }
    fn submit_later(&mut self, dm: u16, bio: BioId, delay: Ns) {
        let at = self.host.jiffies_from_now(delay);
        let cpu = self.host.cpu();
        self.irq_at(at, cpu, Irq::Delayed(dm, bio));
    }
    fn queue_work(&mut self, worker: TaskId, frame: Frame) {
        host::queue_work(self, worker, frame);
    }
    fn paths_changed(&mut self) {
        let at = self.host.now();
        self.probe.paths_changed(at);
    }
    fn arm_dm(&mut self, timer: DmTimer, at: Ns) {
        let cpu = self.host.cpu();
        self.irq_at(at, cpu, Irq::Dm(timer));
    }
    fn dh_activate(&mut self, dev: DevId) -> (Ns, DhResult) {
        let Driver::Scsi(n) = self.driver(dev) else {
            return (Ns::ZERO, DhResult::NoSys);
        };
        self.activate_disk(n)
    }
    fn dm_event(&mut self, dm: u16) {
        self.multipathd_hears(dm);
    }
    fn can_change(&mut self) -> bool {
        self.pending_irqs > 0 || self.host.others_run()
    }
    fn patches(&self) -> &Patches {
        &self.patches
    }
    fn aborts_on_failure(&self) -> bool {
        self.kernel.profile().multipath.aborts_on_failure || self.way == Way::Rq2631
    }
    fn can_be_busy(&self, dev: DevId) -> bool {
        if self.kernel.is_legacy() {
            return self.patches.busy_flag;
        }
        matches!(self.driver(dev), Driver::Scsi(_) | Driver::Port(_))
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
    fn complete_bio_after(&mut self, span: Ns, nullb: u16, bio: BioId) {
        host::start_timer(self, span, Irq::CompleteBio(nullb, bio));
    }
    fn given_up(&mut self, rq: ReqId, due: Ns) {
        if P::LISTENS {
            let r = &self.block.reqs[rq];
            let subject = self.block.rq_subject(rq);
            let at = self.host.now();
            self.probe.given_up(at, r.dev, subject, r.io_start, due);
        }
    }
    fn arm_scsi(&mut self, timer: scsi::Timer, at: Ns) {
        self.expire(at, Irq::Scsi(timer));
    }
    fn san_is_due(&mut self) {
        self.arm_san();
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
        self.irq_at(at, cpu, Irq::Wake(task));
    }
    #[inline]
    fn io_begun(&mut self, thread: u16) {
        let at = self.host.now();
        self.probe.io_begun(at, thread);
    }
    #[inline]
    fn io_done(&mut self, thread: u16, bytes: u32, errno: i32) {
        let at = self.host.now();
        self.last_io = at;
        if errno == 0 {
            self.host.succeeded();
        }
        self.probe.io_done(at, thread, bytes, errno);
    }
    fn synced(&mut self, thread: u16, errno: i32) {
        self.last_io = self.host.now();
        self.probe.synced(thread, errno);
    }
}
