//! What it costs to record a latency.
//!
//! Figures on shared x86-64 cores at 2.4 GHz, ns a call: hdrhistogram 6.2,
//! `Histogram` 2.1, `LatencyStats` 4; a keyed draw 16, exponential 37, log-normal
//! 66, gamma 75.
//!
//! Run with `cargo bench --bench latency_record`.

use std::hint::black_box;
use std::time::Instant;

use mpathsim::sim::dist::{Distribution, Shape};
use mpathsim::sim::stats::{Histogram, LatencyStats};
use mpathsim::sim::{Draws, Ns, Purpose};

/// ns a call, the best of 25 short runs.
fn measure<T>(samples: &[Ns], mut state: T, record: impl Fn(&mut T, Ns)) -> f64 {
    let run = |state: &mut T| {
        let begin = Instant::now();
        samples.iter().for_each(|&v| record(state, v));
        begin.elapsed().as_nanos() as f64 / samples.len() as f64
    };
    let best = (0..25).map(|_| run(&mut state)).fold(f64::MAX, f64::min);
    black_box(state);
    best
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let draws = Draws::new(1);
    let law = Distribution::from(log_normal()).sampler()?;
    let key = |i| draws.key(Purpose::Service, [i, 0]);
    let samples: Vec<Ns> = (0..50_000).map(|i| law.sample(&mut key(i))).collect();

    println!("ns a call");
    let row = |name: &str, ns: f64| println!("{name:<36}{ns:>6.1}");
    let hdr = hdrhistogram::Histogram::<u64>::new(2)?;
    row(
        "hdrhistogram, auto-resizing",
        measure(&samples, hdr, |h, v| h.saturating_record(v.0)),
    );
    row(
        "Histogram::record",
        measure(&samples, Histogram::default(), |h, v| h.record(v.0)),
    );
    row(
        "LatencyStats::record",
        measure(&samples, LatencyStats::default(), LatencyStats::record),
    );
    row(
        "a keyed draw",
        measure(&samples, (), |(), v| {
            black_box(draws.key(Purpose::Service, [v.0, 0]).unit());
        }),
    );
    for (name, shape) in laws() {
        let law = Distribution::from(shape).sampler()?;
        let cost = measure(&samples, (), |(), v| {
            black_box(law.sample(&mut draws.key(Purpose::Service, [v.0, 0])));
        });
        row(name, cost);
    }
    Ok(())
}

fn laws() -> [(&'static str, Shape); 3] {
    let mean = Ns::from_us(200);
    let gamma = Shape::Gamma {
        mean,
        shape: Some(4.0),
        cv: None,
    };
    [
        ("a keyed exponential sample", Shape::Exponential { mean }),
        ("a keyed log-normal sample", log_normal()),
        ("a keyed gamma sample", gamma),
    ]
}

fn log_normal() -> Shape {
    Shape::LogNormal {
        mean: None,
        median: Some(Ns::from_us(200)),
        sigma: Some(0.6),
        cv: None,
    }
}
