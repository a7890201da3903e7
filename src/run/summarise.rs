//! From a machine that has run to its outcome.

use super::outcome::{
    ActionOutcome, CpuOutcome, DeviceOutcome, DirOutcome, DirStats, Issued, JobOutcome, MapOutcome,
    Outcome, PathOutcome,
};
use super::single_queue::SingleQueueOutcome;
use crate::models::block::BlockDev;
use crate::models::block::device::DirCount;
use crate::models::device::scsi::{Incident, Lld};
use crate::models::fabric::nexus::State;
use crate::models::fault::{ActionDone, ActionKind, TimedAction};
use crate::models::io::{DevId, Op, rwbs};
use crate::models::machine::Machine;
use crate::models::mpath::selector::StatusType;
use crate::models::probe::Probe;
use crate::models::truth::Drawn;
use crate::models::workload::fio::spec::Dir;
use crate::models::workload::fio::windows::Windows;
use crate::models::workload::fio::{DirReport, FioReport};
use crate::observe::marks::EventId;
use crate::sim::Ns;

/// `dmsetup table` and `status` of every map, devices by name.
pub fn dmsetup<P: Probe>(m: &Machine<P>, kind: StatusType) -> Vec<String> {
    let mut device = |dev: DevId, out: &mut String| out.push_str(m.dev_name(dev));
    m.dm.devs
        .iter()
        .zip(0..)
        .map(|(d, n)| match m.has_dmsetup(n) {
            true => d.table.print(kind, &mut device),
            false => String::new(),
        })
        .collect()
}

/// The outcome of a machine that has run, but for [`take_windows`].
pub fn summarise<P: Probe>(
    m: &Machine<P>,
    tables: [Vec<String>; 2],
    statuses: [Vec<String>; 2],
) -> Outcome {
    let maps = m.dm.devs.iter().map(|d| d.dev);
    let leaves = (0..m.block.devs.len()).map(|i| DevId(i as u16));
    let leaves = leaves.filter(|&d| m.dm.devs.iter().all(|map| map.dev != d));
    let devices = maps.chain(leaves).map(|d| device(m, d)).collect();
    Outcome {
        duration: m.last_io,
        events: m.events,
        devices,
        jobs: jobs(m),
        maps: map_outcomes(m, tables, statuses),
        cpus: cpus(m),
        actions: actions(m),
        network: network(m),
        recovery: recovery(m),
        held: m.held(),
        is_futile: m.is_futile,
        kernel_log: m.block.klog.lines.clone(),
        single_queues: SingleQueueOutcome::of(m),
        ..Outcome::default()
    }
}

/// What was done and what broke, in order of time.
fn actions<P: Probe>(m: &Machine<P>) -> Vec<ActionOutcome> {
    let outcome = |(n, (timed, done)): (usize, (&TimedAction, Option<&ActionDone>))| {
        let error = done.and_then(|done| done.result.err());
        ActionOutcome {
            id: EventId::Action(n),
            what: timed.action.to_string(),
            kind: timed.action.kind(),
            path: timed.action.path().map(str::to_owned),
            map: timed.action.map().map(str::to_owned),
            at: timed.at,
            ended: done.map_or(Ns::NEVER, |done| done.ended),
            error: error.map(|errno| errno.to_string()),
        }
    };
    let mut all: Vec<ActionOutcome> = m.admin.outcomes().enumerate().map(outcome).collect();
    let turns = m.devices.san.calendar().enumerate();
    let turns = turns.take_while(|(_, turn)| turn.at <= m.last_io);
    all.extend(turns.map(|(n, turn)| ActionOutcome {
        id: EventId::Fault(n),
        what: match turn.begins {
            true => turn.what,
            false => format!("{} is over", turn.what),
        },
        kind: ActionKind::of_turn(turn.begins),
        path: None,
        map: None,
        at: turn.at,
        ended: turn.at,
        error: None,
    }));
    all.sort_by_key(|action| action.at);
    all
}

