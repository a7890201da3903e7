//! The port against queueing theory.

use super::*;
use crate::sim::dist::Shape;

const MEAN: u64 = 100_000;

fn exponential(mean: u64) -> Distribution {
    Shape::Exponential { mean: Ns(mean) }.into()
}

fn command(i: u64) -> Command {
    Command {
        first_bio: i,
        attempt: 0,
        sectors: 8,
        is_write: false,
        is_piece: false,
    }
}

fn one_port(config: PortConfig) -> (Array, PortId) {
    let mut array = Array::new(&[]).unwrap();
    let port = array.add_port(&config).unwrap();
    (array, port)
}

/// An open queue of Poisson arrivals: (mean wait, its standard error), ns. The
/// error is of the means of 50 batches, which are nearly independent.
fn mean_wait(mut array: Array, port: PortId, rho: f64, servers: u64, seed: u64) -> (f64, f64) {
    const BATCHES: u64 = 50;
    const BATCH: u64 = 20_000;
    let draws = Draws::new(seed);
    let gap = exponential((MEAN as f64 / rho / servers as f64) as u64);
    let gap = gap.sampler().unwrap();
    let mut now = Ns::ZERO;
    let mut means = Vec::new();
    for batch in 0..=BATCHES {
        let mut sum = 0u64;
        for i in batch * BATCH..(batch + 1) * BATCH {
            now += gap.sample(&mut draws.key(Purpose::Arrival, [i, 0]));
            let Admission::Done(done) = array.start(port, now, &command(i), draws) else {
                panic!("full");
            };
            array.end(port);
            sum += (done - now).0;
        }
        // The first batch warms up.
        if batch > 0 {
            means.push(sum as f64 / BATCH as f64 - MEAN as f64);
        }
    }
    let n = means.len() as f64;
    let mean = means.iter().sum::<f64>() / n;
    let var = means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (var / n).sqrt())
}

fn assert_wait(config: PortConfig, rho: f64, servers: u64, theory: f64) {
    let (array, port) = one_port(config);
    let (wait, error) = mean_wait(array, port, rho, servers, 5);
    assert!(error < 0.05 * theory, "too vague: {wait} ± {error}");
    // 4 standard errors; the services' own mean wanders too, by 0.1 %.
    assert!(
        (wait - theory).abs() < 4.0 * error + 0.002 * MEAN as f64,
        "{wait} ± {error}, theory {theory}"
    );
}

/// W = ρ/(1−ρ) · mean
#[test]
fn m_m_1() {
    let config = PortConfig {
        latency: exponential(MEAN),
        slots: 1,
        ..Default::default()
    };
    assert_wait(config, 0.7, 1, 0.7 / 0.3 * MEAN as f64);
}

/// W = ρ/(2(1−ρ)) · mean
#[test]
fn m_d_1() {
    let config = PortConfig {
        latency: Ns(MEAN).into(),
        slots: 1,
        ..Default::default()
    };
    assert_wait(config, 0.7, 1, 0.7 / 0.6 * MEAN as f64);
}

/// The controller alone is M/D/1 as well.
#[test]
fn m_d_1_in_the_controller() {
    let config = PortConfig {
        latency: Ns::ZERO.into(),
        per_request: Ns(MEAN),
        ..Default::default()
    };
    assert_wait(config, 0.5, 1, 0.5 * MEAN as f64);
}

/// Erlang's C formula: W = C(c, cρ) / (c(1−ρ)) · mean
#[test]
fn m_m_c() {
    let (c, rho) = (8u32, 0.85);
    let a = f64::from(c) * rho;
    // Erlang B by recursion, then C.
    let b = (1..=c).fold(1.0, |b, k| a * b / (f64::from(k) + a * b));
    let wait_probability = b / (1.0 - rho * (1.0 - b));
    let theory = wait_probability / (f64::from(c) * (1.0 - rho)) * MEAN as f64;
    let config = PortConfig {
        latency: exponential(MEAN),
        slots: c,
        ..Default::default()
    };
    assert_wait(config, rho, u64::from(c), theory);
}

