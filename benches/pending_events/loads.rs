//! What the simulator asks of a pending-event set.

use mpathsim::sim::{Draws, Purpose};

/// What a queue hands through: as large as a small enum of two ids.
pub type Event = (u32, u32, u16);

/// What follows on an event.
pub struct Load {
    pub name: &'static str,
    follow: Follow,
}

enum Follow {
    /// One event, after the next delay of a table.
    Delays(Vec<u64>),
    /// An I/O's events in turn: completion, submission, service. Service is
    /// drawn from a table; every 64th event is a timer of 1 s.
    InOut(Vec<u64>),
    /// Sixteen completions and the next batch.
    Batch(Vec<u64>),
}

const LEN: usize = 1 << 14;

/// A table of delays, each a function of uniform draws.
fn table(delay: impl Fn(&mut dyn FnMut() -> f64) -> u64) -> Vec<u64> {
    let draws = Draws::new(1);
    let one = |i| {
        let mut stream = draws.key(Purpose::Workload, [i, 0]);
        delay(&mut || stream.unit())
    };
    (0..LEN as u64).map(one).collect()
}

fn exponential(u: f64, mean: f64) -> u64 {
    (-libm::log(u) * mean) as u64
}

impl Load {
    pub fn all() -> Vec<Load> {
        use Follow::{Batch, Delays, InOut};
        let load = |name, follow| Load { name, follow };
        let constant = || table(|_| 100_000);
        let exp = || table(|u| exponential(u(), 200_000.0));
        let mixed = table(|u| match u() {
            x if x < 0.60 => 1_000 + (u() * 3_000.0) as u64,
            x if x < 0.98 => exponential(u(), 200_000.0),
            _ => 1_000_000_000 + (u() * 1e8) as u64,
        });
        let bursts = table(|u| 4_000_000 * (1 + (u() * 2.0) as u64));
        vec![
            load("constant latency", Delays(constant())),
            load("exponential", Delays(exp())),
            load("short, exponential, timers", Delays(mixed)),
            load("ticks: many of one time", Delays(bursts)),
            load("I/O path, constant device", InOut(constant())),
            load("I/O path, exponential device", InOut(exp())),
            load("batches of 16, constant", Batch(constant())),
            load("batches of 16, exponential", Batch(exp())),
        ]
    }

    /// The first `n` events.
    pub fn fill(&self, n: usize, mut push: impl FnMut(u64, Event)) {
        for i in 0..n {
            let kind = match self.follow {
                Follow::Delays(_) => 0,
                Follow::InOut(_) => {
                    if i % 64 == 63 {
                        3
                    } else {
                        0
                    }
                }
                Follow::Batch(_) => {
                    if i % 17 == 0 {
                        0
                    } else {
                        1
                    }
                }
            };
            push(1_000 * i as u64, (i as u32, 0, kind));
        }
    }

    /// What the `i`-th event brings about, by delay.
    #[inline(always)]
    pub fn react(&self, i: usize, event: Event, mut push: impl FnMut(u64, Event)) {
        let (id, x, kind) = event;
        match &self.follow {
            Follow::Delays(table) => push(table[i % LEN], event),
            Follow::InOut(table) => match kind {
                0 => push(700, (id, x, 1)),
                1 => push(1_500, (id, x, 2)),
                2 => push(table[i % LEN], (id, x, 0)),
                _ => push(1_000_000_000, event),
            },
            Follow::Batch(table) => {
                if kind == 0 {
                    for k in 0..16 {
                        push(table[(i + k) % LEN] + 10 * k as u64, (id, x, 1));
                    }
                    push(table[i % LEN], event);
                }
            }
        }
    }
}
