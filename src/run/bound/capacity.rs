//! The most that can be done: a linear program over the resources.
//!
//! Variables: I/Os of each pool of jobs, and of each of its classes over each of its
//! paths, a unit of time. Every resource works at most all the time, however many
//! paths share it.

use super::load::Pool;
use super::lp::Program;
use super::path::Path;
use crate::models::truth::Resources;
use crate::models::workload::fio::spec::Dir;

/// A class of I/Os of a pool over a path, and its variable.
struct Stream {
    variable: usize,
    pool: usize,
    class: usize,
    path: usize,
}

/// I/Os a ns of all `pools` together at most, with what is offered as a limit or
/// without; infinity: there is none. The devices are at work for `later` times the
/// time of the application. None if it is too much work to find out.
pub fn most(
    pools: &[Pool],
    paths: &[Path],
    resources: &Resources,
    (with_offered, later): (bool, f64),
) -> Option<f64> {
    let mut streams = Vec::new();
    for (n, pool) in pools.iter().enumerate() {
        for class in 0..pool.classes.len() {
            for path in &pool.paths {
                streams.push(Stream {
                    variable: pools.len() + streams.len(),
                    pool: n,
                    class,
                    path: *path,
                });
            }
        }
    }
    let unit = unit(pools, paths, &streams);
    let mut program = Program::new(pools.len() + streams.len());
    for (n, pool) in pools.iter().enumerate() {
        let own: Vec<&Stream> = streams.iter().filter(|s| s.pool == n).collect();
        mix(&mut program, n, pool, &own);
        in_flight(&mut program, pool, paths, &own, unit);
        for cap in pool.offered.iter().filter(|_| with_offered) {
            let share = |dir: Dir| pool.share_of(dir) * f64::from(u8::from(cap.of[dir]));
            let share: f64 = Dir::ALL.into_iter().map(share).sum();
            program.at_most(cap.rate * unit, [(n, share)]);
        }
    }
    for (on, resource) in resources.0.iter().enumerate() {
        if resource.servers.is_finite() {
            let scale = unit * resource.servers;
            let load = |s: &Stream| {
                let (pool, path) = (&pools[s.pool], &paths[s.path]);
                let takes = path.occupies(on, pool, &pool.classes[s.class]);
                (takes > 0.0).then_some((s.variable, takes / scale))
            };
            program.at_most(later, streams.iter().filter_map(load));
        }
    }
    Some(program.most_of_first(pools.len())? / unit)
}

/// Each class has its share of what its pool does.
fn mix(program: &mut Program, n: usize, pool: &Pool, own: &[&Stream]) {
    for (class, of) in pool.classes.iter().enumerate() {
        let streams = own.iter().filter(|s| s.class == class);
        let done = streams.map(|s| (s.variable, -1.0));
        program.at_most(0.0, done.chain([(n, of.share)]));
    }
}

/// What is done takes its time, and only so much is under way (Little). Trims are
/// not queued: a thread has but one.
fn in_flight(program: &mut Program, pool: &Pool, paths: &[Path], own: &[&Stream], unit: f64) {
    let time = |s: &&&Stream| {
        let alone = paths[s.path].alone(pool, &pool.classes[s.class]);
        (s.variable, (alone + pool.pause) / unit)
    };
    if let Some(most) = pool.in_flight {
        program.at_most(most, own.iter().map(|s| time(&s)));
    }
    let trims = own
        .iter()
        .filter(|s| pool.classes[s.class].dir == Dir::Trim);
    program.at_most(pool.threads, trims.map(|s| time(&s)));
}

/// What an I/O takes as a rule, so that numbers are of one size.
fn unit(pools: &[Pool], paths: &[Path], streams: &[Stream]) -> f64 {
    let times = streams.iter().map(|s| {
        let pool = &pools[s.pool];
        let class = &pool.classes[s.class];
        let course = &paths[s.path].course;
        let steps = course.steps.iter().chain(&course.holds);
        let takes = steps.map(|step| paths[s.path].occupies(step.on, pool, class));
        takes.fold(paths[s.path].alone(pool, class), f64::max)
    });
    let (sum, count) = times.fold((0.0, 0.0), |(sum, n), time| (sum + time, n + 1.0));
    match sum > 0.0 {
        true => sum / count,
        false => 1.0,
    }
}
