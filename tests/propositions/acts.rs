//! A machine to which something is done while it runs, or whose paths fail.

use mpathsim::models::block::Action as Event;
use mpathsim::models::device::DeviceConfig;
use mpathsim::models::device::null_blk::Fault;
use mpathsim::models::device::scripted::Scripted;
use mpathsim::models::device::scsi::HandlerConfig;
use mpathsim::models::device::scsi::handler::DhAnswer;
use mpathsim::models::device::scsi::result::{Answer, CmdResult, HostByte};
use mpathsim::models::fault::{Action, TimedAction};
use mpathsim::models::io::BlkStatus;
use mpathsim::models::mpath::selector::StatusType;
use mpathsim::models::multipathd::Settings;
use mpathsim::models::workload::script::{Script, ScriptStep};
use mpathsim::sim::Ns;

use crate::rig::*;

/// A [`Rig`], what is done to it, and the faults of its paths.
pub struct Acted {
    pub rig: Rig,
    faults: Vec<(usize, Scripted<Fault>)>,
    disk_faults: Vec<(usize, Scripted<Answer>)>,
    features: &'static str,
    handler: &'static str,
}

impl Acted {
    /// Paths that take 10 ms.
    pub fn new(mode: Mode, paths: usize) -> Acted {
        Acted {
            rig: Rig::new(mode, paths).null_blks(|c| c.completion_nsec = Ns::from_ms(10)),
            faults: Vec::new(),
            disk_faults: Vec::new(),
            features: "0",
            handler: "0",
        }
    }
    /// Two groups of one path each.
    pub fn groups(mode: Mode) -> Acted {
        let mut acted = Acted::new(mode, 2);
        acted.rig = acted
            .rig
            .group("round-robin 0 1 0 /dev/p0 round-robin 0 1 0 /dev/p1");
        acted
    }
    /// Paths are SCSI disks.
    pub fn disks(mut self) -> Acted {
        for path in 0..self.rig.config.devices.len() {
            self.rig = self.rig.scsi(path, 32, Ns::from_ms(10));
            self.rig.config.devices[path].devno = (8, 16 * path as u32);
        }
        self
    }
    /// Paths are SCSI disks of an array with ALUA (request mode).
    pub fn alua(mut self) -> Acted {
        self = self.disks();
        for path in 0..self.rig.config.devices.len() {
            self = self.handler(path, "alua".into());
        }
        self.handler = "1 alua";
        self
    }
    /// The hardware handler of a disk.
    pub fn handler(mut self, path: usize, handler: HandlerConfig) -> Acted {
        if let DeviceConfig::ScsiDebug(c) = &mut self.rig.config.devices[path].device {
            c.handler = Some(handler);
        }
        self
    }
    /// The activations of a path, each of which takes so many ms, come to these
    /// results.
    pub fn activates(self, path: usize, ms: u64, results: &[DhAnswer]) -> Acted {
        let handler = HandlerConfig {
            name: "alua".into(),
            takes: Ns::from_ms(ms),
            results: results.to_vec(),
        };
        self.handler(path, handler)
    }
    /// The features of the map, with their count.
    pub fn features(mut self, words: &'static str) -> Acted {
        self.features = words;
        self
    }
    /// multipathd runs.
    pub fn multipathd(mut self, settings: Settings) -> Acted {
        self.rig.config.multipathd = Some(settings);
        self
    }
    /// Whatever is read from or written to a disk fails, as often as it is
    /// tried; it answers when it is asked whether it is ready.
    pub fn reads_and_writes_fail(mut self, path: usize) -> Acted {
        let answer = Answer {
            result: CmdResult::Host(HostByte::TransportFailfast),
            moved: 0,
        };
        let fault = Scripted {
            first: 1,
            last: u64::MAX,
            times: u32::MAX,
            answer,
        };
        self.disk_faults.push((path, fault));
        self
    }
    /// Without paths, I/O is queued.
    pub fn queueing(mut self) -> Acted {
        self.rig = self.rig.message("queue_if_no_path");
        self
    }
    /// A message before the start.
    pub fn before(mut self, text: &str) -> Acted {
        self.rig = self.rig.message(text);
        self
    }
    /// Something is done at that time, in ms.
    pub fn act(mut self, ms: u64, action: Action) -> Acted {
        let at = Ns::from_ms(ms);
        self.rig.config.actions.push(TimedAction { at, action });
        self
    }
    /// `dmsetup message`
    pub fn at(self, ms: u64, text: &str) -> Acted {
        let (map, text) = ("mp".into(), text.into());
        self.act(ms, Action::Message { map, text })
    }
    /// `dmsetup status`
    pub fn look(self, ms: u64) -> Acted {
        self.act(ms, Action::Status { map: "mp".into() })
    }
    /// The next `times` commands to a path end so, and move nothing.
    pub fn fails(mut self, path: usize, times: u32, status: BlkStatus) -> Acted {
        let answer = Fault { moved: 0, status };
        let (first, last) = (0, u64::MAX);
        let fault = Scripted {
            first,
            last,
            times,
            answer,
        };
        self.faults.push((path, fault));
        self
    }
    /// Runs `steps` on the map.
    pub fn run(self, steps: Vec<ScriptStep>) -> Run {
        let mut config = self.rig.finished();
        let table = &mut config.maps.last_mut().unwrap().table;
        *table = table.replacen(
            " multipath 0 0 ",
            &format!(" multipath {} {} ", self.features, self.handler),
            1,
        );
        config.workload.scripts = vec![Script {
            name: "script".into(),
            device: "/dev/mapper/mp".into(),
            cpu: None,
            steps,
        }];
        let mut machine = build(&config).unwrap();
        for (path, fault) in self.faults {
            machine.devices.null_blks[path].faults.push(fault);
        }
        for (path, fault) in self.disk_faults {
            machine.devices.scsi[path].faults.push(fault);
        }
        for (map, text) in &config.messages_before_start {
            machine.message(map, text).unwrap();
        }
        machine.run(|_| ()).unwrap();
        Run { machine }
    }
}

