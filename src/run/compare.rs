//! The comparison that a person reads at a glance: a column a run, a block a
//! layer, and the verdicts.

use super::single_queue::{SingleQueueOutcome, StackingOutcome};
use super::summary::{RunSummary, Summary};
use super::text::{Columns, bytes, count, paragraph, percent, time, wrapped};
use super::timeline::timeline;
use super::verdict::Verdict;

/// What stands where a layer or a figure does not exist.
pub(super) const NOTHING: &str = "–";

/// The comparison of all runs of `summary`.
pub fn comparison(summary: &Summary) -> String {
    shown(summary, None)
}

/// The same for a terminal of `width` columns; none: as wide as it is.
pub fn shown(summary: &Summary, width: Option<usize>) -> String {
    let mut text = heading(summary);
    let mut columns = Columns::default();
    let heads = summary.runs.iter().map(column_head);
    columns.head(std::iter::once(String::new()).chain(heads));
    let mut sheet = Sheet {
        runs: &summary.runs,
        columns,
    };
    application(&mut sheet, summary);
    multipath(&mut sheet);
    path_devices(&mut sheet);
    paths(&mut sheet);
    single_queues(&mut sheet);
    cpu(&mut sheet, &summary.scenario.cpu_profile);
    text += &sheet.columns.shown(width);
    text += &timeline(&summary.runs, width);
    text += &super::iostat::iostat(&summary.runs, width);
    text += &verdicts(summary);
    width.map_or(text.clone(), |width| wrapped(&text, width))
}

fn heading(summary: &Summary) -> String {
    let scenario = &summary.scenario;
    let mut text = scenario.name.clone();
    if !scenario.about.is_empty() {
        text += &format!(": {}", scenario.about);
    }
    if !scenario.look_at.is_empty() {
        let look_at = format!("look at: {}", scenario.look_at);
        text += &format!("\n{}", paragraph(&look_at, 0, 88).trim_end());
    }
    let (cpus, hz) = (scenario.cpus, scenario.hz);
    let plural = if cpus == 1 { "" } else { "s" };
    text += &format!(
        "\nseed {}, {cpus} CPU{plural} at {hz} Hz, CPU profile {}",
        scenario.seed, scenario.cpu_profile
    );
    for set in &scenario.set {
        text += &format!("\nset {set}");
    }
    // No mean without its interval: these are none of a population.
    text + "\neach column is one run, counted in full; what another would be: mpathsim compare\n\n"
}

pub(super) fn column_head(run: &RunSummary) -> String {
    match &run.single_queues {
        Some(single) if run.mode == "request" => format!("{} ({})", run.title(), single.way),
        _ => run.title(),
    }
}

/// Rows under construction, a cell a run.
struct Sheet<'r> {
    runs: &'r [RunSummary],
    columns: Columns,
}

impl Sheet<'_> {
    fn block(&mut self, title: &str) {
        self.columns.row(Vec::<String>::new());
        self.columns.row([title]);
    }
    fn row(&mut self, label: &str, cell: impl Fn(&RunSummary) -> String) {
        let cells = self.runs.iter().map(cell);
        let label = format!("  {label}");
        self.columns.row(std::iter::once(label).chain(cells));
    }
    fn any(&self, holds: impl Fn(&RunSummary) -> bool) -> bool {
        self.runs.iter().any(holds)
    }
}

fn application(sheet: &mut Sheet<'_>, summary: &Summary) {
    let bound = summary.bound;
    sheet.columns.row(["application"]);
    sheet.row("I/Os", |run| count(run.application.ios));
    if sheet.any(|run| run.application.errors > 0) {
        sheet.row("errors", |run| count(run.application.errors));
    }
    sheet.row("IOPS", |run| count(run.application.iops.round() as u64));
    if let Some(bound) = bound {
        let most = count(bound.iops.round() as u64);
        let label = format!("of at most {most}{}", bound.by.words());
        sheet.row(&label, |run| percent(run.application.iops / bound.iops));
    } else if let Some(why) = &summary.bound_unknown {
        let line = format!("  bound: not known ({why})");
        sheet.columns.row([line]);
    }
    sheet.row("bandwidth", |run| {
        format!("{}/s", bytes(run.application.bytes_per_second))
    });
    let latency = |run: &RunSummary, ns: f64| match run.application.latency.count {
        0 => NOTHING.into(),
        _ => time(ns),
    };
    sheet.row("latency mean", |run| {
        latency(run, run.application.latency.mean_ns)
    });
    if let Some(bound) = bound.filter(|bound| bound.latency_ns > 0) {
        let label = format!("over {} alone", time(bound.latency_ns as f64));
        sheet.row(&label, |run| {
            if run.application.latency.count == 0 {
                return NOTHING.into();
            }
            let times = run.application.latency.mean_ns / bound.latency_ns.max(1) as f64;
            format!("× {times:.2}")
        });
    }
    sheet.row("50 %", |run| {
        latency(run, run.application.latency.p50_ns as f64)
    });
    sheet.row("99 %", |run| {
        latency(run, run.application.latency.p99_ns as f64)
    });
    sheet.row("99.9 %", |run| {
        latency(run, run.application.latency.p999_ns as f64)
    });
    sheet.row("duration", |run| time(run.duration_ns as f64));
}

