//! A machine on which a proposition is tried, and what is seen of it.

use mpathsim::models::block::{Action, Subject};
use mpathsim::models::config::{MachineConfig, MapConfig, NamedDevice, QueueConfig, SchedulerName};
use mpathsim::models::device::{DeviceConfig, NullBlkConfig, ScsiDebugConfig};
use mpathsim::models::io::{DevId, Flags, Op};
use mpathsim::models::kernel::{Kernel, Way};
use mpathsim::models::machine::{BuildError, Machine};
use mpathsim::models::probe::Probe;
use mpathsim::models::workload::script::{Script, ScriptBio, ScriptStep};
use mpathsim::sim::Ns;

/// Sectors of the map.
const SECTORS: u64 = 262_144;

/// How the map is driven.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Mode {
    Bio,
    Rq,
}

pub use Mode::{Bio, Rq};

/// Scripted writes look like buffered ones; they are not to be throttled.
fn unthrottled() -> QueueConfig {
    QueueConfig {
        wbt_lat_usec: Some(0),
        ..QueueConfig::default()
    }
}

/// The base setting of the propositions: one group, equal paths, mq-deadline
/// everywhere, depth 64, 1280 KiB, slow devices.
pub struct Rig {
    pub config: MachineConfig,
    mode: Mode,
    group: String,
}

impl Rig {
    pub fn new(mode: Mode, paths: usize) -> Rig {
        let devices = (0..paths).map(|n| NamedDevice {
            name: format!("p{n}"),
            devno: (251, n as u32),
            device: DeviceConfig::NullBlk(NullBlkConfig {
                irqmode: 2,
                completion_nsec: Ns::from_secs(1),
                max_sectors: 2560,
                ..NullBlkConfig::default()
            }),
            queue: unthrottled(),
        });
        let mut config = MachineConfig {
            devices: devices.collect(),
            ..MachineConfig::default()
        };
        config.host.hz = 1000;
        let list: Vec<String> = (0..paths).map(|n| format!("/dev/p{n}")).collect();
        Rig {
            config,
            mode,
            group: format!("round-robin 0 {paths} 0 {}", list.join(" ")),
        }
    }

    /// The same in a kernel with single queues, deadline everywhere.
    pub fn old(kernel: Kernel, mode: Mode, paths: usize) -> Rig {
        let mut rig = Rig::new(mode, paths);
        rig.config.kernel = kernel;
        rig.config.way = match (mode, kernel) {
            (Bio, _) => Way::Bio,
            (Rq, Kernel::V2_6_31) => Way::Rq2631,
            (Rq, _) => Way::Rq2008,
        };
        let deadline = |q: &mut QueueConfig| q.scheduler = Some(SchedulerName::Deadline);
        rig.paths(deadline).queue(deadline)
    }

    /// The group's selector and its arguments; paths without arguments.
    pub fn selector(mut self, selector: &str) -> Rig {
        let (_, paths) = self.group.split_once(" 0 ").unwrap();
        self.group = format!("{selector} 0 {paths}");
        self
    }

    /// The group as the table has it, selector first; further groups
    /// (`round-robin`) behind it.
    pub fn group(mut self, words: &str) -> Rig {
        self.group = words.into();
        self
    }

    /// Changes every path's queue.
    pub fn paths(mut self, change: impl Fn(&mut QueueConfig)) -> Rig {
        for d in &mut self.config.devices {
            change(&mut d.queue);
        }
        self
    }

    /// Changes one null_blk device.
    pub fn null_blk(mut self, path: usize, change: impl Fn(&mut NullBlkConfig)) -> Rig {
        if let DeviceConfig::NullBlk(c) = &mut self.config.devices[path].device {
            change(c);
        }
        self
    }

    /// Changes every null_blk device.
    pub fn null_blks(mut self, change: impl Fn(&mut NullBlkConfig) + Copy) -> Rig {
        for path in 0..self.config.devices.len() {
            self = self.null_blk(path, change);
        }
        self
    }

