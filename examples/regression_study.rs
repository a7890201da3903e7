//! How often a regression check is wrong: the figures of `docs/regression.md`.
//!
//! ```sh
//! cargo run --release --example regression_study -- 10000 study.csv
//! ```
//!
//! makes 10000 checks of the repository's own matrix of each kind: of policies
//! that have not changed, in fresh worlds, and of policies with a defect planted
//! in their code that costs 5 % of the throughput, or 10 % of the 99 % latency.
//! What is done is appended to `study.csv`; the same command goes on from there. A
//! third argument is the number of checks after which only policies that have not
//! changed are checked: how rarely these are red takes more of them to tell.

use std::error::Error;
use std::io::Write;
use std::path::Path;

use mpathsim::policy::Settings;
use mpathsim::policy::regress::Matrix;
use mpathsim::policy::regress::study::{Pool, Tally, tally};
use mpathsim::sdk::{Ended, Ns, PathView, Paths, Policy, Registry, SelectCtx};
use mpathsim::sim::draw::{Draws, Purpose, Stream};
use mpathsim::stats::{Difference, Interval, Moments, proportion};
use mpathsim::sweep::METRICS;

/// Blocks of worlds that are run at once; even, so that every other check of a
/// ring shares no world with any of its kind.
const BATCH: u32 = 50;
/// The first: worlds that the matrix was not made with.
const FIRST: u32 = 1000;
/// Shares of all cases that are tried for a defect.
const STEPS: u32 = 16;
/// Blocks that say how often a defect has to strike.
const PLANTING: std::ops::Range<u32> = 500..508;

/// Strikes in a share of all cases.
struct Chance {
    share: f64,
    turn: u64,
}

impl Chance {
    fn new(share: f64) -> Self {
        Chance { share, turn: 0 }
    }
    /// The draws of the next case, and whether the defect strikes in it.
    fn next(&mut self) -> (bool, Stream) {
        self.turn += 1;
        let mut draws = Draws::new(1).key(Purpose::Policy, [self.turn, 0]);
        (draws.chance(self.share), draws)
    }
}

/// least-pending that sometimes takes the fullest path: a comparison turned round.
struct Fullest(Chance);

impl Policy for Fullest {
    fn choose(&mut self, _io: &SelectCtx, paths: &Paths) -> usize {
        match self.0.next().0 {
            true => paths.least_by(|path| std::cmp::Reverse(path.in_flight)),
            false => paths.least_by(|path| path.in_flight),
        }
    }
}

/// least-pending that sometimes takes the path of last time: a cache not renewed.
struct Stale(Chance, usize);

impl Policy for Stale {
    fn choose(&mut self, _io: &SelectCtx, paths: &Paths) -> usize {
        let is_up = paths.all().get(self.1).is_some_and(|path| path.is_up);
        if !(self.0.next().0 && is_up) {
            self.1 = paths.least_by(|path| path.in_flight);
        }
        self.1
    }
}

/// two-choices that sometimes draws one path only.
struct OneChoice(Chance);

impl Policy for OneChoice {
    fn choose(&mut self, _io: &SelectCtx, paths: &Paths) -> usize {
        let (strikes, mut draws) = self.0.next();
        let usable: Vec<(usize, &PathView)> = paths.usable().collect();
        let n = usable.len() as u64;
        let first = draws.below(n);
        let second = (first + 1 + draws.below(n.max(2) - 1)) % n;
        let (a, b) = (usable[first as usize], usable[second as usize]);
        match !strikes && b.1.in_flight < a.1.in_flight {
            true => b.0,
            false => a.0,
        }
    }
}

/// ewma-latency that sometimes leaves out what is in flight. But for that it is
/// `src/models/mpath/policy/ewma_latency.rs`.
struct Herding(Chance, Vec<u64>);

impl Herding {
    /// What a path takes of which nothing is known: as much as the others on average.
    fn usual(&self, paths: &Paths) -> u64 {
        let averages = paths.usable().map(|(index, _)| self.1[index]);
        let known: Vec<u64> = averages.filter(|&ns| ns > 0).collect();
        let sum: u128 = known.iter().map(|&ns| u128::from(ns)).sum();
        sum.checked_div(known.len() as u128).unwrap_or(1) as u64
    }
}

impl Policy for Herding {
    fn add_path(&mut self, _words: &[&str]) -> Result<(), String> {
        self.1.push(0);
        Ok(())
    }
    fn choose(&mut self, _io: &SelectCtx, paths: &Paths) -> usize {
        let usual = self.usual(paths);
        let strikes = self.0.next().0;
        paths.least_of(|index, path| match self.1[index] {
            0 if path.in_flight == 0 => (0, 0), // to be tried
            own => {
                let latency = u128::from(if own == 0 { usual } else { own });
                let queue = if strikes { 1 } else { path.in_flight + 1 };
                (latency * u128::from(queue), path.in_flight)
            }
        })
    }
    fn ended(&mut self, path: usize, io: Ended, _view: &PathView) {
        if io.start == Ns::ZERO || !io.ok {
            return; // not recorded when it began, or no measure of the path
        }
        let (old, took) = (self.1[path], io.took().0);
        self.1[path] = match old {
            0 => took,
            _ => old - (old >> 3) + (took >> 3),
        };
    }
}

