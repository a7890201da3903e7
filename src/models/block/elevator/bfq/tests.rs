use super::requests::choose_req;
use super::*;
use crate::models::block::hctx::HctxId;
use crate::models::block::request::Request;
use crate::models::io::{DevId, Flags, IoPrio, Op};

/// A scheduler, its requests, and a clock.
struct Bench {
    bfq: Bfq,
    reqs: Reqs,
    now: Ns,
    /// What the timer was last armed for, and when it is due.
    timer: Option<(u32, Ns)>,
    runs: u32,
}

const A: TaskId = TaskId(1);
const B: TaskId = TaskId(2);

/// A scheduler that has seen that its device takes one request at a time
/// (`queues`: many).
fn bench(queues: bool) -> Bench {
    let mut bfq = Bfq::new(Setting {
        jiffy: Ns::from_ms(1),
        uptime: Ns::from_secs(60),
        nr_requests: 256,
        shift: 6,
    });
    bfq.hw_tag = Some(queues);
    bfq.nonrot_with_queueing = queues;
    Bench {
        bfq,
        reqs: Reqs::default(),
        now: Ns::ZERO,
        timer: None,
        runs: 0,
    }
}

impl Bench {
    fn request(&mut self, task: TaskId, op: Op, flags: Flags, sector: u64, sectors: u32) -> ReqId {
        let mut r = Request::new(DevId(0), HctxId(0), 0, op, flags, self.now);
        r.sector = sector;
        r.sectors = sectors;
        r.icq = Some(task);
        self.bfq.prepare(task);
        let rq = self.reqs.alloc(r);
        self.bfq.init_request(&mut self.reqs, rq, self.now);
        rq
    }
    fn add(&mut self, task: TaskId, op: Op, flags: Flags, sector: u64, sectors: u32) -> ReqId {
        let rq = self.request(task, op, flags, sector, sectors);
        self.bfq.insert(&mut self.reqs, rq, false, self.now);
        rq
    }
    fn read(&mut self, task: TaskId, sector: u64) -> ReqId {
        self.add(task, Op::Read, Flags::default(), sector, 8)
    }
    fn take(&mut self) -> Option<ReqId> {
        let rq = self.bfq.dispatch(&mut self.reqs, self.now)?;
        self.reqs[rq].rqf.set(RqFlags::STARTED);
        Some(rq)
    }
    fn finish(&mut self, rq: ReqId) {
        let wish = self.bfq.finish(&mut self.reqs, rq, self.now);
        self.reqs.free(rq);
        self.grant(wish);
    }
    fn grant(&mut self, wish: Wish) {
        match wish {
            Wish::Nothing => {}
            Wish::RunQueues => self.runs += 1,
            Wish::Timer { after, generation } => self.timer = Some((generation, self.now + after)),
        }
    }
    /// Time passes; the timer fires if it is due.
    fn pass(&mut self, span: Ns) {
        self.now += span;
        if let Some((generation, at)) = self.timer
            && at <= self.now
        {
            self.timer = None;
            let wish = self.bfq.timer_fired(&self.reqs, generation, self.now);
            self.grant(wish);
        }
    }
    /// Serves one request, in a millisecond; its task and its sector.
    fn serve(&mut self) -> Option<(TaskId, u64)> {
        let rq = self.take()?;
        self.pass(Ns::from_ms(1));
        let served = (self.reqs[rq].icq?, self.reqs[rq].sector);
        self.finish(rq);
        Some(served)
    }
    fn sectors(&mut self) -> Vec<u64> {
        std::iter::from_fn(|| self.serve().map(|(_, sector)| sector)).collect()
    }
    /// Serves everything, waiting where bfq does.
    fn drain(&mut self) -> Vec<u64> {
        let mut all = self.sectors();
        while let Some((_, due)) = self.timer {
            self.pass(due - self.now);
            all.extend(self.sectors());
        }
        all
    }
    fn queue_with(&self, rq: ReqId) -> QueueId {
        match self.reqs[rq].elv {
            ElvPriv::Bfq { queue, .. } => queue,
            other => panic!("{other:?}"),
        }
    }
    fn queue_of(&self, task: TaskId) -> QueueId {
        self.bfq.bic(task).and_then(|b| b.queues[1]).unwrap()
    }
    /// A and B each have a queue of their own, which has been served and is no
    /// longer raised.
    fn settle(&mut self) {
        for task in [A, B] {
            let rq = self.read(task, 8_000_000);
            assert_eq!(self.take(), Some(rq));
            self.finish(rq);
            self.pass(Ns::from_secs(1));
            let q = self.queue_of(task);
            self.bfq.queues[q].wr.last_start_finish = 0;
            self.bfq.queues[q].wr.coeff = 1;
            self.bfq.queues[q].entity.prio_changed = true;
            self.bfq.queues[q].soft_rt_next_start = i64::MAX;
            self.bfq.queues[q].max_budget = 10_922;
        }
        let now = self.bfq.clock.at(self.now);
        for q in [A, B].map(|task| self.queue_of(task)) {
            let queue = &mut self.bfq.queues[q];
            queue.budget_timeout = now.jiffies;
            queue.non_blocking_wait_rq = false;
            queue.habits.io_bound = true;
            queue.habits.io_start_time = now.ns;
            queue.habits.tot_idle_time = 0;
            queue.habits.ttime.last_end_request = now.ns;
        }
        assert!(self.bfq.is_idle());
        self.bfq.last_position = 0;
        self.runs = 0;
    }
}

