//! What waits in the computer: bytes that a multipath device was given and no
//! path's driver has yet, wherever they are held in between.

use crate::models::fault::ActionKind;
use crate::observe::in_driver::InDriver;
use crate::sim::Ns;

/// How much waits, and whose peaks are kept.
#[derive(Clone, Debug, Default)]
pub struct Backlog {
    /// Sectors that wait now.
    pub level: i64,
    /// The most that waited before the first event of the timeline.
    pub normal: i64,
    /// What drivers have.
    pub(super) drivers: InDriver,
    begun: bool,
    /// How many bios the multipath devices were given, and their sectors.
    given: (u64, u64),
    /// The mark of the last event that broke something, and of the last that
    /// repaired something.
    current: [Option<usize>; 2],
}

/// The queue that an event has left behind.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Peak {
    /// Most sectors that waited.
    pub sectors: i64,
    /// Until when that many did.
    pub until: Ns,
    /// Since when no more wait than before the first event of the timeline.
    pub drained: Option<Ns>,
}

impl Backlog {
    /// An event of the timeline comes at `at`: its peak is kept as that of
    /// number `mark`.
    pub fn begin(&mut self, kind: ActionKind, mark: usize, at: Ns) -> Peak {
        self.begun = true;
        match kind {
            ActionKind::Breaks => self.current = [Some(mark), None],
            ActionKind::Repairs => self.current[1] = Some(mark),
            ActionKind::Neither => {}
        }
        Peak {
            sectors: self.level,
            until: at,
            drained: None,
        }
    }

    /// A multipath device is given a bio.
    #[inline]
    pub fn count(&mut self, sectors: u32) {
        self.given.0 += 1;
        self.given.1 += u64::from(sectors);
    }
    /// Mean size of these bios, sectors; 0 if there are none.
    pub fn mean(&self) -> f64 {
        self.given.1 as f64 / self.given.0.max(1) as f64
    }

    /// So many sectors more wait, or less; the marks whose peaks this concerns.
    #[inline]
    pub fn add(&mut self, sectors: i64) -> [Option<usize>; 2] {
        self.level += sectors;
        if !self.begun {
            self.normal = self.normal.max(self.level);
        }
        self.current
    }
}

impl Peak {
    /// This one, where the queue goes on as that of another event, which has
    /// `later`.
    pub fn and_then(self, later: Peak) -> Peak {
        if later.sectors >= self.sectors {
            return later;
        }
        Peak {
            drained: self.drained.or(later.drained),
            ..self
        }
    }

    /// The level was `before` and is `now`.
    #[inline]
    pub fn update(&mut self, at: Ns, before: i64, now: i64, normal: i64) {
        if before == self.sectors || now >= self.sectors {
            self.until = at;
        }
        if now >= self.sectors {
            (self.sectors, self.drained) = (now, None);
        } else if self.drained.is_none() && now <= normal {
            self.drained = Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_builds_up_stands_and_drains() {
        let mut b = Backlog::default();
        let mut peak = Peak::default();
        let mut step = |ms, by, b: &mut Backlog| {
            let before = b.level;
            b.add(by);
            peak.update(Ns::from_ms(ms), before, b.level, b.normal);
            peak
        };
        b.add(8);
        b.add(-8);
        b.begin(ActionKind::Breaks, 0, Ns::from_ms(1));
        step(2, 24, &mut b);
        step(3, 8, &mut b);
        assert_eq!(step(50, -8, &mut b).until, Ns::from_ms(50));
        step(51, -8, &mut b);
        let peak = step(52, -8, &mut b);
        let want = Peak {
            sectors: 32,
            until: Ns::from_ms(50),
            drained: Some(Ns::from_ms(52)),
        };
        assert_eq!((peak, b.normal), (want, 8));
    }
}
