//! What the devices could do at best: the limit against which every policy and
//! mode can be held.
//!
//! A fluid limit. Let the I/Os of the application be divided over the paths in
//! the best possible way, each path always having work, and merged as far as
//! requests may grow if neighbours there are. Then no arrangement is faster:
//! path i, whose device takes s(n) for a request of n bytes and works on c
//! requests at once, completes at most min(N_i / s(b), c·m / s(m·b)) I/Os of b
//! bytes a second, where N_i of the application's I/Os in flight are on it and m
//! of them fit into a request; the fastest paths are filled first. Ports that
//! share media complete no more than the media. The CPU is left out.

use crate::models::config::MachineConfig;
use crate::models::device::DeviceConfig;
use crate::models::device::truth::{media_of, media_stage, queue_depth, stages};
use crate::models::workload::fio::ThreadSpec;
use crate::models::workload::fio::spec::Engine;
use crate::run::{RunError, threads};
use crate::sim::Ns;

/// Largest request, bytes: the kernel's soft limit of 1280 KiB.
const LARGEST: f64 = 1280.0 * 1024.0;

/// The limit of a scenario.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Bound {
    /// I/Os a second that no run can exceed.
    pub iops: f64,
    /// Mean latency that no run can go below: that of an I/O alone on the
    /// fastest path.
    pub latency: Ns,
}

/// The limit of `config` for I/Os of `io_bytes` on average; none if its devices
/// or its jobs are of a kind that this does not hold for: a storage network
/// behind the paths, buffered I/O.
///
/// # Errors
/// The jobs are not understood.
pub fn bound(config: &MachineConfig, io_bytes: f64) -> Result<Option<Bound>, RunError> {
    let threads = threads(config)?;
    let direct = threads.iter().all(|thread| thread.spec.direct);
    if threads.is_empty() || !direct || io_bytes <= 0.0 {
        return Ok(None);
    }
    let specs = || threads.iter().map(|thread| &thread.spec);
    let in_flight = specs().map(depth).sum::<f64>();
    let merges = match specs().all(|spec| spec.pattern.random) {
        true => 1.0,
        false => (LARGEST / io_bytes).max(1.0),
    };
    let Some(mut paths) = paths(config, io_bytes, merges) else {
        return Ok(None);
    };
    paths.sort_by(|a, b| a.alone.total_cmp(&b.alone));
    let mut media: Vec<f64> = config
        .media
        .iter()
        .map(|m| media_stage(m).capacity(merges * io_bytes) * merges)
        .collect();
    let (mut left, mut iops) = (in_flight, 0.0);
    for path in &paths {
        let holds = left.min(path.capacity * path.alone);
        let mut rate = holds / path.alone;
        if let Some(at) = path.media {
            rate = rate.min(media[at]);
            media[at] -= rate;
        }
        left -= holds;
        iops += rate;
    }
    let fastest = paths.first().map_or(0.0, |path| path.alone);
    Ok(Some(Bound {
        iops: iops * 1e9,
        latency: Ns(fastest as u64),
    }))
}

/// I/Os that a thread has in flight at most.
fn depth(spec: &ThreadSpec) -> f64 {
    match spec.engine {
        Engine::Psync => 1.0,
        _ => f64::from(spec.iodepth),
    }
}

/// A path's device, in ns and I/Os a ns.
struct Limits {
    /// Time of an I/O that is alone.
    alone: f64,
    /// I/Os it completes when it is full.
    capacity: f64,
    /// The media behind it.
    media: Option<usize>,
}

fn paths(config: &MachineConfig, io_bytes: f64, merges: f64) -> Option<Vec<Limits>> {
    let limits = |device: &DeviceConfig| {
        let own = stages(device);
        let media = media_of(device, &config.media);
        let behind = media.map(|at| media_stage(&config.media[at]));
        let time = |bytes| {
            own.iter()
                .chain(&behind)
                .map(|s| s.time(bytes))
                .sum::<f64>()
        };
        let alone = time(io_bytes);
        if alone == 0.0 {
            return None;
        }
        let request = merges * io_bytes;
        let mut capacity = own
            .iter()
            .map(|s| s.capacity(request) * merges)
            .fold(f64::INFINITY, f64::min);
        if let Some(depth) = queue_depth(device) {
            capacity = capacity.min(f64::from(depth) * merges / time(request));
        }
        Some(Limits {
            alone,
            capacity,
            media,
        })
    };
    config.devices.iter().map(|d| limits(&d.device)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::scenario::{self, Mode};

    /// The limit of the devices and jobs of `text` for I/Os of 4 KiB.
    fn bound(text: &str) -> Option<(f64, u64)> {
        let table = "[[map]]\nselector = \"round-robin\"\npaths = [\"sda\", \"sdb\"]\n";
        let text = format!("{text}\n{table}");
        let scenario = scenario::parse("bound.toml", &text, &[]).unwrap();
        let machine = scenario::build(&scenario, Mode::Bio).unwrap();
        let found = super::bound(&machine, 4096.0).unwrap();
        found.map(|bound| (bound.iops.round(), bound.latency.0))
    }

    const UNEQUAL: &str = r#"
[[device]]
name = "sda"
null_blk = { completion = "1ms", hw_queue_depth = 2 }
[[device]]
name = "sdb"
null_blk = { completion = "4ms", hw_queue_depth = 2 }
"#;

    fn job(rw: &str, depth: u32) -> String {
        format!("[[workload.job]]\nrw = \"{rw}\"\nbs = \"4k\"\niodepth = {depth}\n")
    }

    #[test]
    fn the_fast_path_is_filled_first() {
        let of = |depth| bound(&(UNEQUAL.to_owned() + &job("randread", depth)));
        assert_eq!(of(1), Some((1000.0, 1_000_000)));
        assert_eq!(of(2), Some((2000.0, 1_000_000)));
        assert_eq!(of(3), Some((2250.0, 1_000_000)));
        assert_eq!(of(64), Some((2500.0, 1_000_000)));
    }

    #[test]
    fn what_is_sequential_may_merge() {
        let found = bound(&(UNEQUAL.to_owned() + &job("read", 2000)));
        // 320 I/Os to a request, 4 requests at once; the rest waits.
        assert_eq!(found, Some((800_000.0, 1_000_000)));
    }

    #[test]
    fn media_hold_their_ports_back() {
        let ports = r#"
[[media]]
name = "disks"
service = "1ms"
slots = 4
[[device]]
name = ["sda", "sdb"]
port = { latency = "100us", media = "disks" }
"#;
        let found = bound(&(ports.to_owned() + &job("randread", 64)));
        assert_eq!(found, Some((4000.0, 1_100_000)));
    }
}
