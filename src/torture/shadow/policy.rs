//! What the selectors are to choose.

use std::cmp::Ordering;
use std::collections::VecDeque;

/// A selector's rule, and the paths it has to choose from, in its order.
#[derive(Clone, Debug)]
pub struct Policy {
    rule: Rule,
    order: VecDeque<usize>,
    /// `relative_throughput` of each path of the group, by place.
    throughput: Vec<u64>,
    paths: Vec<usize>,
}

/// A selector's rule.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Rule {
    /// Each in turn.
    Turn,
    /// Fewest I/Os in flight.
    Shortest,
    /// Soonest done.
    Soonest,
    /// Not followed.
    Open,
}

impl Policy {
    /// The rule of `selector` over `paths`, whose words of the table are
    /// `words`.
    pub fn new(selector: &str, paths: Vec<usize>, words: Vec<String>) -> Self {
        let throughput = |words: &String| {
            let second = words.split_whitespace().nth(1);
            second.and_then(|w| w.parse().ok()).unwrap_or(1)
        };
        Policy {
            rule: match selector {
                "round-robin" => Rule::Turn,
                "queue-length" => Rule::Shortest,
                "service-time" => Rule::Soonest,
                _ => Rule::Open,
            },
            order: paths.iter().copied().collect(),
            throughput: words.iter().map(throughput).collect(),
            paths,
        }
    }

    /// `path` is not to be had any longer.
    pub fn failed(&mut self, path: usize) {
        self.order.retain(|&p| p != path);
    }

    /// `path` is to be had again: with round-robin its turn is next, else it
    /// comes last.
    pub fn reinstated(&mut self, path: usize) {
        self.failed(path);
        match self.rule {
            Rule::Turn => self.order.push_front(path),
            _ => self.order.push_back(path),
        }
    }

    /// The path that is due for an I/O of so many bytes, `load` being the I/Os
    /// and bytes in flight of a path; none if the rule is not followed. The
    /// chosen path goes to the end.
    pub fn choose(&mut self, bytes: u32, load: impl Fn(usize) -> (i64, i64)) -> Option<usize> {
        let better = |a: usize, b: usize| match self.rule {
            Rule::Turn | Rule::Open => false,
            Rule::Shortest => load(a).0 < load(b).0,
            Rule::Soonest => {
                let (a, b) = (self.soon(a, &load), self.soon(b, &load));
                soonest(a, b, u64::from(bytes)) == Ordering::Less
            }
        };
        if self.rule == Rule::Open {
            return None;
        }
        let mut order = self.order.iter().copied();
        let first = order.next()?;
        let best = order.fold(
            first,
            |best, path| {
                if better(path, best) { path } else { best }
            },
        );
        self.failed(best);
        self.order.push_back(best);
        Some(best)
    }

    /// Bytes in flight and throughput of `path`.
    fn soon(&self, path: usize, load: impl Fn(usize) -> (i64, i64)) -> (u64, u64) {
        let at = self.paths.iter().position(|&p| p == path);
        let throughput = at.and_then(|at| self.throughput.get(at)).copied();
        (load(path).1.max(0) as u64, throughput.unwrap_or(1))
    }
}

/// Which of two paths would be done sooner with so many bytes more; a path of
/// throughput 0 is for when no other is left.
fn soonest(a: (u64, u64), b: (u64, u64), bytes: u64) -> Ordering {
    if a.1 == b.1 {
        return a.0.cmp(&b.0);
    }
    if a.0 == b.0 || a.1 == 0 || b.1 == 0 {
        return b.1.cmp(&a.1);
    }
    let time = |(own, _): (u64, u64), other: u64| (own + bytes) * other;
    time(a, b.1).cmp(&time(b, a.1)).then(b.1.cmp(&a.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(selector: &str, words: &str) -> Policy {
        let words = vec![words.to_owned(), "1 1".into(), "1 1".into()];
        Policy::new(selector, vec![0, 1, 2], words)
    }

    #[test]
    fn each_in_turn_and_who_comes_back_is_next() {
        let mut p = policy("round-robin", "1");
        let next = |p: &mut Policy| p.choose(0, |_| (0, 0)).unwrap();
        assert_eq!([next(&mut p), next(&mut p)], [0, 1]);
        p.failed(2);
        p.reinstated(2);
        assert_eq!([next(&mut p), next(&mut p), next(&mut p)], [2, 0, 1]);
        p.failed(0);
        p.failed(2);
        assert_eq!([next(&mut p), next(&mut p)], [1, 1]);
    }

    #[test]
    fn a_path_of_no_throughput_is_the_last_choice() {
        let mut p = policy("service-time", "1 0");
        assert_eq!(p.choose(4096, |n| (0, 4096 * n as i64)), Some(1));
        assert_eq!(p.choose(4096, |_| (9, 99)), Some(2));
    }

    #[test]
    fn fewest_in_flight() {
        let mut p = policy("queue-length", "1");
        assert_eq!(p.choose(0, |n| ([3, 1, 1][n], 0)), Some(1));
        assert_eq!(p.choose(0, |n| ([3, 1, 1][n], 0)), Some(2));
        assert_eq!(policy("nvme-numa", "").choose(0, |_| (0, 0)), None);
    }
}
