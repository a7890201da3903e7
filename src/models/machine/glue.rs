//! Who answers whom: what each room needs of its surroundings, given by the
//! machine. Here: what runs, the steps of tasks and what interrupts them; of the
//! other rooms each has a file.

mod app;
mod block_layer;
mod devices;
mod dm;

use super::super::block::{self, BlockFrame, complete, run_queue};
use super::super::device::{array_port, null_blk, scsi};
use super::super::dm::{DmFrame, bio_based, pg_init, request_fn, suspend, worker};
use super::super::host::{self, Cost, Host, HostEnv, HostEvent, Step, TaskId};
use super::super::io::{BlkStatus, DevId, ReqId};
use super::super::probe::Probe;
use super::super::workload::app::{self as application, AppFrame};
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
        match t.stack.last() {
            // By far the most frequent: the others take a copy.
            Some(&Frame::App(AppFrame::Fio(thread))) => {
                application::fio_loop::step(self, task, thread)
            }
            Some(&frame) => self.step_frame(task, frame),
            None => self.next_work(task),
        }
    }
    #[inline]
    fn handle_irq(&mut self, irq: Irq) {
        match irq {
            Irq::Complete(rq) => self.complete(rq),
            irq => self.handle_other_irq(irq),
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
    #[inline(never)]
    fn step_frame(&mut self, task: TaskId, frame: Frame) -> Step {
        match frame {
            Frame::Block(f) => block::step(self, task, f),
            Frame::App(f) => application::step(self, task, f),
            Frame::Dm(DmFrame::ProcessQueued(f)) => worker::step(self, task, f),
            Frame::Dm(DmFrame::SplitAndProcess { dm, bio, slab }) => {
                bio_based::step(self, task, dm, bio, slab)
            }
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
    /// What is not the end of a command.
    #[inline(never)]
    fn handle_other_irq(&mut self, irq: Irq) {
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
            Irq::Tick => self.ticked(),
            Irq::Slept(task) => {
                self.pending_irqs -= 1;
                host::wake(self, task);
            }
            Irq::Upkeep(n) => self.upkeep_due(n),
            Irq::Delayed(dm, bio) => {
                let worker = self.dm.dev(dm).worker;
                host::queue_work(self, worker, Frame::Block(BlockFrame::SubmitBio(bio)));
            }
            Irq::CompleteBio(nullb, bio) => null_blk::bio_completed(self, nullb, bio),
        }
    }
    /// A task has nothing more to do; a worker takes the next item of its work.
    fn next_work(&mut self, task: TaskId) -> Step {
        let t = &mut self.host.tasks[task.index()];
        if !t.is_worker {
            block::sched::exit_task(self, task);
            return Step::Exit;
        }
        let Some(item) = t.work.pop_front() else {
            self.host.charge(Cost::WorkEnd);
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