    /// Path `path` is a SCSI disk of that depth and delay.
    pub fn scsi(mut self, path: usize, depth: u32, delay: Ns) -> Rig {
        self.config.devices[path].device = DeviceConfig::ScsiDebug(ScsiDebugConfig {
            dev_size_mb: 100_000,
            ndelay: delay,
            queue_depth: Some(depth),
            ..ScsiDebugConfig::default()
        });
        self
    }

    /// A device-mapper device below the map, of one target.
    pub fn below(mut self, name: &str, target: &str) -> Rig {
        self.map();
        let n = self.config.maps.len() - 1;
        let map = MapConfig {
            name: name.into(),
            devno: (252, 1 + n as u32),
            table: format!("0 {SECTORS} {target}"),
            queue: unthrottled(),
        };
        self.config.maps.insert(n, map);
        self
    }

    /// The queue of the map.
    pub fn map(&mut self) -> &mut QueueConfig {
        if self.config.maps.is_empty() {
            self.config.maps.push(MapConfig {
                name: "mp".into(),
                devno: (252, 0),
                table: String::new(),
                queue: unthrottled(),
            });
        }
        &mut self.config.maps.last_mut().unwrap().queue
    }

    /// Changes the map's queue.
    pub fn queue(mut self, change: impl Fn(&mut QueueConfig)) -> Rig {
        change(self.map());
        self
    }

    /// No scheduler anywhere.
    pub fn unscheduled(self) -> Rig {
        let none = |q: &mut QueueConfig| q.scheduler = Some(SchedulerName::None);
        self.paths(none).queue(none)
    }

    /// A message before the start.
    pub fn message(mut self, text: &str) -> Rig {
        let message = ("mp".into(), text.into());
        self.config.messages_before_start.push(message);
        self
    }

    fn table(&self) -> String {
        let features = match self.mode {
            _ if self.config.kernel.is_legacy() => "0",
            Bio => "2 queue_mode bio",
            Rq => "0",
        };
        let groups = 1 + self.group.matches(" round-robin").count();
        format!(
            "0 {SECTORS} multipath {features} 0 {groups} 1 {}",
            self.group
        )
    }

    /// The configuration with its table.
    pub fn finished(mut self) -> MachineConfig {
        self.map();
        self.config.maps.last_mut().unwrap().table = self.table();
        self.config
    }

    /// Runs `steps` on the map.
    pub fn run(self, steps: Vec<ScriptStep>) -> Run {
        self.run_on("/dev/mapper/mp", steps)
    }

    /// Runs `steps` on a device.
    pub fn run_on(self, device: &str, steps: Vec<ScriptStep>) -> Run {
        self.run_scripts(vec![Script {
            name: "script".into(),
            device: device.into(),
            cpu: None,
            steps,
        }])
    }

    /// Runs `steps` on a device of a machine at which `change` has been.
    pub fn run_changed(
        self,
        device: &str,
        steps: Vec<ScriptStep>,
        change: impl FnOnce(&mut Machine<Recorder>),
    ) -> Run {
        let script = Script {
            name: "script".into(),
            device: device.into(),
            cpu: None,
            steps,
        };
        self.run_scripts_changed(vec![script], change)
    }

    /// Runs several tasks.
    pub fn run_scripts(self, scripts: Vec<Script>) -> Run {
        self.run_scripts_changed(scripts, |_| ())
    }

    /// The same on a machine at which `change` has been.
    pub fn run_scripts_changed(
        self,
        scripts: Vec<Script>,
        change: impl FnOnce(&mut Machine<Recorder>),
    ) -> Run {
        let mut config = self.finished();
        config.workload.scripts = scripts;
        let mut machine = build(&config).unwrap();
        for (map, text) in &config.messages_before_start {
            machine.message(map, text).unwrap();
        }
        change(&mut machine);
        machine.run(|_| ()).unwrap();
        Run { machine }
    }
}

pub fn build(config: &MachineConfig) -> Result<Machine<Recorder>, BuildError> {
    Machine::build(config, &[], Recorder::default())
}

/// An event.
#[derive(Copy, Clone, Debug)]
pub struct Seen {
    pub at: Ns,
    pub dev: DevId,
    pub action: Action,
    pub sector: u64,
    pub sectors: u32,
    pub op: Op,
    pub flags: Flags,
}

