use super::*;
use crate::models::io::{DevId, Flags};

/// A scheduler of one hardware queue and two CPUs, and its requests.
struct Bench {
    kyber: Kyber,
    reqs: Reqs,
    next: u64,
}

const HCTX: HctxId = HctxId(3);

fn bench() -> Bench {
    Bench {
        kyber: Kyber::new(HCTX, 1, 2, 6),
        reqs: Reqs::default(),
        next: 0,
    }
}

impl Bench {
    fn add(&mut self, op: Op, cpu: u8, at_head: bool) -> ReqId {
        let mut r = Request::new(DevId(0), HCTX, cpu, op, Flags::default(), Ns::ZERO);
        r.sector = self.next;
        self.next += 8;
        let rq = self.reqs.alloc(r);
        self.kyber.insert(&mut self.reqs, rq, at_head);
        rq
    }
    fn take(&mut self) -> Option<ReqId> {
        self.kyber.dispatch(&mut self.reqs, HCTX)
    }
    /// What goes out, by operation.
    fn order(&mut self) -> String {
        let mut order = String::new();
        while let Some(rq) = self.take() {
            order.push(match self.reqs[rq].op {
                Op::Read => 'R',
                Op::Write => 'W',
                Op::Discard => 'D',
                Op::Flush => 'F',
                Op::DrvIn => 'N',
            });
        }
        order
    }
}

#[test]
fn domains_take_turns_in_batches() {
    let mut b = bench();
    for _ in 0..40 {
        b.add(Op::Write, 0, false);
    }
    for _ in 0..40 {
        b.add(Op::Read, 0, false);
    }
    for _ in 0..3 {
        b.add(Op::Discard, 0, false);
    }
    let (r, w) = ("R".repeat(16), "W".repeat(8));
    let expected = format!("{r}{w}D{r}{w}DRRRRRRRR{w}D{w}{w}");
    assert_eq!(b.order(), expected);
    assert!(!b.kyber.has_work(HCTX));
}

#[test]
fn a_batch_that_is_alone_begins_again() {
    let mut b = bench();
    for _ in 0..20 {
        b.add(Op::Write, 0, false);
    }
    assert_eq!(b.order().len(), 20);
}

#[test]
fn a_head_insertion_comes_behind_what_is_gathered_already() {
    let mut b = bench();
    let first = b.add(Op::Write, 0, false);
    let second = b.add(Op::Write, 0, false);
    assert_eq!(b.take(), Some(first)); // gathers both
    let third = b.add(Op::Write, 0, false);
    let head = b.add(Op::Write, 0, true);
    let rest: Vec<_> = std::iter::from_fn(|| b.take()).collect();
    assert_eq!(rest, [second, head, third]);
}

#[test]
fn cpus_are_gathered_in_order() {
    let mut b = bench();
    let late = b.add(Op::Read, 1, false);
    let early = b.add(Op::Read, 0, false);
    assert_eq!(b.take(), Some(early));
    assert_eq!(b.take(), Some(late));
}

#[test]
fn without_a_token_requests_stay_where_bios_can_join_them() {
    let mut b = bench();
    for _ in 0..128 {
        b.add(Op::Write, 0, false);
    }
    let out: Vec<_> = std::iter::from_fn(|| b.take()).collect();
    assert_eq!(out.len(), 128);
    let waiting = b.add(Op::Write, 0, false);
    assert_eq!(b.take(), None);
    assert!(b.kyber.has_work(HCTX));
    assert_eq!(b.kyber.kcq(HCTX, 0, Op::Write).head, Some(waiting));
    assert_eq!(b.kyber.kcq(HCTX, 1, Op::Write).head, None);
    // The queue is woken by every eighth token, once.
    let wakes: Vec<u32> = out[..16]
        .iter()
        .map(|&rq| b.kyber.finish(&b.reqs[rq]))
        .collect();
    assert_eq!(wakes.iter().position(|&n| n > 0), Some(7));
    assert_eq!(b.kyber.next_waiter(&b.reqs[out[0]]), Some(HCTX));
    assert_eq!(b.kyber.next_waiter(&b.reqs[out[0]]), None);
    assert_eq!(b.take(), Some(waiting));
    assert!(b.kyber.kcq(HCTX, 0, Op::Write).is_empty());
}

#[test]
fn reads_are_not_held_up_by_writes_without_tokens() {
    let mut b = bench();
    for _ in 0..200 {
        b.add(Op::Write, 0, false);
    }
    assert_eq!(b.order().len(), 128);
    b.add(Op::Read, 0, false);
    assert_eq!(b.order(), "R");
}

#[test]
fn the_timer_resizes_domains() {
    let mut b = bench();
    let mut rq = Request::new(DevId(0), HCTX, 0, Op::Read, Flags::default(), Ns::ZERO);
    assert!(b.kyber.completed(&rq, Ns::from_ms(5)));
    for _ in 1..500 {
        assert!(!b.kyber.completed(&rq, Ns::from_ms(5)));
    }
    rq.op = Op::Write;
    for _ in 0..500 {
        b.kyber.completed(&rq, Ns::from_ms(5));
    }
    rq.op = Op::Flush;
    b.kyber.completed(&rq, Ns::from_ms(5));
    b.kyber.timer_fired(Ns::from_ms(100));
    // Reads are beyond their target, and at most as deep as ever; writes take
    // half of theirs.
    let depths = b.kyber.tokens.each_ref().map(Tags::depth);
    assert_eq!(depths, [256, 64, 64, 16]);
}

#[test]
fn one_in_four_tags_is_for_those_whom_somebody_waits_for() {
    let b = bench();
    assert_eq!(b.kyber.limit_depth(false), Some(48));
    assert_eq!(b.kyber.limit_depth(true), None);
    assert_eq!([0, 1, 2, 5].map(async_depth), [0, 1, 3, 24]);
    // A map of a bit a word does not know how to hide a fourth.
    assert_eq!(Kyber::new(HCTX, 1, 1, 0).limit_depth(false), None);
}
