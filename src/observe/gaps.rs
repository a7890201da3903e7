//! Times without a completion: how long the application, and each of its
//! threads, went without one.

use super::series::Series;
use crate::sim::Ns;
use crate::sim::stats::LatencyStats;

/// A time without success that is shorter is not listed by its place.
pub const LISTED: Ns = Ns::from_ms(20);
/// Width of the bins in which completions are counted.
const BIN: Ns = Ns::from_ms(10);
/// The most gaps of a thread that are listed: the longest ones.
const MAX_LISTED: usize = 1024;

/// What keeps track of them.
#[derive(Clone, Debug)]
pub struct Gaps {
    /// The first success of the application, where its bins begin.
    pub first: Option<Ns>,
    /// Completions over time since then; bins of 10 ms, wider in a long run.
    pub series: Series,
    /// The longest time between two successes of the application, whether it
    /// had an I/O in flight or not.
    pub longest: Ns,
    /// The application as a whole.
    pub application: ThreadGaps,
    /// Each thread, by its number.
    pub threads: Vec<ThreadGaps>,
    /// The first event of the timeline; never, if there is none.
    pub first_event: Ns,
    /// The gaps of the application that ended before it, short ones too.
    pub before: LatencyStats,
    last: Ns,
}

/// The times a thread waited for a success: each begins with its last one, or
/// with its next I/O if it had none in flight then, and ends with the next. An
/// I/O that fails does not end it.
#[derive(Clone, Debug, Default)]
pub struct ThreadGaps {
    /// All of them.
    pub all: LatencyStats,
    /// Those of [`LISTED`] or longer.
    pub long: LatencyStats,
    /// Begin and end of those of [`LISTED`] or longer, in order of time; of more
    /// than twice 1024, the 1024 longest.
    pub listed: Vec<(Ns, Ns)>,
    in_flight: u32,
    since: Option<Ns>,
    /// When an I/O last failed.
    failed: Ns,
}

impl Default for Gaps {
    fn default() -> Self {
        Gaps {
            first: None,
            series: Series::new(BIN),
            longest: Ns::ZERO,
            application: ThreadGaps::default(),
            threads: Vec::new(),
            first_event: Ns::NEVER,
            before: LatencyStats::default(),
            last: Ns::ZERO,
        }
    }
}

impl Gaps {
    /// An I/O of `thread` begins.
    #[inline]
    pub fn io_begun(&mut self, at: Ns, thread: u16) {
        self.application.io_begun(at);
        self.thread(thread).io_begun(at);
    }
    /// An I/O of `thread` has ended.
    #[inline]
    pub fn io_done(&mut self, at: Ns, thread: u16, bytes: u32, errno: i32) {
        if at >= self.first_event {
            self.first_event = Ns::NEVER;
            self.before.clone_from(&self.application.all);
        }
        self.application.io_done(at, errno);
        self.thread(thread).io_done(at, errno);
        if errno == 0 {
            if self.first.is_some() {
                self.longest = self.longest.max(at.saturating_sub(self.last));
            }
            self.first.get_or_insert(at);
            self.last = at;
        }
        if let Some(first) = self.first {
            self.series.io_done(at.saturating_sub(first), bytes, errno);
        }
    }
    fn thread(&mut self, thread: u16) -> &mut ThreadGaps {
        let i = usize::from(thread);
        if i >= self.threads.len() {
            self.threads.resize_with(i + 1, ThreadGaps::default);
        }
        &mut self.threads[i]
    }
}

