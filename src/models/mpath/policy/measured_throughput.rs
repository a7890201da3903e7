//! measured-throughput: the first form of service-time, as proposed in January
//! 2009; what was merged takes the throughput from the table instead.

use super::{Ended, PathView, Paths, Policy, Started, mean_of_known};
use crate::models::mpath::selector::SelectCtx;
use crate::sim::Ns;

/// Time in use after which a measurement counts.
const WINDOW: Ns = Ns::from_ms(10);

/// The path with the least (bytes in flight + bytes of this I/O) / throughput,
/// the throughput being that of its recent time in use. A path that it is not known of
/// yet is tried when it is idle; once something is in flight there, it counts as the
/// others do on average.
#[derive(Default)]
pub struct MeasuredThroughput {
    paths: Vec<Measured>,
}

#[derive(Copy, Clone, Default)]
struct Measured {
    in_flight: u32,
    /// When it last became busy, or was last looked at while busy.
    busy_since: Ns,
    /// Of the measurement under way: time in use, and bytes done in it.
    busy: Ns,
    bytes: u64,
    /// Bytes a millisecond; 0 = not known yet.
    throughput: u64,
}

impl Policy for MeasuredThroughput {
    fn add_path(&mut self, args: &[&str]) -> Result<(), String> {
        self.paths.push(Measured::default());
        match args {
            [] => Ok(()),
            _ => Err("incorrect number of arguments".into()),
        }
    }
    fn choose(&mut self, io: &SelectCtx, paths: &Paths) -> usize {
        let known = paths
            .usable()
            .map(|(index, _)| self.paths[index].throughput);
        let usual = mean_of_known(known).unwrap_or(1);
        paths.least_of(|index, path| {
            let bytes = u128::from(path.bytes_in_flight + u64::from(io.nr_bytes));
            let rate = match self.paths[index].throughput {
                0 if path.in_flight == 0 => return (0, 0), // to be tried
                0 => usual,
                own => own,
            };
            ((bytes << 20) / u128::from(rate), path.bytes_in_flight)
        })
    }
    fn started(&mut self, path: usize, io: Started) {
        let p = &mut self.paths[path];
        if p.in_flight == 0 {
            p.busy_since = io.now;
        }
        p.in_flight += 1;
    }
    fn ended(&mut self, path: usize, io: Ended, _view: &PathView) {
        let p = &mut self.paths[path];
        p.in_flight = p.in_flight.saturating_sub(1);
        p.busy += io.now.saturating_sub(p.busy_since);
        p.busy_since = io.now;
        if io.ok {
            p.bytes += u64::from(io.nr_bytes);
        }
        if p.busy >= WINDOW {
            p.throughput = (p.bytes.saturating_mul(1_000_000) / p.busy.0).max(1);
            (p.busy, p.bytes) = (Ns::ZERO, 0);
        }
    }
    fn refused(&mut self, path: usize, _nr_bytes: u32) {
        // If the path is idle again, it was busy for no time.
        let p = &mut self.paths[path];
        p.in_flight = p.in_flight.saturating_sub(1);
    }
}