#[test]
fn the_closest_goes_first_but_not_far_back() {
    let mut reqs = Reqs::default();
    let mut at = |sector, op| {
        let mut r = Request::new(DevId(0), HctxId(0), 0, op, Flags::default(), Ns::ZERO);
        r.sector = sector;
        reqs.alloc(r)
    };
    let near = at(100_100, Op::Read);
    let back = at(99_960, Op::Read);
    let far_back = at(60_000, Op::Read);
    let first = at(0, Op::Read);
    let async_write = at(100_000, Op::Write);
    let choose = |a, b| choose_req(&reqs, Some(a), Some(b), 100_000).unwrap();
    assert_eq!(choose(near, back), back); // 2 * 40 < 100
    assert_eq!(choose(near, far_back), near);
    assert_eq!(choose(far_back, first), first); // one seek back only
    assert_eq!(choose(async_write, near), near);
    assert_eq!(choose_req(&reqs, None, Some(near), 0), Some(near));
}

#[test]
fn a_queue_is_served_in_one_sweep() {
    let mut b = bench(false);
    b.settle();
    for sector in [5000, 16, 900, 100_000, 64] {
        b.read(A, sector);
    }
    // The first to come is chosen, then each that is closer to where the device
    // is: the way goes up from there.
    assert_eq!(b.sectors(), [16, 64, 900, 5000, 100_000]);
}

#[test]
fn the_oldest_goes_first_once_it_has_expired() {
    let mut b = bench(false);
    b.settle();
    let last = b.read(A, 1_000_000);
    b.read(A, 0);
    b.pass(Ns::from_ms(126));
    for n in 1..5 {
        b.read(A, 8 * n);
    }
    assert_eq!(b.serve(), Some((A, 0)));
    assert_eq!(b.take(), Some(last));
}

#[test]
fn one_process_after_the_other_each_up_to_its_budget() {
    let mut b = bench(false);
    b.settle();
    for n in 0..40 {
        b.add(A, Op::Read, Flags::default(), 2048 * n, 1024);
        b.add(B, Op::Read, Flags::default(), 1_000_000 + 2048 * n, 1024);
    }
    let order: Vec<bool> = b.drain().iter().map(|&sector| sector < 1_000_000).collect();
    let runs: Vec<usize> = order.chunk_by(|a, b| a == b).map(<[_]>::len).collect();
    // Two thirds of 16384 sectors at first, then four times that, or all.
    assert_eq!(runs, [10, 10, 16, 16, 14, 14], "{order:?}");
}

#[test]
fn the_device_waits_for_a_process_but_not_for_long() {
    let mut b = bench(false);
    b.settle();
    let mine = b.read(A, 0);
    assert_eq!(b.take(), Some(mine));
    let other = b.read(B, 1_000_000);
    b.pass(Ns::from_us(100));
    b.finish(mine);
    let (_, due) = b.timer.unwrap();
    assert_eq!(due, b.now + Ns::from_ms(8));
    // B's request stays where it is, until A's time is over.
    assert!(b.bfq.has_work());
    assert_eq!(b.take(), None);
    b.pass(Ns::from_ms(8));
    assert_eq!(b.runs, 1);
    assert_eq!(b.take(), Some(other));
}

#[test]
fn a_process_that_goes_on_in_time_keeps_the_device() {
    let mut b = bench(false);
    b.settle();
    let mine = b.read(A, 0);
    assert_eq!(b.take(), Some(mine));
    b.read(B, 1_000_000);
    b.finish(mine);
    b.pass(Ns::from_ms(1));
    let next = b.add(A, Op::Read, Flags::default(), 8, 64);
    assert_eq!(b.take(), Some(next));
    // The timer no longer counts.
    b.pass(Ns::from_ms(20));
    assert_eq!(b.runs, 0);
    assert_eq!(b.bfq.in_service, Some(b.queue_of(A)));
}