/// Keeps every event.
#[derive(Debug, Default)]
pub struct Recorder {
    pub events: Vec<Seen>,
    pub ended: Vec<(Ns, i32)>,
}

impl Probe for Recorder {
    fn block_event(
        &mut self,
        at: Ns,
        _: u8,
        _: Option<&str>,
        dev: DevId,
        action: Action,
        s: Subject,
    ) {
        self.events.push(Seen {
            at,
            dev,
            action,
            sector: s.sector,
            sectors: s.sectors,
            op: s.op,
            flags: s.flags,
        });
    }
    fn io_begun(&mut self, _: Ns, _: u16) {}
    fn io_done(&mut self, at: Ns, _: u16, _: u32, errno: i32) {
        self.ended.push((at, errno));
    }
}

/// A run that is over.
pub struct Run {
    pub machine: Machine<Recorder>,
}

impl Run {
    /// All events, in order.
    pub fn events(&self) -> &[Seen] {
        &self.machine.probe.events
    }
    pub fn dev(&self, name: &str) -> DevId {
        let found = self.machine.block.devs.iter().position(|d| d.name == name);
        DevId(found.unwrap() as u16)
    }
    /// The multipath device.
    fn map(&self) -> DevId {
        self.machine.dm.devs.last().unwrap().dev
    }
    pub fn name(&self, dev: DevId) -> &str {
        self.machine.dev_name(dev)
    }
    /// Events of one kind on a device.
    pub fn on(&self, name: &str, action: Action) -> Vec<Seen> {
        let dev = self.dev(name);
        let all = self.events().iter();
        all.filter(|e| e.dev == dev && e.action == action)
            .copied()
            .collect()
    }
    /// Requests issued on a device, in order: first sector and sectors.
    pub fn issued(&self, name: &str) -> Vec<(u64, u32)> {
        let issued = self.on(name, Action::Issue);
        issued.iter().map(|e| (e.sector, e.sectors)).collect()
    }
    /// Their sectors alone.
    pub fn sizes(&self, name: &str) -> Vec<u32> {
        self.issued(name).iter().map(|&(_, n)| n).collect()
    }
    /// The paths that I/Os went to, in order of mapping.
    pub fn mapped(&self) -> Vec<&str> {
        let map = self.map();
        let all = self.events().iter();
        all.filter(|e| matches!(e.action, Action::Remap(from, _) if from == map))
            .map(|e| self.name(e.dev))
            .collect()
    }
    /// How many bios the map had been given when event number `i` came.
    pub fn bios_before(&self, i: usize) -> usize {
        let map = self.map();
        let before = self.events()[..i].iter();
        before
            .filter(|e| e.dev == map && e.action == Action::Queue)
            .count()
    }
    /// For each request issued on a device: how many bios the map had been
    /// given by then.
    pub fn issued_after(&self, name: &str) -> Vec<usize> {
        let dev = self.dev(name);
        let all = self.events().iter().enumerate();
        all.filter(|(_, e)| e.dev == dev && e.action == Action::Issue)
            .map(|(i, _)| self.bios_before(i))
            .collect()
    }
}

/// A write of one page at `page`.
pub fn write(page: u64) -> ScriptStep {
    bio(Op::Write, page * 8, 8)
}

/// A read of one page at `page`.
pub fn read(page: u64) -> ScriptStep {
    bio(Op::Read, page * 8, 8)
}

pub fn bio(op: Op, sector: u64, sectors: u32) -> ScriptStep {
    ScriptStep::Bio(ScriptBio::new(op, sector, sectors))
}

/// `steps` inside one plug.
pub fn plugged(steps: impl IntoIterator<Item = ScriptStep>) -> Vec<ScriptStep> {
    let mut all = vec![ScriptStep::StartPlug];
    all.extend(steps);
    all.push(ScriptStep::FinishPlug);
    all
}

/// `n` contiguous page writes.
pub fn contiguous(n: u64) -> impl Iterator<Item = ScriptStep> {
    (0..n).map(write)
}

/// `n` page writes, none contiguous with another.
pub fn scattered(n: u64) -> impl Iterator<Item = ScriptStep> {
    (0..n).map(|i| write(2 * i))
}