/// What the storage network did by itself, in order of time.
fn network<P: Probe>(m: &Machine<P>) -> Vec<(Ns, String)> {
    let transport = m.transport.iter().map(|&(at, dev, state)| {
        let what = match state {
            State::Running => "its port is back",
            State::Stalled => "its session stalls",
            State::Blocked => "its port is blocked",
            State::Failed => "its port has failed (fast_io_fail_tmo)",
            State::Removed => "its port is removed (dev_loss_tmo)",
        };
        (at, format!("{}: {what}", m.dev_name(dev)))
    });
    let mut all: Vec<(Ns, String)> = transport.chain(m.devices.san.moves()).collect();
    all.extend(incidents(m, true));
    all.sort_by_key(|(at, _)| *at);
    all
}

/// What the kernel and multipathd did about it, in order of time. A session that
/// stalls is the network's.
fn incidents<P: Probe>(m: &Machine<P>, stalls: bool) -> Vec<(Ns, String)> {
    let disks = m.devices.scsi.iter();
    let all = disks.flat_map(|disk| disk.incidents.iter().map(move |told| (disk.dev, told)));
    all.filter(|(_, (at, what))| *at <= m.last_io && (*what == Incident::Stalled) == stalls)
        .map(|(dev, (at, what))| (*at, format!("{}: {what}", m.dev_name(dev))))
        .collect()
}

fn recovery<P: Probe>(m: &Machine<P>) -> Vec<(Ns, String)> {
    let mut all = incidents(m, false);
    all.extend_from_slice(m.decisions());
    all.sort_by_key(|(at, _)| *at);
    all
}

fn device<P: Probe>(m: &Machine<P>, id: DevId) -> DeviceOutcome {
    let d: &BlockDev = &m.block.devs[usize::from(id.0)];
    let map = m.dm.devs.iter().find(|map| map.dev == id);
    let c = &d.count;
    let dir = |op: Op| stats(&c.dirs[op as usize]);
    let mut issued: Vec<Issued> = c
        .issued
        .iter()
        .map(|(key, count)| Issued {
            sectors: key.sectors,
            rwbs: rwbs(key.op, key.flags),
            count: *count,
        })
        .collect();
    issued.sort();
    let mut unplugs = c.unplugs.clone();
    unplugs.sort_unstable();
    DeviceOutcome {
        name: d.name.clone(),
        devno: d.devno,
        is_map: map.is_some(),
        map_name: map.map(|m| m.name.clone()),
        read: dir(Op::Read),
        write: dir(Op::Write),
        discard: dir(Op::Discard),
        flush: dir(Op::Flush),
        io_ticks: c.io_ticks,
        until: c.changed,
        time_in_queue: c.dirs.iter().map(|d| d.ticks).fold(Ns::ZERO, |a, b| a + b),
        issued,
        bios_back_merged: c.back_merges,
        bios_front_merged: c.front_merges,
        requests_merged: c.rq_merges,
        requests_inserted: c.inserts,
        requests_requeued: c.requeues,
        requests_taken_back: c.taken_back,
        bios_split: c.splits,
        requests_failed: c.failed,
        unplugs,
        bios: c.bios,
        d2c: c.d2c.clone(),
        drawn: drawn(m, id),
    }
}

fn drawn<P: Probe>(m: &Machine<P>, id: DevId) -> Option<Drawn> {
    let d = &m.devices;
    let port = d.port_disks.iter().find(|disk| disk.dev == id);
    let lun = d.scsi.iter().find(|disk| disk.dev == id);
    let drawn = match (port, lun.map(|disk| disk.lld)) {
        (Some(disk), _) => d.array.drawn(disk.port),
        (None, Some(Lld::Lun(path))) => d.san.drawn(path),
        _ => return None,
    };
    Some(drawn).filter(|drawn| drawn.commands > 0)
}

fn stats(c: &DirCount) -> DirStats {
    DirStats {
        ios: c.ios,
        merges: c.merges,
        sectors: c.sectors,
        ticks: c.ticks,
    }
}

fn map_outcomes<P: Probe>(
    m: &Machine<P>,
    tables: [Vec<String>; 2],
    statuses: [Vec<String>; 2],
) -> Vec<MapOutcome> {
    let text = |list: &[Vec<String>; 2], when: usize, i: usize| {
        list[when].get(i).cloned().unwrap_or_default()
    };
    m.dm.devs
        .iter()
        .enumerate()
        .map(|(i, d)| MapOutcome {
            name: d.name.clone(),
            table_at_start: text(&tables, 0, i),
            table_at_end: text(&tables, 1, i),
            status_at_start: text(&statuses, 0, i),
            status_at_end: text(&statuses, 1, i),
            kernel_log: d.log.clone(),
            retried: d.retried,
            history: d.history.clone(),
            status_seen: d.status_seen.clone(),
            paths: paths(m, i),
        })
        .collect()
}