/// Two ports over one medium: together M/M/1, each with half the load.
#[test]
fn ports_share_their_media() {
    let media = MediaConfig {
        name: "pool".into(),
        slots: 1,
        service: exponential(MEAN),
        ..Default::default()
    };
    let config = PortConfig {
        latency: Ns::ZERO.into(),
        media: Some("pool".into()),
        ..Default::default()
    };
    let mut array = Array::new(&[media]).unwrap();
    let ports = [
        array.add_port(&config).unwrap(),
        array.add_port(&config).unwrap(),
    ];
    let draws = Draws::new(8);
    let gap = exponential(MEAN * 10 / 7).sampler().unwrap();
    let (mut now, mut sum, n) = (Ns::ZERO, 0, 1_000_000);
    for i in 0..n {
        now += gap.sample(&mut draws.key(Purpose::Arrival, [i, 0]));
        let port = ports[(i % 2) as usize];
        let Admission::Done(done) = array.start(port, now, &command(i), draws) else {
            panic!("full");
        };
        array.end(port);
        sum += (done - now).0;
    }
    let wait = sum as f64 / n as f64 / MEAN as f64 - 1.0;
    assert!((wait - 0.7 / 0.3).abs() < 0.1, "{wait}");
}

/// A closed loop of `depth` commands; gives commands a second and the summed
/// residence by the integral of commands held, which must be 1 (Little).
fn closed_loop(config: PortConfig, sectors: u32, depth: usize, n: u64) -> (f64, Ns, u128) {
    let (mut array, port) = one_port(config);
    let draws = Draws::new(1);
    let mut pending = crate::sim::EventQueue::default();
    let (mut now, mut residence) = (Ns::ZERO, 0u128);
    for i in 0..n + depth as u64 {
        if i >= depth as u64 {
            (now, _) = pending.pop().unwrap();
            array.end(port);
        }
        if i < n {
            let command = Command {
                sectors,
                ..command(i)
            };
            let Admission::Done(done) = array.start(port, now, &command, draws) else {
                panic!("full");
            };
            residence += u128::from((done - now).0);
            pending.push(done, ());
        }
    }
    assert_eq!(array.held(port), 0);
    (n as f64 / now.as_secs_f64(), now, residence)
}

#[test]
fn the_link_caps_throughput() {
    let config = PortConfig {
        latency: exponential(MEAN),
        bandwidth: Some("8Gbit".parse().unwrap()),
        ..Default::default()
    };
    // 128 KiB at 1 byte/ns: 131.072 µs each.
    let (rate, _, _) = closed_loop(config.clone(), 256, 32, 20_000);
    let cap = 1e9 / 131_072.0;
    assert!(rate <= cap && rate > 0.99 * cap, "{rate} {cap}");
    // Alone, a command takes latency and transfer.
    let (rate, _, _) = closed_loop(config, 256, 1, 20_000);
    let alone = 1e9 / (131_072.0 + MEAN as f64);
    assert!((rate / alone - 1.0).abs() < 0.02, "{rate} {alone}");
}

#[test]
fn little_s_law_holds_in_a_closed_loop() {
    let (depth, n) = (16, 50_000);
    let config = PortConfig {
        latency: exponential(MEAN),
        slots: 4,
        per_request: Ns(5_000),
        ..Default::default()
    };
    let (_, end, residence) = closed_loop(config, 8, depth, n);
    let mean_held = residence as f64 / end.0 as f64;
    // Full but for the last commands.
    assert!(
        (mean_held / depth as f64 - 1.0).abs() < 0.001,
        "{mean_held}"
    );
}