/// A defect in the code of a policy, and what it is to cost where.
struct Defect {
    about: &'static str,
    policy: &'static str,
    scenario: &'static str,
    figure: &'static str,
    cost: f64,
    plant: fn(Registry, f64) -> Registry,
}

fn fullest(all: Registry, share: f64) -> Registry {
    all.with("least-pending", "", move |_| {
        Ok(Fullest(Chance::new(share)))
    })
}

const DEFECTS: [Defect; 5] = [
    Defect {
        about: "least-pending takes the fullest path",
        policy: "least-pending",
        scenario: "closed",
        figure: "iops",
        cost: 0.05,
        plant: fullest,
    },
    Defect {
        about: "least-pending takes the fullest path",
        policy: "least-pending",
        scenario: "mixed",
        figure: "iops",
        cost: 0.05,
        plant: fullest,
    },
    Defect {
        about: "ewma-latency leaves out what is in flight",
        policy: "ewma-latency",
        scenario: "closed",
        figure: "iops",
        cost: 0.05,
        plant: |all, share| {
            all.with("ewma-latency", "", move |_| {
                Ok(Herding(Chance::new(share), Vec::new()))
            })
        },
    },
    Defect {
        about: "least-pending takes the path of last time",
        policy: "least-pending",
        scenario: "open",
        figure: "lat_p99_us",
        cost: 0.10,
        plant: |all, share| {
            all.with("least-pending", "", move |_| {
                Ok(Stale(Chance::new(share), 0))
            })
        },
    },
    Defect {
        about: "two-choices looks at one path",
        policy: "two-choices",
        scenario: "open",
        figure: "lat_p99_us",
        cost: 0.10,
        plant: |all, share| {
            all.with("two-choices", "", move |_| {
                Ok(OneChoice(Chance::new(share)))
            })
        },
    },
];

/// A defect that strikes as often as it takes to cost what it is to cost. Only the
/// cell that it is measured by is run with it: whatever it costs elsewhere would
/// make it easier to see.
struct Planted {
    alone: Matrix,
    settings: Settings,
}

impl Defect {
    fn planted(&self, matrix: &Matrix) -> Result<Planted, Box<dyn Error>> {
        let cell = matrix.cells.iter().find(|cell| {
            cell.scenario_name() == self.scenario && cell.policy.as_deref() == Some(self.policy)
        });
        let alone = Matrix {
            cells: vec![cell.ok_or("the matrix has no such cell")?.clone()],
            ..matrix.clone()
        };
        let mut figures = matrix.figures.iter();
        let figure = figures
            .position(|figure| METRICS[figure.metric].name == self.figure)
            .ok_or("the matrix has no such figure")?;
        let settings = |share: f64| Settings {
            policies: (self.plant)(Registry::default(), share),
            ..Settings::default()
        };
        let runs = |settings: &Settings| -> Result<Vec<f64>, Box<dyn Error>> {
            Ok(Pool::new(&alone, PLANTING, settings)?
                .runs(0, figure)
                .to_vec())
        };
        let sound = runs(&Settings::default())?;
        let none = cost(&sound, &runs(&settings(0.0))?);
        // The least that is enough: what it costs does not rise everywhere, so the
        // first of some shares is taken, and then less of it.
        let mut enough: Option<(f64, (f64, Interval))> = None;
        let (mut low, mut high) = (0.0, 1.0);
        for step in 1..=STEPS {
            let share = f64::from(step) / f64::from(STEPS);
            let found = cost(&sound, &runs(&settings(share))?);
            if found.0 >= self.cost {
                (high, enough) = (share, Some((share, found)));
                break;
            }
            low = share;
        }
        for _ in 0..6 {
            let middle = (low + high) / 2.0;
            let found = cost(&sound, &runs(&settings(middle))?);
            if found.0 < self.cost {
                low = middle;
            } else {
                (high, enough) = (middle, Some((middle, found)));
            }
        }
        let (share, (costs, interval)) = enough.ok_or("the defect never costs so much")?;
        println!(
            "{} in {:.2} % of all cases: {} {:.2} % worse ({:.2} to {:.2} %); never: {:.2} %",
            self.about,
            100.0 * share,
            self.figure,
            100.0 * costs,
            100.0 * interval.low,
            100.0 * interval.high,
            100.0 * none.0
        );
        Ok(Planted {
            alone,
            settings: settings(share),
        })
    }
}

/// What a defect costs, as a share of `sound`, and its 95 % interval.
fn cost(sound: &[f64], broken: &[f64]) -> (f64, Interval) {
    let pairs: Vec<(f64, f64)> = sound.iter().copied().zip(broken.iter().copied()).collect();
    let scale = Moments::of(sound.iter().copied()).mean;
    let (mean, interval) = Difference::of_pairs(&pairs)
        .map(|d| (d.mean, d.interval(0.95)))
        .unwrap_or((
            0.0,
            Interval {
                low: 0.0,
                high: 0.0,
            },
        ));
    let sides = [(interval.low / scale).abs(), (interval.high / scale).abs()];
    let interval = Interval {
        low: sides[0].min(sides[1]),
        high: sides[0].max(sides[1]),
    };
    ((mean / scale).abs(), interval)
}

