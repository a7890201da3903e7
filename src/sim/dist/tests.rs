use super::*;
use crate::sim::draw::{Draws, Purpose};

const US: u64 = 1000;

fn read(text: &str) -> Distribution {
    #[derive(Deserialize)]
    struct T {
        d: Distribution,
    }
    toml::from_str::<T>(&format!("d = {text}")).unwrap().d
}

/// One of each kind.
const ALL: [&str; 12] = [
    r#""4ms""#,
    r#"{ kind = "uniform", min = "10us", max = "30us" }"#,
    r#"{ kind = "exponential", mean = "200us" }"#,
    r#"{ kind = "log_normal", median = "200us", sigma = 0.5 }"#,
    r#"{ kind = "log_normal", mean = "200us", cv = 0.8 }"#,
    r#"{ kind = "gamma", mean = "100us", shape = 4.0 }"#,
    r#"{ kind = "gamma", mean = "100us", cv = 1.5 }"#,
    r#"{ kind = "pareto", scale = "50us", shape = 3.0 }"#,
    r#"{ kind = "pareto", scale = "50us", shape = 1.0, cap = "10ms" }"#,
    r#"{ kind = "normal", mean = "50us", sd = "40us" }"#,
    r#"{ kind = "normal", mean = "50us", sd = "40us", min = "20us", max = "60us" }"#,
    r#"{ kind = "empirical", points = [[0.0, "10us"], [0.9, "20us"], [1.0, "1ms"]] }"#,
];

fn samples(d: &Distribution, n: u64) -> Vec<u64> {
    let sampler = d.sampler().unwrap();
    let draws = Draws::new(11);
    (0..n)
        .map(|i| sampler.sample(&mut draws.key(Purpose::Service, [i, 0])).0)
        .collect()
}

#[test]
fn sample_means_are_the_theoretical_ones() {
    for text in ALL {
        let d = read(text);
        let xs = samples(&d, 200_000);
        let n = xs.len() as f64;
        let mean = xs.iter().sum::<u64>() as f64 / n;
        let var = xs.iter().map(|&x| (x as f64 - mean).powi(2)).sum::<f64>() / n;
        let theory = d.sampler().unwrap().mean();
        let tolerance = 4.0 * (var / n).sqrt() + 0.5;
        assert!((mean - theory).abs() < tolerance, "{text}: {mean} {theory}");
    }
}

/// Kolmogorov–Smirnov distance of `xs` from `cdf`, times √n.
fn ks(mut xs: Vec<u64>, cdf: impl Fn(f64) -> f64) -> f64 {
    xs.sort_unstable();
    let n = xs.len() as f64;
    let d = xs.iter().enumerate().fold(0.0f64, |d, (i, &x)| {
        let f = cdf(x as f64);
        d.max((f - i as f64 / n).abs())
            .max((f - (i + 1) as f64 / n).abs())
    });
    d * n.sqrt()
}

/// 99.99 % of samples of the right distribution stay below.
const KS_LIMIT: f64 = 2.23;

#[test]
fn samples_follow_their_distribution_functions() {
    let of = |i: usize| samples(&read(ALL[i]), 50_000);
    let exponential = |t: f64| 1.0 - (-t / 200e3).exp();
    assert!(ks(of(2), exponential) < KS_LIMIT);
    let log_normal = |t: f64| normal::cdf((t / 200e3).ln() / 0.5);
    assert!(ks(of(3), log_normal) < KS_LIMIT);
    // Erlang: 1 − Σ e⁻ˣ xᵏ/k!
    let erlang = |t: f64| {
        let x = t / 25e3;
        1.0 - (-x).exp() * (1.0 + x + x * x / 2.0 + x * x * x / 6.0)
    };
    assert!(ks(of(5), erlang) < KS_LIMIT);
    assert!(ks(of(7), |t| 1.0 - (50e3 / t).powi(3)) < KS_LIMIT);
    assert!(ks(of(2), erlang) > KS_LIMIT, "the test can fail");
}

#[test]
fn gamma_of_a_small_shape_has_its_variance() {
    let xs = samples(&read(ALL[6]), 200_000);
    let n = xs.len() as f64;
    let mean = xs.iter().sum::<u64>() as f64 / n;
    let var = xs.iter().map(|&x| (x as f64 - mean).powi(2)).sum::<f64>() / n;
    assert!((var.sqrt() / mean - 1.5).abs() < 0.02);
}