/// A burst into a tandem of constant services: exact by hand.
#[test]
fn a_burst_overlaps_its_waits() {
    let (mut array, port) = one_port(PortConfig {
        latency: Ns(50).into(),
        slots: 1,
        per_request: Ns(10),
        bandwidth: Some(BitRate(8_000_000_000)),
        ..Default::default()
    });
    let draws = Draws::new(0);
    for k in 0..8u64 {
        // 4096 bytes take 4096 ns: the link is the slowest.
        let done = array.start(port, Ns(1000), &command(k), draws);
        assert_eq!(done, Admission::Done(Ns(1000 + 4096 + 50 + 10 + k * 4096)));
    }
}

#[test]
fn directions_of_a_link_do_not_disturb_each_other() {
    let (mut array, port) = one_port(PortConfig {
        latency: Ns::ZERO.into(),
        bandwidth: Some(BitRate(8_000_000_000)),
        ..Default::default()
    });
    let draws = Draws::new(0);
    let write = Command {
        is_write: true,
        ..command(1)
    };
    let done = [command(0), write].map(|c| array.start(port, Ns(0), &c, draws));
    assert_eq!(done, [Admission::Done(Ns(4096)); 2]);
}

#[test]
fn a_full_port_refuses_until_a_command_ends() {
    let (mut array, port) = one_port(PortConfig {
        queue_depth: 2,
        ..Default::default()
    });
    let start = |array: &mut Array| array.start(port, Ns(0), &command(0), Draws::new(0));
    assert!(matches!(start(&mut array), Admission::Done(_)));
    assert!(matches!(start(&mut array), Admission::Done(_)));
    assert_eq!(start(&mut array), Admission::Full);
    array.end(port);
    assert!(matches!(start(&mut array), Admission::Done(_)));
    assert_eq!(array.held(port), 2);
}

#[test]
fn noise_belongs_to_bio_and_attempt() {
    let config = PortConfig {
        latency: exponential(MEAN),
        ..Default::default()
    };
    let (mut array, port) = one_port(config);
    let draws = Draws::new(2);
    let again = Command {
        attempt: 1,
        ..command(7)
    };
    let first = array.start(port, Ns(0), &command(7), draws);
    assert_eq!(array.start(port, Ns(0), &command(7), draws), first);
    assert_ne!(array.start(port, Ns(0), &again, draws), first);
    assert_ne!(array.start(port, Ns(0), &command(8), draws), first);
}

#[test]
fn mistakes_are_named() {
    let array = || Array::new(&[]).unwrap();
    let port = |config: PortConfig| array().add_port(&config).unwrap_err().to_string();
    assert_eq!(
        port(PortConfig {
            media: Some("x".into()),
            ..Default::default()
        }),
        "no media are called `x`"
    );
    assert_eq!(
        port(PortConfig {
            queue_depth: 0,
            ..Default::default()
        }),
        "`queue_depth` is 0, but must be at least 1"
    );
    assert_eq!(
        port(PortConfig {
            latency: exponential(0),
            ..Default::default()
        }),
        "`latency`: `mean` is 0, but must be above 0"
    );
    assert_eq!(
        port(PortConfig {
            bandwidth: Some(BitRate(0)),
            ..Default::default()
        }),
        "`bandwidth` is 0, but must be at least 1 bit a second"
    );
    let twice = [MediaConfig::default(), MediaConfig::default()];
    assert!(matches!(Array::new(&twice), Err(PortError::TwoMedia(_))));
}

#[test]
fn a_config_reads_as_it_is_written() {
    let text = r#"
latency = { kind = "log_normal", median = "200us", sigma = 0.5 }
slots = 16
per_request = "2us"
bandwidth = "16Gbit"
queue_depth = 128
media = "pool"
"#;
    let config: PortConfig = toml::from_str(text).unwrap();
    assert_eq!(config.per_request, Ns(2_000));
    let written = toml::to_string(&config).unwrap();
    assert_eq!(toml::from_str::<PortConfig>(&written).unwrap(), config);
    assert!(toml::from_str::<PortConfig>("latancy = 3").is_err());
}