/// What was counted: two tallies a case, of checks that are independent of those of
/// the same tally.
type Counts = Vec<[Tally; 2]>;

/// The cases: unchanged, then each defect in the worlds of its baseline, then each
/// in worlds of its own.
fn cases() -> usize {
    1 + 2 * DEFECTS.len()
}

/// Runs a batch of blocks from `first` on.
fn batch(matrix: &Matrix, planted: &[Planted], first: u32) -> Result<Counts, Box<dyn Error>> {
    let sound = Pool::new(matrix, first..first + BATCH, &Settings::default())?;
    let n = sound.blocks();
    let same: Vec<(usize, usize)> = (0..n).map(|i| (i, i)).collect();
    // Each block is held against the one before: a ring, of which every other
    // check shares no world with any of its half.
    let half = |parity: usize| {
        (parity..n)
            .step_by(2)
            .map(|i| (i, (i + 1) % n))
            .collect::<Vec<_>>()
    };
    let ring = |is: &Pool| [0, 1].map(|parity| tally(matrix, &sound, is, &half(parity)));
    let mut counts = vec![ring(&sound)];
    let mut own_worlds = Vec::new();
    for defect in planted {
        let broken = Pool::new(&defect.alone, first..first + BATCH, &defect.settings)?;
        let is = sound.with(&broken);
        counts.push([tally(matrix, &sound, &is, &same), Tally::default()]);
        own_worlds.push(ring(&is));
    }
    counts.extend(own_worlds);
    Ok(counts)
}

fn show(what: &str, [a, b]: [Tally; 2]) {
    let (red, checks) = (a.red + b.red, a.checks + b.checks);
    // Neither half alone may tell more than it knows.
    let of = |tally: Tally| proportion(tally.red, tally.checks, 0.95);
    let mut interval = of(a);
    if b.checks > 0 {
        interval.low = interval.low.min(of(b).low);
        interval.high = interval.high.max(of(b).high);
    }
    println!(
        "{what}: {red} of {checks} checks red: {:.3} % ({:.3} to {:.3} %)",
        100.0 * red as f64 / checks as f64,
        100.0 * interval.low,
        100.0 * interval.high
    );
}

/// What is in the file of an earlier study: counts, and batches that are done.
fn earlier(path: &str) -> (Counts, u32) {
    let mut counts = vec![[Tally::default(); 2]; cases()];
    let mut done = 0;
    for line in std::fs::read_to_string(path).unwrap_or_default().lines() {
        let numbers: Vec<u64> = line.split(',').filter_map(|x| x.parse().ok()).collect();
        let [batch, case, checks, red, other_checks, other_red] = numbers[..] else {
            continue;
        };
        let Some(found) = counts.get_mut(case as usize) else {
            continue;
        };
        found[0] += Tally { checks, red };
        found[1] += Tally {
            checks: other_checks,
            red: other_red,
        };
        done = done.max(batch as u32 + 1);
    }
    (counts, done)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let checks: u32 = arguments.next().map_or(Ok(1000), |n| n.parse())?;
    let path = arguments.next().unwrap_or_else(|| "study.csv".into());
    let with_defects: u32 = arguments.next().map_or(Ok(checks), |n| n.parse())?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let matrix = Matrix::load(
        &root.join("tests/regression/matrix.toml"),
        &Registry::default(),
    )?;
    println!(
        "{} cells, {} figures, {} runs a cell",
        matrix.cells.len(),
        matrix.figures.len() * matrix.cells.len(),
        matrix.replications
    );
    let (mut counts, done) = earlier(&path);
    let with_defects = with_defects.div_ceil(BATCH);
    let planted = DEFECTS
        .iter()
        .filter(|_| done < with_defects)
        .map(|defect| defect.planted(&matrix))
        .collect::<Result<Vec<_>, _>>()?;
    for number in done..checks.div_ceil(BATCH) {
        let planted: &[Planted] = if number < with_defects { &planted } else { &[] };
        let new = batch(&matrix, planted, FIRST + number * BATCH)?;
        let mut lines = String::new();
        for (case, [a, b]) in new.iter().enumerate() {
            lines += &format!(
                "{number},{case},{},{},{},{}\n",
                a.checks, a.red, b.checks, b.red
            );
            counts[case][0] += *a;
            counts[case][1] += *b;
        }
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)?;
        file.write_all(lines.as_bytes())?;
        eprint!("\r{} of {checks} checks", (number + 1) * BATCH);
    }
    eprintln!();
    show("unchanged, in worlds of its own", counts[0]);
    for (i, defect) in DEFECTS.iter().enumerate() {
        println!("{} ({}, {})", defect.about, defect.scenario, defect.figure);
        show("  in the worlds of the baseline", counts[1 + i]);
        show("  in worlds of its own", counts[1 + DEFECTS.len() + i]);
    }
    Ok(())
}