impl ThreadGaps {
    /// The gap that no success has ended, if there is one: since when, and
    /// until when at least; [`Ns::NEVER`] if an I/O is in flight.
    pub fn open(&self) -> Option<(Ns, Ns)> {
        let until = match self.in_flight {
            0 => self.failed,
            _ => Ns::NEVER,
        };
        self.since
            .map(|since| (since, until))
            .filter(|(since, until)| until.saturating_sub(*since) >= LISTED)
    }
    fn list(&mut self, gap: (Ns, Ns)) {
        self.listed.push(gap);
        if self.listed.len() > 2 * MAX_LISTED {
            let listed = &mut self.listed;
            listed.sort_by_key(|(since, at)| std::cmp::Reverse(at.saturating_sub(*since)));
            listed.truncate(MAX_LISTED);
            listed.sort_unstable();
        }
    }
    fn io_begun(&mut self, at: Ns) {
        self.in_flight += 1;
        self.since.get_or_insert(at);
    }
    fn io_done(&mut self, at: Ns, errno: i32) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if errno != 0 {
            self.failed = at;
            return;
        }
        let next = (self.in_flight > 0).then_some(at);
        if let Some(since) = std::mem::replace(&mut self.since, next) {
            let span = at.saturating_sub(since);
            self.all.record(span);
            if span >= LISTED {
                self.long.record(span);
                self.list((since, at));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn gaps(events: &[(u64, i32)]) -> Gaps {
        let mut g = Gaps::default();
        for &(ms, errno) in events {
            match errno {
                -1 => g.io_begun(Ns(ms * MS), 0),
                _ => g.io_done(Ns(ms * MS), 0, 512, errno),
            }
        }
        g
    }

    #[test]
    fn idle_is_no_gap_but_the_application_went_without() {
        let g = gaps(&[(0, -1), (4, 0), (504, -1), (508, 0)]);
        assert!(g.threads[0].listed.is_empty());
        assert_eq!(g.threads[0].all.max(), 4 * MS);
        assert_eq!(g.longest, Ns::from_ms(504));
        assert_eq!(g.series.bins.len(), 51);
        assert_eq!((g.series.bins[0].ios, g.series.bins[50].ios), (1, 1));
    }

    #[test]
    fn an_error_does_not_end_a_gap() {
        let g = gaps(&[
            (0, -1),
            (4, 0),
            (5, -1),
            (6, 5),
            (90, -1),
            (91, 5),
            (92, -1),
            (96, 0),
        ]);
        assert_eq!(g.threads[0].listed, [(Ns::from_ms(5), Ns::from_ms(96))]);
        assert_eq!(g.longest, Ns::from_ms(92));
    }

    #[test]
    fn with_io_in_flight_a_gap_begins_with_the_last_success() {
        let g = gaps(&[(0, -1), (0, -1), (4, 0), (200, 0)]);
        assert_eq!(g.threads[0].listed, [(Ns::from_ms(4), Ns::from_ms(200))]);
        assert_eq!(g.threads[0].all.count(), 2);
    }

    #[test]
    fn of_too_many_gaps_the_longest_are_listed() {
        let mut g = ThreadGaps::default();
        let mut at = Ns::ZERO;
        for n in 0..5000 {
            let long = if n == 4500 { 500 } else { 20 + n % 7 };
            g.io_begun(at);
            at += Ns::from_ms(long);
            g.io_done(at, 0);
        }
        assert!(g.listed.len() <= 2 * MAX_LISTED && g.long.count() == 5000);
        assert!(g.listed.is_sorted());
        let longest = g.listed.iter().map(|(from, to)| *to - *from).max();
        assert_eq!(longest, Some(Ns::from_ms(500)));
    }

    #[test]
    fn what_was_usual_is_what_ended_before_the_first_event() {
        let mut g = Gaps {
            first_event: Ns::from_ms(50),
            ..Gaps::default()
        };
        for ms in [0, 30, 60, 90] {
            g.io_begun(Ns::from_ms(ms), 0);
            g.io_done(Ns::from_ms(ms + 5 + ms / 10), 0, 512, 0);
        }
        assert_eq!((g.before.count(), g.before.max()), (2, 8 * MS));
    }

    #[test]
    fn nothing_is_counted_before_the_first_success() {
        let g = gaps(&[(0, -1), (3, 5), (7, -1), (11, 0), (12, -1), (13, 5)]);
        assert_eq!(g.first, Some(Ns::from_ms(11)));
        assert_eq!((g.series.bins[0].ios, g.series.bins[0].errors), (1, 1));
        assert_eq!(g.longest, Ns::ZERO);
        assert_eq!(g.threads[0].all.max(), 11 * MS);
    }
}
