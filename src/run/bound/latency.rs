//! The least mean latency: that of I/Os alone, each on the path that is fastest for
//! its size and direction.

use super::load::{Class, Pool};
use super::path::Path;
use super::seen::Seen;
use crate::sim::Ns;

/// The least mean latency of all `pools`; 0 where I/Os need not wait for a device.
pub fn least(pools: &[Pool], paths: &[Path], seen: Option<&Seen>) -> Ns {
    let partly = seen.is_some_and(|seen| seen.is_partly_counted);
    let of = |pool: &Pool| -> f64 {
        let class = |class: &Class| class.share * fastest(pool, paths, class, partly);
        pool.classes.iter().map(class).sum()
    };
    let ns = match seen {
        Some(_) => pools.iter().map(|pool| pool.part * of(pool)).sum(),
        None => pools.iter().map(of).fold(f64::INFINITY, f64::min),
    };
    Ns(if ns.is_finite() { ns as u64 } else { 0 })
}

/// An I/O alone on the path that is fastest for it; `surely`: even the luckiest.
pub fn fastest(pool: &Pool, paths: &[Path], class: &Class, surely: bool) -> f64 {
    let time = |path: &usize| match surely {
        true => paths[*path].alone_at_least(pool, class),
        false => paths[*path].alone(pool, class),
    };
    let least = pool.paths.iter().map(time).fold(f64::INFINITY, f64::min);
    if least.is_finite() { least } else { 0.0 }
}