#[test]
fn nobody_waits_for_a_process_that_is_over() {
    let mut b = bench(false);
    b.settle();
    let mine = b.read(A, 0);
    assert_eq!(b.take(), Some(mine));
    let other = b.read(B, 1_000_000);
    b.finish(mine);
    assert_eq!(b.take(), None);
    let wish = b.bfq.exit(&b.reqs, A, b.now);
    assert_eq!(wish, Wish::RunQueues);
    assert_eq!(b.take(), Some(other));
}

#[test]
fn where_the_device_queues_nobody_is_waited_for() {
    let mut b = bench(true);
    b.settle();
    let mine = b.read(A, 0);
    assert_eq!(b.take(), Some(mine));
    let other = b.read(B, 1_000_000);
    assert_eq!(b.take(), Some(other)); // while A's is with the driver
    b.finish(mine);
    assert_eq!(b.timer, None);
}

#[test]
fn processes_that_begin_together_share_a_queue_where_the_device_queues() {
    let mut b = bench(true);
    b.read(A, 0);
    b.pass(Ns::from_ms(180));
    b.read(B, 1_000_000);
    assert_eq!(b.queue_of(A), b.queue_of(B));
    let mut b = bench(true);
    b.read(A, 0);
    b.pass(Ns::from_ms(181));
    b.read(B, 1_000_000);
    assert_ne!(b.queue_of(A), b.queue_of(B));
    let mut b = bench(false);
    b.read(A, 0);
    b.read(B, 1_000_000);
    assert_ne!(b.queue_of(A), b.queue_of(B));
}

#[test]
fn processes_that_are_close_come_to_share_a_queue_and_part_when_it_is_seeky() {
    let mut b = bench(false);
    b.read(A, 0);
    b.read(B, 1_000_000);
    assert_ne!(b.queue_of(A), b.queue_of(B));
    // B goes on close to where A is.
    b.read(B, 16);
    assert_eq!(b.queue_of(A), b.queue_of(B));
    assert_eq!(b.drain(), [0, 16, 1_000_000]);
    let shared = b.queue_of(A);
    b.bfq.queues[shared].seek_history = u32::MAX >> 4;
    b.read(A, 32);
    b.drain(); // its turn is over
    assert!(b.bfq.queues[shared].split_coop);
    b.read(A, 48);
    assert_ne!(b.queue_of(A), shared);
    assert_eq!(b.queue_of(B), shared);
    b.read(B, 64);
    assert!(!b.bfq.queues[shared].coop, "B is alone in it");
    b.drain();
    assert!(b.bfq.is_idle());
}

#[test]
fn a_bio_joins_requests_of_its_own_process_only() {
    let mut b = bench(false);
    b.settle();
    let mine = b.read(A, 1_000_000);
    let bio = Bio::new(DevId(0), Op::Read, Flags::default(), 1_000_008, 8, 1);
    b.bfq.begin_bio_merge(Some(A), true);
    assert!(b.bfq.allow_merge(&b.reqs, mine, &bio, b.now));
    b.bfq.begin_bio_merge(Some(B), true);
    assert!(!b.bfq.allow_merge(&b.reqs, mine, &bio, b.now));
    b.bfq.begin_bio_merge(None, true);
    assert!(!b.bfq.allow_merge(&b.reqs, mine, &bio, b.now));
    // In front of it, too.
    let front = Bio::new(DevId(0), Op::Read, Flags::default(), 999_992, 8, 1);
    b.bfq.begin_bio_merge(Some(A), true);
    assert_eq!(b.bfq.request_merge(&front), Some(mine));
    b.bfq.begin_bio_merge(Some(B), true);
    assert_eq!(b.bfq.request_merge(&front), None);
}

#[test]
fn asynchronous_requests_of_all_processes_share_a_queue_and_pay_threefold() {
    let mut b = bench(false);
    b.settle();
    let one = b.add(A, Op::Write, Flags::default(), 0, 8);
    let two = b.add(B, Op::Write, Flags::default(), 8, 8);
    assert_eq!(b.queue_with(one), b.queue_with(two));
    let q = b.queue_with(one);
    assert_eq!(b.bfq.serv_to_charge(&b.reqs, one, q), 24);
    let bio = Bio::new(DevId(0), Op::Write, Flags::default(), 16, 8, 1);
    b.bfq.begin_bio_merge(Some(A), false);
    assert!(b.bfq.allow_merge(&b.reqs, two, &bio, b.now));
    assert_eq!(b.sectors(), [0, 8]);
    assert_eq!((b.bfq.in_service, b.timer), (None, None));
}

