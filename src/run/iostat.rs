//! The devices of all runs as `iostat -x` and btt show them.

use super::summary::{DeviceSummary, DirectionSummary, RunSummary};
use super::text::{Columns, three};

/// A table with a line a run and device that was used, for a terminal of `width`
/// columns or as wide as it is.
pub fn iostat(runs: &[RunSummary], width: Option<usize>) -> String {
    let all = || runs.iter().flat_map(|run| &run.devices);
    let reads = all().any(|device| device.read.ios > 0);
    let writes = !reads || all().any(|device| device.write.ios > 0);
    let mut columns = Columns::default();
    columns.row(Vec::<String>::new());
    columns.head(head(reads, writes));
    for run in runs {
        for device in &run.devices {
            if device.util > 0.0 {
                columns.row(line(run, device, reads, writes));
            }
        }
    }
    columns.shown(width)
}

fn head(reads: bool, writes: bool) -> Vec<String> {
    let mut head = vec!["device".to_owned()];
    for (shown, letter) in [(reads, 'r'), (writes, 'w')] {
        if shown {
            for word in ["/s", "kB/s", "rqm/s", "areq-sz", "_await"] {
                head.push(format!("{letter}{word}"));
            }
        }
    }
    head.extend(["aqu-sz", "%util", "D2C"].map(str::to_owned));
    head
}

fn line(run: &RunSummary, device: &DeviceSummary, reads: bool, writes: bool) -> Vec<String> {
    let mut line = vec![format!("{} ({})", device.name, run.mode)];
    for (shown, direction) in [(reads, &device.read), (writes, &device.write)] {
        if shown {
            line.extend(direction_cells(direction));
        }
    }
    let d2c = match device.d2c.count {
        0 => "–".into(),
        _ => three(device.d2c.mean_ns / 1e6),
    };
    line.extend([
        three(device.aqu_sz),
        format!("{:.1}", 100.0 * device.util),
        d2c,
    ]);
    line
}

/// Times in ms, as iostat has them.
fn direction_cells(direction: &DirectionSummary) -> [String; 5] {
    [
        format!("{:.0}", direction.ios_per_second),
        format!("{:.0}", direction.kib_per_second),
        format!("{:.0}", direction.merges_per_second),
        three(direction.kib_per_io),
        three(direction.await_ns / 1e6),
    ]
}
