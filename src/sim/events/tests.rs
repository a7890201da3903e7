use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn drain(mut q: EventQueue<u32>) -> Vec<(u64, u32)> {
    std::iter::from_fn(|| q.pop())
        .map(|(t, e)| (t.0, e))
        .collect()
}

#[test]
fn equal_times_come_out_in_order_of_insertion() {
    let mut q = EventQueue::default();
    for i in 0..100u32 {
        q.push(Ns(u64::from(i % 3)), i);
    }
    let mut want: Vec<_> = (0..100u32).map(|i| (u64::from(i % 3), i)).collect();
    want.sort();
    assert_eq!(drain(q), want);
}

#[test]
fn shuffled_ties_are_a_permutation_that_the_seed_decides() {
    let order = |seed| {
        let mut q = EventQueue::with_shuffled_ties(seed);
        (0..50u32).for_each(|i| q.push(Ns(u64::from(i / 10)), i));
        drain(q)
    };
    let mut one = order(1);
    assert_eq!(one, order(1));
    assert_ne!(one, order(2));
    assert!(one.is_sorted_by_key(|e| e.0));
    let fifo: Vec<_> = (0..50u32).map(|i| (u64::from(i / 10), i)).collect();
    assert_ne!(one, fifo);
    one.sort();
    assert_eq!(one, fifo);
}

/// Each of the 24 orders of four events must come up about equally often.
#[test]
fn shuffled_ties_are_fair() {
    let mut seen = BTreeMap::new();
    for seed in 0..24_000 {
        let mut q = EventQueue::with_shuffled_ties(seed);
        (0..4u32).for_each(|i| q.push(Ns(5), i));
        *seen.entry(drain(q)).or_insert(0u32) += 1;
    }
    assert_eq!(seen.len(), 24);
    let chi2: f64 = seen
        .values()
        .map(|&n| (f64::from(n) - 1000.0).powi(2) / 1000.0)
        .sum();
    // 23 degrees of freedom: 99.9 % below 49.7.
    assert!(chi2 < 49.7, "{chi2}");
}

#[test]
fn the_end_of_time_is_a_time() {
    let mut q = EventQueue::default();
    q.push(Ns::NEVER, 1u32);
    q.push(Ns(0), 2);
    assert_eq!(drain(q), [(0, 2), (u64::MAX, 1)]);
}

/// What is done with a queue.
#[derive(Clone, Debug)]
enum Step {
    /// Push at the last popped time plus this.
    PushIn(u64),
    /// Push at this time, be it past or not.
    PushAt(u64),
    Pop,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0u64..4).prop_map(Step::PushIn),
        3 => Just(Step::PushIn(1000)),
        2 => (0u64..5000).prop_map(Step::PushIn),
        1 => (0u64..1 << 28).prop_map(Step::PushIn),
        1 => (0u64..5000).prop_map(Step::PushAt),
        7 => Just(Step::Pop),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// The order is that of a sorted map of (time, number of insertion).
    #[test]
    fn the_order_is_that_of_a_sorted_map(
        steps in proptest::collection::vec(step(), 0..400),
    ) {
        let mut q = EventQueue::default();
        let mut model = BTreeMap::new();
        let mut now = 0;
        for (i, step) in steps.into_iter().enumerate() {
            let i = i as u32;
            match step {
                Step::PushIn(delay) => {
                    q.push(Ns(now + delay), i);
                    model.insert((now + delay, i), ());
                }
                Step::PushAt(time) => {
                    q.push(Ns(time), i);
                    model.insert((time, i), ());
                }
                Step::Pop => {
                    let want = model.pop_first().map(|(k, ())| k);
                    prop_assert_eq!(q.pop().map(|(t, e)| (t.0, e)), want);
                    now = want.map_or(now, |(t, _)| t);
                }
            }
            let next = model.first_key_value().map_or(Ns::NEVER, |(k, ())| Ns(k.0));
            prop_assert_eq!(q.peek_time(), next);
            prop_assert_eq!(q.len(), model.len());
            prop_assert_eq!(q.is_empty(), model.is_empty());
        }
        let rest: Vec<_> = model.into_keys().collect();
        prop_assert_eq!(drain(q), rest);
    }

    /// Shuffled, times still rise and nothing is lost.
    #[test]
    fn shuffled_queues_keep_time_and_events(
        seed: u64,
        steps in proptest::collection::vec(step(), 0..200),
    ) {
        let mut q = EventQueue::with_shuffled_ties(seed);
        let (mut now, mut in_queue) = (0, BTreeMap::new());
        for (i, step) in steps.into_iter().enumerate() {
            match step {
                Step::PushIn(d) | Step::PushAt(d) => {
                    q.push(Ns(now + d), i);
                    in_queue.insert(i, now + d);
                }
                Step::Pop => if let Some((t, e)) = q.pop() {
                    prop_assert!(t.0 >= now);
                    prop_assert_eq!(Some(&t.0), in_queue.values().min());
                    prop_assert_eq!(in_queue.remove(&e), Some(t.0));
                    now = t.0;
                },
            }
        }
        prop_assert_eq!(q.len(), in_queue.len());
    }
}
