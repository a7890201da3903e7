//! `trace`: the same events in the same order at each device; when they happen
//! is not compared.

use std::collections::BTreeSet;
use std::fmt;

use super::figure::{Figure, Tolerance};
use crate::formats::kernel_observation::{Observation, Observed};

/// What is compared of an event.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
struct Event<'a> {
    action: &'a str,
    rwbs: &'a str,
    sector: u64,
    /// None: the line says none, as for an end without data.
    sectors: Option<u32>,
}

impl<'a> Event<'a> {
    /// A line of blkparse's text: device, CPU, number, time, PID, action, rwbs,
    /// sector, and `+ sectors`. None for other lines.
    fn parse(line: &'a str) -> Option<Event<'a>> {
        let mut words = line.split_whitespace().skip(5);
        let (action, rwbs) = (words.next()?, words.next()?);
        let sector = words.next()?.parse().ok()?;
        let sectors = match words.next() {
            Some("+") => Some(words.next()?.parse().ok()?),
            _ => None,
        };
        Some(Event {
            action,
            rwbs,
            sector,
            sectors,
        })
    }
    fn end(&self) -> u64 {
        let sectors = self.sectors.unwrap_or(0);
        self.sector.saturating_add(u64::from(sectors))
    }
    /// The second C of a request of a request-based device: the bio ended
    /// first, so that nothing is left of the request.
    fn is_empty_end(&self) -> bool {
        self.action == "C" && self.sectors.is_none() && !self.rwbs.starts_with('F')
    }
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.action, self.rwbs, self.sector)?;
        match self.sectors {
            Some(n) => write!(f, " + {n}"),
            None => Ok(()),
        }
    }
}

/// Q, M, F, I, C and the first D of each request.
fn events(lines: &[String]) -> Vec<Event<'_>> {
    let mut requeued = BTreeSet::new();
    let mut kept = Vec::new();
    for event in lines.iter().filter_map(|line| Event::parse(line)) {
        let keep = match event.action {
            "Q" | "M" | "I" => true,
            "F" => {
                // The request now starts where the bio does.
                if requeued.remove(&event.end()) {
                    requeued.insert(event.sector);
                }
                true
            }
            "C" => !event.is_empty_end(),
            "D" => !requeued.remove(&event.sector),
            "R" => {
                requeued.insert(event.sector);
                false
            }
            _ => false,
        };
        if keep {
            kept.push(event);
        }
    }
    kept
}

fn events_of<'a>(run: &'a Observed, device: &str) -> Vec<Event<'a>> {
    run.blkparse
        .get(device)
        .map(|lines| events(lines))
        .unwrap_or_default()
}

/// The figures of a case.
pub fn figures(observation: &Observation, ours: &Observed) -> Vec<Figure> {
    let runs = observation.runs();
    let devices: BTreeSet<&String> = runs
        .iter()
        .copied()
        .chain([ours])
        .flat_map(|run| run.blkparse.keys())
        .collect();
    devices
        .into_iter()
        .flat_map(|device| of_device(&runs, ours, device))
        .collect()
}

/// How many events there are, and how many of ours are the kernel's before the
/// first that is not: in the run to which we are closest.
fn of_device(runs: &[&Observed], ours: &Observed, device: &str) -> Vec<Figure> {
    let ours = events_of(ours, device);
    let closest = runs
        .iter()
        .map(|run| events_of(run, device))
        .max_by_key(|kernel| alike(kernel, &ours))
        .unwrap_or_default();
    let prefix = alike(&closest, &ours);
    let figure = |name: &str, kernel: usize, ours: usize| {
        let name = format!("{device} {name}");
        Figure::new(name, &[kernel as f64], ours as f64, Tolerance::EXACT)
    };
    let mut in_order = figure("events in order", closest.len(), prefix);
    if prefix < closest.len().max(ours.len()) {
        in_order.detail = Some(format!(
            "then kernel `{}`, ours `{}`",
            in_words(closest.get(prefix)),
            in_words(ours.get(prefix))
        ));
    }
    vec![figure("events", closest.len(), ours.len()), in_order]
}

/// How many events are the same before the first that is not.
fn alike(kernel: &[Event<'_>], ours: &[Event<'_>]) -> usize {
    kernel.iter().zip(ours).take_while(|(k, o)| k == o).count()
}

fn in_words(event: Option<&Event<'_>>) -> String {
    event.map_or_else(|| "the end".to_owned(), Event::to_string)
}

/// `dm-0 129 p0 64 p1 64 events`.
pub fn summary(run: &Observed) -> String {
    let counts: Vec<String> = run
        .blkparse
        .iter()
        .map(|(device, lines)| format!("{device} {}", events(lines).len()))
        .collect();
    format!("{} events", counts.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(lines: &[&str]) -> Vec<String> {
        let lines: Vec<String> = lines
            .iter()
            .map(|l| format!("254,0 0 1 0.000000000 500 {l}"))
            .collect();
        events(&lines).iter().map(Event::to_string).collect()
    }

    #[test]
    fn the_events_that_count() {
        let lines = [
            "Q  WS 0 + 8 [fio]",
            "G  WS 0 + 8 [fio]",
            "P   N [fio]",
            "U   N [fio] 1",
            "A  WS 8 + 8 <- (254,0) 8",
            "I  WS 0 + 8 [fio]",
            "D  WS 0 + 8 [fio]",
            "R  WS 0 + 8 [0]",
            "M  WS 8 + 8 [fio]",
            "D  WS 0 + 16 [kworker/0:1H]",
            "C  WS 0 + 16 [0]",
            "C  WS 0 [0]",
            "D  WS 0 + 8 [fio]",
            "",
        ];
        assert_eq!(
            kept(&lines),
            [
                "Q WS 0 + 8",
                "I WS 0 + 8",
                "D WS 0 + 8",
                "M WS 8 + 8",
                "C WS 0 + 16",
                "D WS 0 + 8"
            ]
        );
    }

    #[test]
    fn a_front_merge_moves_a_requeued_request() {
        let lines = [
            "D  WS 8 + 8 [fio]",
            "R  WS 8 + 8 [0]",
            "F  WS 0 + 8 [fio]",
            "D  WS 0 + 16 [fio]",
        ];
        assert_eq!(kept(&lines), ["D WS 8 + 8", "F WS 0 + 8"]);
    }

    #[test]
    fn an_end_without_data_is_kept_for_flushes() {
        assert_eq!(kept(&["C  FF 0 [0]"]), ["C FF 0"]);
    }
}