fn multipath(sheet: &mut Sheet<'_>) {
    if !sheet.any(|run| run.multipath.bios > 0) {
        return;
    }
    sheet.block("multipath device");
    let some = |present: bool, text: String| if present { text } else { NOTHING.into() };
    sheet.row("bios", |run| {
        some(run.multipath.bios > 0, count(run.multipath.bios))
    });
    sheet.row("merged", |run| {
        some(run.multipath.requests > 0, count(run.multipath.bios_merged))
    });
    sheet.row("requests", |run| {
        some(
            run.multipath.requests > 0,
            count(run.multipath.requests_kept),
        )
    });
    sheet.row("mean request", |run| {
        some(
            run.multipath.requests > 0,
            bytes(run.multipath.mean_request_bytes),
        )
    });
    if sheet.any(|run| run.multipath.requeues > 0) {
        sheet.row("requeued", |run| count(run.multipath.requeues));
    }
}

fn path_devices(sheet: &mut Sheet<'_>) {
    sheet.block("path devices");
    let some = |present: bool, text: String| if present { text } else { NOTHING.into() };
    sheet.row("bios", |run| {
        some(run.path_devices.bios > 0, count(run.path_devices.bios))
    });
    sheet.row("merged", |run| {
        some(
            run.path_devices.bios > 0,
            count(run.path_devices.bios_merged),
        )
    });
    sheet.row("requests", |run| count(run.path_devices.requests_kept));
    sheet.row("mean request", |run| {
        bytes(run.path_devices.mean_request_bytes)
    });
    if sheet.any(|run| run.path_devices.requeues > 0) {
        sheet.row("requeued", |run| count(run.path_devices.requeues));
    }
}

fn paths(sheet: &mut Sheet<'_>) {
    let mut names: Vec<(String, String)> = Vec::new();
    for path in sheet.runs.iter().flat_map(|run| &run.paths) {
        let name = (path.map.clone(), path.device.clone());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return;
    }
    sheet.block("paths: share of bytes, in flight, busy");
    for (map, device) in names {
        sheet.row(&device, |run| {
            let path = run
                .paths
                .iter()
                .find(|path| path.map == map && path.device == device);
            path.map_or(NOTHING.into(), |path| {
                let (share, busy) = (percent(path.share), 100.0 * path.utilisation);
                format!("{share}, {:.1}, {busy:.0} %", path.in_flight)
            })
        });
    }
}

/// What only kernels with single queues have.
fn single_queues(sheet: &mut Sheet<'_>) {
    if !sheet.any(|run| run.single_queues.is_some()) {
        return;
    }
    sheet.block("single queues");
    let row = |sheet: &mut Sheet<'_>, label: &str, cell: &dyn Fn(&SingleQueueOutcome) -> String| {
        sheet.row(label, |run| {
            run.single_queues.as_ref().map_or(NOTHING.into(), cell)
        });
    };
    for (label, of_maps) in [("map unplugged", true), ("paths unplugged", false)] {
        row(sheet, label, &|s| {
            let by = [
                s.sum(of_maps, |q| q.unplugged_by_threshold),
                s.sum(of_maps, |q| q.unplugged_by_sync),
                s.sum(of_maps, |q| q.unplugged_by_waiter),
                s.sum(of_maps, |q| q.unplugged_by_timer),
            ];
            by.map(count).join(" / ")
        });
    }
    sheet
        .columns
        .row(["    by: number / sync bio / waiter / timer"]);
    row(sheet, "times a submitter slept", &|s| {
        count(s.sum(true, |q| q.slept) + s.sum(false, |q| q.slept))
    });
    if sheet.any(|run| {
        run.single_queues
            .as_ref()
            .is_some_and(|s| s.readahead_put_off > 0)
    }) {
        row(sheet, "not read ahead, congested", &|s| {
            count(s.readahead_put_off)
        });
    }
    let stacked =
        |s: &SingleQueueOutcome, f: &dyn Fn(&StackingOutcome) -> u64| match s.stacking.is_empty() {
            true => NOTHING.into(),
            false => count(s.stacking.iter().map(f).sum()),
        };
    row(sheet, "times all paths were busy", &|s| {
        stacked(s, &|m| m.held_back)
    });
    row(sheet, "clones at most", &|s| {
        stacked(s, &|m| u64::from(m.most_clones))
    });
    row(
        sheet,
        "lock-order cycles",
        &|s| count(s.cycles.len() as u64),
    );
}

fn cpu(sheet: &mut Sheet<'_>, profile: &str) {
    sheet.block("CPU");
    if profile == "none" && !sheet.any(|run| run.cpu.busy > 0.0) {
        sheet.columns.row(["  costs nothing under profile none"]);
        return;
    }
    sheet.row("busy", |run| percent(run.cpu.busy));
    sheet.row("an I/O", |run| time(run.cpu.ns_per_io));
    sheet.row("task / worker / irq", |run| {
        let all = (run.cpu.task_ns + run.cpu.worker_ns + run.cpu.irq_ns).max(1) as f64;
        let part = |ns: u64| 100.0 * ns as f64 / all;
        let (task, worker, irq) = (run.cpu.task_ns, run.cpu.worker_ns, run.cpu.irq_ns);
        format!("{:.0}/{:.0}/{:.0} %", part(task), part(worker), part(irq))
    });
    sheet.row("context switches", |run| count(run.cpu.switches));
}

fn verdicts(summary: &Summary) -> String {
    if summary.verdicts.is_empty() {
        return String::new();
    }
    let mut text = String::from("\nverdict\n");
    for verdict in &summary.verdicts {
        text += &format!("  {}\n", sentence(verdict));
    }
    text
}

/// One line a figure.
fn sentence(verdict: &Verdict) -> String {
    let doubt = match verdict.depends_on_cpu_profile {
        Some(true) => "; depends on the CPU profile",
        _ => "",
    };
    format!("{}: {}{doubt}", verdict.subject(), verdict.finding())
}
