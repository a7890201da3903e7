//! Parallel servers with one queue, first come, first served.

use super::time::Ns;

/// When each of a number of equal servers is free: all that first come, first
/// served needs to know of the past, so a customer costs no event while it
/// waits.
///
/// A binary min-heap; nothing is allocated after construction.
#[derive(Clone, Debug)]
pub struct Servers {
    free_at: Box<[Ns]>,
}

impl Servers {
    /// `count` servers, all free; with 0, nobody ever waits.
    pub fn new(count: usize) -> Self {
        Servers {
            free_at: vec![Ns::ZERO; count].into_boxed_slice(),
        }
    }

    /// A customer arrives at `now` and needs `service`. Gives when service
    /// begins. Customers are served in the order of the calls.
    #[inline]
    pub fn serve(&mut self, now: Ns, service: Ns) -> Ns {
        let Some(earliest) = self.free_at.first() else {
            return now;
        };
        let begin = now.max(*earliest);
        self.replace_earliest(begin.saturating_add(service));
        begin
    }

    /// When the first server is free; [`Ns::ZERO`] if nobody ever waits.
    pub fn earliest_free(&self) -> Ns {
        self.free_at.first().copied().unwrap_or_default()
    }

    /// Puts `time` in the place of the least entry and restores the heap.
    #[inline]
    fn replace_earliest(&mut self, time: Ns) {
        let heap = &mut self.free_at;
        let mut hole = 0;
        loop {
            let left = 2 * hole + 1;
            if left >= heap.len() {
                break;
            }
            let right = left + 1;
            let child = if right < heap.len() && heap[right] < heap[left] {
                right
            } else {
                left
            };
            if heap[child] >= time {
                break;
            }
            heap[hole] = heap[child];
            hole = child;
        }
        heap[hole] = time;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn without_servers_nobody_waits() {
        let mut s = Servers::new(0);
        assert_eq!(s.serve(Ns(5), Ns(100)), Ns(5));
        assert_eq!(s.serve(Ns(5), Ns(100)), Ns(5));
    }

    proptest! {
        /// Against a scan for the least entry.
        #[test]
        fn the_earliest_server_takes_the_next_customer(
            count in 1usize..9,
            customers in proptest::collection::vec((0u64..20, 0u64..100), 0..200),
        ) {
            let mut servers = Servers::new(count);
            let mut naive = vec![0u64; count];
            let mut now = 0;
            for (gap, service) in customers {
                now += gap;
                let least = naive.iter_mut().min().unwrap();
                let begin = now.max(*least);
                *least = begin + service;
                prop_assert_eq!(servers.serve(Ns(now), Ns(service)), Ns(begin));
                prop_assert_eq!(servers.earliest_free().0, *naive.iter().min().unwrap());
            }
        }
    }
}