#[test]
fn a_queue_that_comes_to_life_is_raised_and_goes_first() {
    let mut b = bench(false);
    b.settle();
    for n in 0..20 {
        b.read(A, 8 * n);
    }
    assert_eq!(b.serve(), Some((A, 0)));
    let new = TaskId(7);
    b.read(new, 2_000_000);
    let q = b.queue_of(new);
    assert_eq!(b.bfq.queues[q].entity.weight, 30 * 40);
    assert_eq!(b.serve(), Some((new, 2_000_000)));
}

#[test]
fn nine_queues_at_once_are_a_burst_and_not_raised() {
    let mut b = bench(false);
    let coeffs: Vec<u32> = (0..9)
        .map(|n| {
            b.read(TaskId(n), 100_000 * u64::from(n));
            b.bfq.queues[b.queue_of(TaskId(n))].wr.coeff
        })
        .collect();
    assert_eq!(coeffs, [30, 30, 30, 30, 30, 30, 30, 1, 1]);
}

#[test]
fn the_idle_class_waits_for_the_others_but_not_for_ever() {
    let mut b = bench(false);
    b.settle();
    let idle = TaskId(9);
    b.bfq.prepare(idle);
    for sector in [900_000, 900_008] {
        let mut r = Request::new(DevId(0), HctxId(0), 0, Op::Read, Flags::default(), b.now);
        (r.sector, r.sectors, r.icq, r.prio) = (sector, 8, Some(idle), IoPrio::Idle);
        let rq = b.reqs.alloc(r);
        b.bfq.init_request(&mut b.reqs, rq, b.now);
        b.bfq.insert(&mut b.reqs, rq, false, b.now);
    }
    for n in 0..400 {
        b.read(A, 8 * n);
    }
    let order = b.drain();
    let places = [900_000, 900_008].map(|s| order.iter().position(|&o| o == s).unwrap());
    // It had not been served for long; then A's turns of 124 ms end twice before
    // 200 ms are over.
    assert_eq!(places[0], 0);
    assert!((200..300).contains(&places[1]), "{places:?}");
}

#[test]
fn tags_are_kept_from_writes_and_from_who_has_too_many() {
    let mut b = bench(false);
    b.settle();
    let depths = |b: &Bench| {
        [(false, false), (true, false), (true, true)]
            .map(|(sync, read)| b.bfq.limit_depth(Some(A), sync, read))
    };
    assert_eq!(depths(&b), [Some(32), Some(48), None]);
    b.bfq.wr_busy_queues = 1;
    assert_eq!(depths(&b), [Some(12), Some(24), None]);
    b.bfq.wr_busy_queues = 0;
    for n in 0..128 {
        b.read(B, 1_000_000 + 16 * n);
        b.read(A, 16 * n);
    }
    assert_eq!(depths(&b)[2], Some(1));
}

#[test]
fn a_request_that_comes_back_goes_out_first() {
    let mut b = bench(false);
    b.settle();
    let one = b.read(A, 0);
    b.read(A, 8);
    assert_eq!(b.take(), Some(one));
    let wish = b.bfq.finish(&mut b.reqs, one, b.now);
    b.grant(wish);
    b.bfq.init_request(&mut b.reqs, one, b.now);
    b.bfq.insert(&mut b.reqs, one, true, b.now);
    assert_eq!(b.take(), Some(one));
    b.finish(one);
    assert_eq!(b.drain(), [8]);
    assert!(b.bfq.is_idle());
}

#[test]
fn of_two_merged_requests_the_earlier_place_stays() {
    let mut b = bench(false);
    b.settle();
    let later = b.read(A, 8);
    b.pass(Ns::from_ms(1));
    let earlier = b.read(A, 0);
    assert_eq!(b.bfq.queues[b.queue_of(A)].next_rq, Some(earlier));
    b.bfq.requests_merged(&mut b.reqs, earlier, later, b.now);
    let queue = &b.bfq.queues[b.queue_of(A)];
    assert_eq!(queue.fifo.head, Some(earlier));
    assert_eq!(queue.queued, [0, 1]);
    assert_eq!(b.reqs[earlier].fifo_time, b.reqs[later].fifo_time);
    b.finish(later);
    assert_eq!(b.sectors(), [0]);
}