/// Sleeps until that time, in ms.
pub fn until(ms: u64) -> ScriptStep {
    ScriptStep::Until(Ns::from_ms(ms))
}

/// A page write at each of these times, in ms, none contiguous with another.
pub fn writes_at(times: impl IntoIterator<Item = u64>) -> Vec<ScriptStep> {
    let times = times.into_iter().enumerate();
    let steps = times.flat_map(|(i, ms)| [until(ms), write(2 * i as u64)]);
    steps.collect()
}

/// When events of a kind came on a device, in ms; all lie on whole ones.
pub fn times(run: &Run, device: &str, action: Event) -> Vec<u64> {
    let events = run.on(device, action);
    let ms = |at: Ns| {
        assert_eq!(at.0 % 1_000_000, 0, "{action:?} on {device} at {at}");
        at.0 / 1_000_000
    };
    events.iter().map(|event| ms(event.at)).collect()
}

/// When I/Os of the application ended, in ms, and their errnos.
pub fn ends(run: &Run) -> Vec<(u64, i32)> {
    let ended = run.machine.probe.ended.iter();
    ended.map(|&(at, e)| (at.0 / 1_000_000, e)).collect()
}

/// What `dmsetup status` says at the end, from the count of groups on.
pub fn status(run: &Run) -> String {
    from_groups(&printed(run, StatusType::Info))
}

/// What `dmsetup table` says at the end.
pub fn table(run: &Run) -> String {
    printed(run, StatusType::Table)
}

fn printed(run: &Run, kind: StatusType) -> String {
    let dm = run.machine.dm.devs.last().unwrap();
    let mut device = |dev, out: &mut String| out.push_str(run.name(dev));
    dm.table.print(kind, &mut device)
}

/// What it said each time that it was asked for during the run.
pub fn looks(run: &Run) -> Vec<String> {
    let seen = &run.machine.dm.devs.last().unwrap().status_seen;
    seen.iter().map(|(_, status)| from_groups(status)).collect()
}

fn from_groups(status: &str) -> String {
    let words: Vec<&str> = status.split_whitespace().collect();
    words[7..].join(" ")
}
