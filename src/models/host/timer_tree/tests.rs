use proptest::prelude::*;

use super::*;

impl TimerTree {
    /// How many timers there are.
    fn len(&self) -> usize {
        self.nodes.len() - self.unused.len()
    }

    /// Checks order and colours below `id`; the number of black ones on any way down.
    fn check(&self, id: Id, from: Ns, to: Ns) -> u32 {
        if id == NONE {
            return 0;
        }
        let n = self.at(id);
        assert!((from..=to).contains(&n.expires));
        for child in n.child.into_iter().filter(|c| *c != NONE) {
            assert_eq!(self.at(child).parent, id);
            assert!(!(n.red && self.at(child).red), "red below red");
        }
        let [left, right] = n.child;
        let black = self.check(left, from, n.expires);
        assert_eq!(black, self.check(right, n.expires, to), "uneven");
        black + u32::from(!n.red)
    }
}

/// What is done to a tree.
#[derive(Copy, Clone, Debug)]
enum Step {
    Add(u64),
    Cancel(usize),
    Expire,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..200_u64).prop_map(Step::Add),
        1 => any::<usize>().prop_map(Step::Cancel),
        2 => Just(Step::Expire),
    ]
}

proptest! {
    #[test]
    fn it_stays_even_and_in_order(steps in prop::collection::vec(step(), 0..300)) {
        let (mut tree, mut all) = (TimerTree::default(), Vec::new());
        for step in steps {
            match step {
                Step::Add(at) => {
                    tree.add(Ns(at));
                    all.push(Ns(at));
                }
                Step::Cancel(n) if !all.is_empty() => {
                    let at = all.swap_remove(n % all.len());
                    tree.cancel(at);
                }
                Step::Expire if !all.is_empty() => {
                    all.sort_unstable();
                    prop_assert!(tree.expire(all.remove(0)).is_some());
                }
                _ => {}
            }
            prop_assert_eq!(tree.first(), all.iter().min().copied());
            prop_assert_eq!(tree.len(), all.len());
            tree.check(tree.root, Ns::ZERO, Ns::NEVER);
        }
    }
}

/// Instructions to put in the timers of a batch of four, and to take them out, as
/// a kernel took them for hundreds of batches in a row: two batches at a time run,
/// beside the tick, fio's main and helper threads and two timers that are far off.
#[test]
fn its_code_is_as_long_as_the_kernels() {
    let mut tree = TimerTree::default();
    for far in [1_000_000_000, 1_000_000_001, 150_000_000] {
        tree.add(Ns(far));
    }
    tree.add(Ns(9_921_000)); // fio's main thread
    let mut next_tick = 400_000;
    tree.add(Ns(next_tick));
    let (mut now, mut found) = (0, Vec::new());
    let mut batches = std::collections::VecDeque::new();
    for _ in 0..2 {
        batches.push_back(now);
        for n in 0..4 {
            tree.add(Ns(now + 100_000 + n * 1_900));
        }
        now += 28_000;
    }
    while now < 20_000_000 {
        let ends = batches.pop_front().unwrap() + 100_000;
        if next_tick < ends {
            assert!(tree.expire(Ns(next_tick)).is_some());
            next_tick += 4_000_000;
            tree.add(Ns(next_tick));
        }
        let out: Vec<_> = (0..4)
            .map(|n| tree.expire(Ns(ends + n * 1_900)).unwrap())
            .collect();
        now = ends + 20_000;
        let put: Vec<_> = (0..4)
            .map(|n| tree.add(Ns(now + 100_000 + n * 1_900)))
            .collect();
        batches.push_back(now);
        found.push((out, put));
    }
    let traced = (vec![50, 89, 50, 85], vec![55, 88, 86, 97]);
    let often = found.iter().filter(|f| **f == traced).count();
    assert!(often > 20, "{often} of {}: {:?}", found.len(), found.last());
}
