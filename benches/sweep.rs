//! What a sweep costs beside its simulations: the figures of `docs/sweeps.md`.
//!
//! `cargo bench --bench sweep`, or with `-- POINTS THREADS`. CPU time is that of
//! the process, so other people's work on the machine does not count; wall time
//! tells something only on a machine that is otherwise idle.

use std::path::Path;
use std::time::Instant;

use mpathsim::models::mpath::policy::Registry;
use mpathsim::sweep::{Control, Existing, Options, Sweep, execute, measure};

/// One second of 2000 random arrivals.
const SCENARIO: &str = r#"
[[device]]
name = ["sda", "sdb", "sdc", "sdd"]
port = { latency = { kind = "gamma", mean = "1ms", cv = 0.5 }, slots = 4, queue_depth = 16 }
[[map]]
selector = "queue-length"
paths = ["sda", "sdb", "sdc", "sdd"]
[[workload.open]]
rate_iops = 2000
rw = "randread"
runtime = "1s"
[sweep]
modes = ["request"]
[[sweep.axis]]
key = "workload.open.0.rate_iops"
"#;

/// Sweeps on one thread, and as many on several; the least time counts.
const TURNS: u32 = 3;

/// CPU time of this process, seconds, and its peak resident size, MiB.
fn used() -> (f64, u64) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or("").to_owned();
    let field = |i: usize| {
        after
            .split_whitespace()
            .nth(i)
            .and_then(|x| x.parse::<f64>().ok())
    };
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok());
    // In ticks of 10 ms; fields 14 and 15 of proc(5).
    let ticks = field(11).unwrap_or(0.0) + field(12).unwrap_or(0.0);
    (ticks / 100.0, kib.unwrap_or(0) / 1024)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut numbers = std::env::args()
        .skip(1)
        .filter_map(|a| a.parse::<usize>().ok());
    let points = numbers.next().unwrap_or(1000).max(2);
    let threads = numbers.next().unwrap_or(2);
    // A thousand rates; more points are more seeds of each.
    let rates = points.min(1000);
    let seeds = points.div_ceil(rates);
    let points = rates * seeds;
    let list = |from: usize, n: usize| {
        let all: Vec<String> = (from..from + n).map(|i| i.to_string()).collect();
        all.join(", ")
    };
    let text = format!(
        "{SCENARIO}values = [{}]\n[[sweep.axis]]\nkey = \"seed\"\nname = \"world\"\nvalues = [{}]\n",
        list(1500, rates),
        list(1, seeds)
    );
    let parse = || Sweep::parse("bench.toml", &text, &[], &Registry::default());
    let folder = std::env::temp_dir().join(format!("mpathsim-bench-{}", std::process::id()));
    let sweep = parse()?;

    // The simulations alone: machines that are there, and no more than a run.
    let mut machines = Vec::new();
    for number in 0..points as u64 {
        machines.push(sweep.machine(&sweep.point(number))?);
    }
    let before = used().0;
    for machine in &machines {
        mpathsim::run::run(machine, &Default::default())?;
    }
    let alone = used().0 - before;
    let before = used().0;
    for machine in &machines {
        measure(
            machine.clone(),
            mpathsim::scenario::Mode::Request,
            &sweep.warm_up,
            true,
            None,
        )?;
    }
    let measured = used().0 - before;

    // All that the command does: the file is read, and its values are tried, too.
    let run = |threads: usize| -> Result<(f64, f64), Box<dyn std::error::Error>> {
        let options = Options {
            threads: Some(threads),
            existing: Existing::Replace,
            shard: None,
        };
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()?;
        let (began, before) = (Instant::now(), used().0);
        let sweep = pool.install(parse)?;
        execute(&sweep, Path::new(&folder), &options, &Control::default())?;
        Ok((began.elapsed().as_secs_f64(), used().0 - before))
    };
    // By turns: what the first of all has to do more falls to neither.
    run(1)?;
    let (mut one_wall, mut one_cpu) = (f64::INFINITY, f64::INFINITY);
    let (mut wall, mut cpu) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..TURNS {
        let one = run(1)?;
        (one_wall, one_cpu) = (one_wall.min(one.0), one_cpu.min(one.1));
        let many = run(threads)?;
        (wall, cpu) = (wall.min(many.0), cpu.min(many.1));
    }
    std::fs::remove_dir_all(&folder)?;
    let each = |seconds: f64| 1e3 * seconds / points as f64;
    println!("{points} points");
    println!(
        "simulated alone            {:8.3} ms of CPU a point",
        each(alone)
    );
    println!("with figures by time       {:8.3} ms", each(measured));
    println!("as a sweep, 1 thread       {:8.3} ms", each(one_cpu));
    println!("as a sweep, {threads} threads      {:8.3} ms", each(cpu));
    println!(
        "a point adds               {:8.3} ms",
        each(one_cpu - alone)
    );
    println!(
        "wall: {one_wall:.2} s on 1 thread, {wall:.2} s on {threads}: efficiency {:.3}",
        one_wall / wall / threads as f64
    );
    println!("peak resident size {} MiB", used().1);
    Ok(())
}