fn paths<P: Probe>(m: &Machine<P>, map: usize) -> Vec<PathOutcome> {
    let Some(target) = m.dm.devs[map].multipath() else {
        return Vec::new();
    };
    target
        .paths()
        .iter()
        .map(|p| {
            let d = &m.block.devs[usize::from(p.dev.0)];
            let c = &d.count;
            let span = c.changed.max(m.last_io).0.max(1) as f64;
            PathOutcome {
                device: d.name.clone(),
                group: u32::from(p.group) + 1,
                ios: c.dirs.iter().map(|d| d.ios).sum::<u64>() - c.refused,
                bytes: c.dirs.iter().map(|d| d.sectors * 512).sum(),
                mean_in_flight: c.in_flight_integral as f64 / span,
                utilisation: c.io_ticks.0 as f64 / span,
            }
        })
        .collect()
}

fn cpus<P: Probe>(m: &Machine<P>) -> Vec<CpuOutcome> {
    m.host
        .cpus
        .iter()
        .map(|c| CpuOutcome {
            task: c.used.task,
            worker: c.used.worker,
            irq: c.used.irq,
            switches: c.used.switches,
        })
        .collect()
}

/// The completions of all threads by time, which the threads do not keep: there is
/// much of it.
pub fn take_windows<P: Probe>(m: &mut Machine<P>) -> Option<Windows> {
    let threads = m.app.threads.iter_mut();
    let all = threads.filter_map(|t| t.fio.take_windows());
    all.reduce(|mut all, windows| {
        all.merge(&windows);
        all
    })
}

/// One entry a thread, or one a section where `group_reporting` adds them up.
fn jobs<P: Probe>(m: &Machine<P>) -> Vec<JobOutcome> {
    let mut out: Vec<JobOutcome> = Vec::new();
    let mut section = None;
    for t in &m.app.threads {
        let spec = t.fio.spec();
        let job = job(&spec.name, &t.fio.report());
        match out.last_mut() {
            Some(last) if spec.group_reporting && section == Some(spec.section) => add(last, &job),
            _ => out.push(job),
        }
        section = Some(spec.section);
    }
    out
}

fn job(name: &str, r: &FioReport) -> JobOutcome {
    let dir = |d: Dir| dir_outcome(&r.dirs[d]);
    JobOutcome {
        name: name.into(),
        error: r.error,
        runtime_ms: r.runtime_ms,
        total_err: r.total_err,
        first_error: r.first_error,
        read: dir(Dir::Read),
        write: dir(Dir::Write),
        trim: dir(Dir::Trim),
        syncs: r.syncs,
    }
}

fn dir_outcome(r: &DirReport) -> Option<DirOutcome> {
    (r.total_ios > 0).then(|| DirOutcome {
        total_ios: r.total_ios,
        io_bytes: r.io_bytes,
        runtime_ms: r.runtime_ms,
        slat: r.slat.clone(),
        clat: r.clat.clone(),
        lat: r.lat.clone(),
    })
}

/// Adds a clone's figures to its group's.
fn add(sum: &mut JobOutcome, job: &JobOutcome) {
    sum.runtime_ms += job.runtime_ms; // `total_run_time`
    sum.total_err += job.total_err;
    sum.syncs += job.syncs;
    if sum.error == 0 {
        sum.error = job.error;
        sum.first_error = job.first_error;
    }
    for (a, b) in [
        (&mut sum.read, &job.read),
        (&mut sum.write, &job.write),
        (&mut sum.trim, &job.trim),
    ] {
        match (a, b) {
            (Some(a), Some(b)) => {
                a.total_ios += b.total_ios;
                a.io_bytes += b.io_bytes;
                a.runtime_ms = a.runtime_ms.max(b.runtime_ms);
                a.slat.merge(&b.slat);
                a.clat.merge(&b.clat);
                a.lat.merge(&b.lat);
            }
            (a @ None, Some(b)) => *a = Some(b.clone()),
            (_, None) => {}
        }
    }
}