#[test]
fn bounds_hold() {
    let within = |i: usize, low: u64, high: u64| {
        let xs = samples(&read(ALL[i]), 20_000);
        assert!(xs.iter().all(|x| (low..=high).contains(x)), "{}", ALL[i]);
    };
    within(0, 4000 * US, 4000 * US);
    within(1, 10 * US, 30 * US);
    within(8, 50 * US, 10_000 * US);
    within(10, 20 * US, 60 * US);
    within(11, 10 * US, 1000 * US);
    let heavy = read(r#"{ kind = "pareto", scale = "1h", shape = 0.1 }"#);
    assert_eq!(samples(&heavy, 1000).into_iter().max(), Some(LONGEST.0));
}

/// A change here changes every result of every seed.
#[test]
fn golden_samples() {
    let got: Vec<[u64; 3]> = ALL
        .iter()
        .map(|text| {
            let xs = samples(&read(text), 3);
            [xs[0], xs[1], xs[2]]
        })
        .collect();
    assert_eq!(got, GOLDEN);
}

const GOLDEN: [[u64; 3]; 12] = [
    [4000000, 4000000, 4000000],
    [15485, 26822, 17452],
    [64108, 367893, 93235],
    [148161, 329576, 170006],
    [102405, 315323, 124263],
    [65838, 148288, 76973],
    [20048, 74383, 58255],
    [55638, 92312, 58406],
    [68764, 306546, 79458],
    [34686, 92835, 43848],
    [32256, 53975, 36223],
    [13047, 19346, 14140],
];

#[test]
fn what_is_written_reads_back() {
    for text in ALL {
        let d = read(text);
        let json = serde_json::to_string(&d).unwrap();
        assert_eq!(serde_json::from_str::<Distribution>(&json).unwrap(), d);
    }
    assert_eq!(serde_json::to_string(&read("4000")).unwrap(), "\"4us\"");
}

#[test]
fn nonsense_is_refused_with_the_reason() {
    let why = |text: &str| read(text).sampler().unwrap_err().to_string();
    assert_eq!(
        why(r#"{ kind = "exponential", mean = 0 }"#),
        "`mean` is 0, but must be above 0"
    );
    assert_eq!(
        why(r#"{ kind = "log_normal", mean = 1, median = 1, cv = 1.0 }"#),
        "give either `mean` or `median`, and not both"
    );
    assert_eq!(
        why(r#"{ kind = "pareto", scale = 5, shape = nan }"#),
        "`shape` is NaN, but must be 0.1 to 1000"
    );
    assert_eq!(
        why(r#"{ kind = "uniform", min = 5, max = 4 }"#),
        "`max` is 4, but must be at least `min`"
    );
    assert_eq!(
        why(r#"{ kind = "normal", mean = 0, sd = 1, min = "1s" }"#),
        "`min` and `max` exclude all but 0e0 of the distribution"
    );
    assert_eq!(
        why(r#"{ kind = "empirical", file = "x" }"#),
        "the file `x` has not been loaded"
    );
    let message = |text: &str| {
        let e = serde_json::from_str::<Distribution>(text).unwrap_err();
        e.to_string()
    };
    assert!(message(r#"{"kind":"cauchy"}"#).contains("unknown variant `cauchy`"));
    assert!(message(r#"{"kind":"exponential","mena":3}"#).contains("unknown field `mena`"));
    assert!(message("true").contains("a duration like \"4ms\""));
}

#[test]
fn a_file_is_loaded_once() {
    let path = std::env::temp_dir().join(format!("mpathsim-dist-{}", std::process::id()));
    std::fs::write(&path, "0 1us\n1 3us\n").unwrap();
    let name = path.to_str().unwrap();
    let mut d = read(&format!(r#"{{ kind = "empirical", file = "{name}" }}"#));
    d.load(Path::new("/")).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(d.sampler().unwrap().mean(), 2000.0);
    let mut gone = read(&format!(r#"{{ kind = "empirical", file = "{name}" }}"#));
    assert!(matches!(
        gone.load(Path::new("/")),
        Err(LoadError::Read { .. })
    ));
}

#[test]
fn the_schema_knows_the_kinds_and_the_bare_duration() {
    let schema = serde_json::to_string(&schemars::schema_for!(Distribution)).unwrap();
    for word in [
        "log_normal",
        "empirical",
        "\"minimum\":0.0",
        "min|h",
        "Exponent of the tail",
    ] {
        assert!(schema.contains(word), "{word} not in {schema}");
    }
}
