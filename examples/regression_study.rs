//! How often a regression check is wrong: the figures of `docs/regression.md`.
//!
//! ```sh
//! cargo run --release --example regression_study -- 10000 4000
//! ```
//!
//! 10000 checks from 4000 worlds; without the second number as many worlds as keep
//! all checks apart. Checks of the repository's own matrix with fresh worlds: of policies that have
//! not changed, and of `least-pending` with a defect that costs 5 % of the
//! throughput, or 10 % of the 99 % latency.

use std::error::Error;
use std::path::Path;

use mpathsim::policy::Settings;
use mpathsim::policy::regress::Matrix;
use mpathsim::policy::regress::study::{Pool, Study, changed, fresh};
use mpathsim::sdk::{Paths, Policy, Registry, SelectCtx};
use mpathsim::sim::draw::{Draws, Purpose};
use mpathsim::sweep::metric;

/// least-pending, which takes the fullest path in a share of all cases.
struct Worse {
    share: f64,
    turn: u64,
}

impl Policy for Worse {
    fn choose(&mut self, _io: &SelectCtx, paths: &Paths) -> usize {
        self.turn += 1;
        let mut draw = Draws::new(1).key(Purpose::Policy, [self.turn, 0]);
        match draw.chance(self.share) {
            true => paths.least_by(|path| std::cmp::Reverse(path.in_flight)),
            false => paths.least_by(|path| path.in_flight),
        }
    }
}

fn with_defect(share: f64) -> Settings {
    let about = "least-pending with a defect";
    Settings {
        policies: Registry::default().with("least-pending", about, move |_| {
            Ok(Worse { share, turn: 0 })
        }),
        ..Settings::default()
    }
}

/// The share of wrong choices at which the figure of the cell is so much worse.
fn planted(matrix: &Matrix, cell: usize, name: &str, worse: f64) -> Result<f64, Box<dyn Error>> {
    let (index, _) = metric(name).ok_or("no such figure")?;
    let alone = Matrix {
        cells: vec![matrix.cells[cell].clone()],
        ..matrix.clone()
    };
    let mean = |share: f64| -> Result<f64, Box<dyn Error>> {
        Ok(Pool::new(&alone, 200, &with_defect(share))?.means(index)[0])
    };
    let sound = mean(0.0)?;
    let (mut low, mut high) = (0.0, 0.8);
    for _ in 0..9 {
        let middle = (low + high) / 2.0;
        let off = (mean(middle)? / sound - 1.0).abs();
        if off < worse {
            low = middle
        } else {
            high = middle
        }
    }
    let off = 100.0 * (mean(high)? / sound - 1.0);
    println!(
        "planted: the fullest path in {:.1} % of choices: {name} {off:+.2} %",
        100.0 * high
    );
    Ok(high)
}

fn show(what: &str, study: Study) {
    let (red, low, high) = (
        study.red as f64 / study.checks as f64,
        study.chance.low,
        study.chance.high,
    );
    println!(
        "{what}: {} of {} checks red: {:.3} % ({:.4} to {:.4} %)",
        study.red,
        study.checks,
        100.0 * red,
        100.0 * low,
        100.0 * high
    );
}

fn main() -> Result<(), Box<dyn Error>> {
    let checks: u32 = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(1000);
    let worlds: Option<u32> = std::env::args().nth(2).and_then(|n| n.parse().ok());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let matrix = Matrix::load(&root.join("tests/regression/matrix.toml"))?;
    let n = matrix.replications;
    println!(
        "{} cells, {} figures, {n} runs each",
        matrix.cells.len(),
        matrix.figures.len() * matrix.cells.len()
    );

    let some = checks.min(500);
    let of = |scenario: &str| {
        matrix.cells.iter().position(|cell| {
            cell.scenario_name() == scenario && cell.policy.as_deref() == Some("least-pending")
        })
    };
    let sound = Pool::new(&matrix, n * some, &with_defect(0.0))?;
    for (scenario, name, worse) in [("closed", "iops", 0.05), ("open", "lat_p99_us", 0.10)] {
        let cell = of(scenario).ok_or("no such cell")?;
        let share = planted(&matrix, cell, name, worse)?;
        let broken = Pool::new(&matrix, n * some, &with_defect(share))?;
        show(
            "  in the worlds of the baseline",
            changed(&matrix, &sound, &broken, true),
        );
        show(
            "  in worlds of its own",
            changed(&matrix, &sound, &broken, false),
        );
    }
    let worlds = worlds.unwrap_or(2 * n * checks);
    let pool = Pool::new(&matrix, worlds, &Settings::default())?;
    println!("{worlds} worlds");
    show(
        "unchanged, in worlds of its own",
        fresh(&matrix, &pool, checks as usize),
    );
    show(
        "unchanged, in the worlds of the baseline",
        changed(&matrix, &pool, &pool, true),
    );
    Ok(())
}
