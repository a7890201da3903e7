//! One server whose time is given away ahead.

use std::collections::VecDeque;

use super::time::Ns;

/// A server that customers book when they set out, for when they will arrive.
///
/// [`Servers`](super::servers::Servers) serves in the order of the calls, which
/// is right where customers come at once. Where they come from elsewhere, one
/// that is told of later may be there earlier: it gets the first gap that is
/// long enough. Gaps too short for anybody stay idle; while the server is
/// behind with its work there are none.
///
/// Nothing is allocated in a steady state.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    /// When it is booked, `[from, until)`, in order and not touching.
    booked: VecDeque<(Ns, Ns)>,
}

impl Calendar {
    /// Books `service` for a customer that arrives at `at`, and gives when it
    /// begins. The clock stands at `now`, which never goes back; nobody
    /// arrives before it. Who needs no service does not wait.
    #[inline]
    pub fn book(&mut self, now: Ns, at: Ns, service: Ns) -> Ns {
        while self.booked.front().is_some_and(|&(_, until)| until <= now) {
            self.booked.pop_front();
        }
        if service == Ns::ZERO {
            return at;
        }
        match self.booked.back_mut() {
            Some((_, until)) if *until > at => self.book_in_gap(at, service),
            Some((_, until)) if *until == at => {
                *until = at.saturating_add(service);
                at
            }
            _ => {
                self.booked.push_back((at, at.saturating_add(service)));
                at
            }
        }
    }

    /// When a customer that arrives at `at` and needs `service` would begin.
    pub fn earliest(&self, at: Ns, service: Ns) -> Ns {
        self.gap(at, service).0
    }

    /// The first gap for `service` from `at` on: when it is used, and the place
    /// of the booking behind it.
    fn gap(&self, at: Ns, service: Ns) -> (Ns, usize) {
        let first = self.booked.partition_point(|&(_, until)| until <= at);
        let mut begin = at;
        for (n, &(from, until)) in self.booked.iter().enumerate().skip(first) {
            if begin.saturating_add(service) <= from {
                return (begin, n);
            }
            begin = until;
        }
        (begin, self.booked.len())
    }

    fn book_in_gap(&mut self, at: Ns, service: Ns) -> Ns {
        let (begin, n) = self.gap(at, service);
        let end = begin.saturating_add(service);
        let joins_next = self.booked.get(n).is_some_and(|&(from, _)| from == end);
        let before = n.checked_sub(1);
        let joins_last =
            before.is_some_and(|b| self.booked.get(b).is_some_and(|&(_, until)| until == begin));
        match (joins_last, joins_next) {
            (true, true) => {
                let until = self.booked.remove(n).map_or(end, |(_, until)| until);
                if let Some(last) = self.booked.get_mut(n - 1) {
                    last.1 = until;
                }
            }
            (true, false) => {
                if let Some(last) = self.booked.get_mut(n - 1) {
                    last.1 = end;
                }
            }
            (false, true) => {
                if let Some(next) = self.booked.get_mut(n) {
                    next.0 = begin;
                }
            }
            (false, false) => self.booked.insert(n, (begin, end)),
        }
        begin
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::servers::Servers;
    use proptest::prelude::*;

    #[test]
    fn whoever_is_there_first_takes_the_gap() {
        let mut c = Calendar::default();
        assert_eq!(c.book(Ns(0), Ns(100), Ns(10)), Ns(100));
        assert_eq!(c.book(Ns(0), Ns(0), Ns(50)), Ns(0));
        assert_eq!(c.book(Ns(0), Ns(0), Ns(50)), Ns(50));
        assert_eq!(c.book(Ns(0), Ns(0), Ns(1)), Ns(110));
        assert_eq!(c.book(Ns(0), Ns(7), Ns(0)), Ns(7));
        assert_eq!(c.booked, [(Ns(0), Ns(111))]);
    }

    proptest! {
        /// Customers that are announced on arrival: first come, first served.
        #[test]
        fn without_announcement_it_is_one_server(
            customers in proptest::collection::vec((0u64..20, 1u64..30), 0..200),
        ) {
            let (mut calendar, mut server) = (Calendar::default(), Servers::new(1));
            let mut now = Ns::ZERO;
            for (gap, service) in customers {
                now += Ns(gap);
                let begin = server.serve(now, Ns(service));
                prop_assert_eq!(calendar.earliest(now, Ns(service)), begin);
                prop_assert_eq!(calendar.book(now, now, Ns(service)), begin);
            }
        }

        /// Bookings never overlap, never begin early, and each takes the first
        /// gap that there is.
        #[test]
        fn bookings_take_the_first_gap(
            customers in proptest::collection::vec((0u64..9, 0u64..60, 1u64..9), 0..120),
        ) {
            let mut calendar = Calendar::default();
            let mut busy = vec![false; 4000];
            let mut now = 0;
            for (gap, ahead, service) in customers {
                now += gap;
                let at = now + ahead;
                let free = |t: u64| !busy[t as usize..(t + service) as usize].contains(&true);
                let expected = (at..).find(|&t| free(t)).unwrap();
                prop_assert_eq!(calendar.book(Ns(now), Ns(at), Ns(service)), Ns(expected));
                busy[expected as usize..(expected + service) as usize].fill(true);
            }
        }
    }
}
