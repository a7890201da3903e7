//! What became of the first bios of a run, from its first events.

use crate::plot::kinds::run_parts::PathDevice;
use crate::plot::result::Event;

/// What became of a bio.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bio {
    /// Its number in order of submission.
    pub number: usize,
    /// Submitted (Q).
    pub queued: u64,
    pub sector: u64,
    pub sectors: u64,
    /// Joined a request that was there (M, F).
    pub merged: bool,
    /// Got a request of its own (G), and was given to a queue of requests (I).
    pub got: Option<u64>,
    pub inserted: Option<u64>,
    /// The request it belongs to, by number.
    pub request: Option<usize>,
    /// The path that took it.
    pub path: Option<usize>,
    /// Given to the driver (D), and complete there (C).
    pub issued: Option<u64>,
    pub done: Option<u64>,
}

impl Bio {
    fn overlaps(&self, event: &Event) -> bool {
        self.sector < event.sector + event.sectors && event.sector < self.sector + self.sectors
    }
    /// When it got a request and was queued, if that was later than its submission
    /// and before the driver had it.
    pub fn later(&self) -> impl Iterator<Item = u64> {
        let between = |at: &u64| *at > self.queued && self.issued.is_none_or(|d| *at < d);
        [self.got, self.inserted]
            .into_iter()
            .flatten()
            .filter(between)
    }
}

/// The first bios of a run, from its first events.
pub fn bios(
    events: &[&Event],
    devices: &[PathDevice],
    ours: impl Fn(&str) -> bool,
    most: usize,
) -> Vec<Bio> {
    let top = events.iter().find(|event| event.action == 'Q');
    let Some(top) = top.map(|event| event.device.as_str()) else {
        return Vec::new();
    };
    let mut followed = Followed::default();
    for event in events {
        let is_path = |device: &PathDevice| device.name == event.device && ours(&device.name);
        match (event.action, devices.iter().position(is_path)) {
            ('Q', _) if event.device == top && event.sectors > 0 => followed.submit(event, most),
            ('G' | 'I' | 'M' | 'F', _) => followed.queue(event),
            ('D', Some(path)) => followed.issue(event, path),
            ('C' | 'R', Some(path)) => followed.finish(event, path),
            _ => {}
        }
    }
    let mut bios = followed.bios;
    // The events end somewhere: what was on its way then tells nothing.
    let (first, last) = (events.first(), events.last());
    let (begin, end) = (first.map_or(0, |e| e.at_ns), last.map_or(0, |e| e.at_ns));
    let late = begin + (end - begin) / 10 * 8;
    bios.retain(|bio| bio.done.is_some() || begin == end || bio.queued < late);
    bios
}

/// Bios as the events tell of them.
#[derive(Default)]
struct Followed {
    bios: Vec<Bio>,
    /// Requests that drivers were given.
    requests: usize,
}

impl Followed {
    /// Q: only the first `most` are followed.
    fn submit(&mut self, event: &Event, most: usize) {
        let number = self.bios.len();
        if number < most {
            self.bios.push(Bio {
                number,
                queued: event.at_ns,
                sector: event.sector,
                sectors: event.sectors,
                ..Bio::default()
            });
        }
    }
    /// G, I, M or F: of the last bio there that no driver has.
    fn queue(&mut self, event: &Event) {
        let same = |bio: &&mut Bio| bio.sector == event.sector && bio.issued.is_none();
        let Some(bio) = self.bios.iter_mut().rev().find(same) else {
            return;
        };
        match event.action {
            'G' => _ = bio.got.get_or_insert(event.at_ns),
            'I' => _ = bio.inserted.get_or_insert(event.at_ns),
            _ => bio.merged = true,
        }
    }
    /// D: all that wait within its sectors are in this request.
    fn issue(&mut self, event: &Event, path: usize) {
        let waits = |bio: &&mut Bio| bio.issued.is_none() && bio.overlaps(event);
        for bio in self.bios.iter_mut().filter(waits) {
            bio.issued = Some(event.at_ns);
            bio.path = Some(path);
            bio.request = Some(self.requests);
        }
        self.requests += 1;
    }
    /// C, or R: it is done, or waits again.
    fn finish(&mut self, event: &Event, path: usize) {
        let has =
            |bio: &&mut Bio| bio.path == Some(path) && bio.done.is_none() && bio.overlaps(event);
        for bio in self.bios.iter_mut().filter(has) {
            if event.action == 'C' {
                bio.done = Some(event.at_ns);
            } else {
                (bio.issued, bio.path, bio.request) = (None, None, None);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::theme::Ink;

    fn event(at_ns: u64, device: &str, action: char, sector: u64, sectors: u64) -> Event {
        Event {
            mode: "request".into(),
            at_ns,
            device: device.into(),
            action,
            sector,
            sectors,
        }
    }

    fn devices() -> [PathDevice; 2] {
        [(0, "sda"), (1, "sdb")].map(|(i, name)| PathDevice {
            name: name.into(),
            ink: Ink::Path(i),
        })
    }

    #[test]
    fn bios_are_followed_into_their_request_and_path() {
        let events = [
            event(0, "dm-0", 'Q', 0, 8),
            event(0, "dm-0", 'G', 0, 8),
            event(1, "dm-0", 'Q', 8, 8),
            event(1, "dm-0", 'M', 8, 8),
            event(2, "dm-0", 'D', 0, 16),
            event(2, "sdb", 'D', 0, 16),
            event(9, "sdb", 'C', 0, 16),
        ];
        let events: Vec<&Event> = events.iter().collect();
        let bios = bios(&events, &devices(), |_| true, 10);
        assert_eq!(bios.len(), 2);
        assert!(
            bios.iter()
                .all(|bio| bio.path == Some(1) && bio.request == Some(0))
        );
        assert!(
            bios.iter()
                .all(|bio| bio.issued == Some(2) && bio.done == Some(9))
        );
        assert_eq!((bios[0].merged, bios[1].merged), (false, true));
    }

    /// All events may be at one time: that is no reason to leave all bios out.
    #[test]
    fn bios_of_one_moment_are_shown() {
        let events: Vec<Event> = (0..8).map(|n| event(0, "dm-0", 'Q', 8 * n, 8)).collect();
        let events: Vec<&Event> = events.iter().collect();
        assert_eq!(bios(&events, &[], |_| true, 10).len(), 8);
    }

    /// Sectors of another map are other sectors.
    #[test]
    fn paths_of_other_maps_are_left_out() {
        let events = [
            event(0, "dm-0", 'Q', 0, 8),
            event(1, "sdb", 'D', 0, 8),
            event(2, "sda", 'D', 0, 8),
            event(9, "sda", 'C', 0, 8),
        ];
        let events: Vec<&Event> = events.iter().collect();
        let found = bios(&events, &devices(), |name| name != "sdb", 10);
        assert_eq!((found[0].path, found[0].issued), (Some(0), Some(2)));
    }
}
