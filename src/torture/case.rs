//! A random case: a scenario in parts, which can be taken out of it.

mod neighbour;
mod network;

pub use neighbour::Neighbour;
pub use network::Network;

use std::fmt::{self, Write};

use crate::scenario::Mode;
use crate::sim::Ns;

/// Size of every device, MiB. Small, so that overlapping I/Os are common.
pub const MIB: u64 = 8;
/// The same in sectors of 512 bytes.
pub const SECTORS: u64 = MIB * 2048;

/// A scenario, and how it is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The queue mode in which it is run.
    pub mode: Mode,
    /// The order in which events of the same time come; none: as they were
    /// scheduled.
    pub ties: Option<u64>,
    /// Seed of the scenario.
    pub seed: u64,
    /// CPUs.
    pub cpus: u32,
    /// What code costs.
    pub cpu: Cpu,
    /// `queue_if_no_path_timeout_secs`
    pub no_path_timeout: u32,
    /// The storage network, if a device is a LUN.
    pub network: Option<Network>,
    /// The lines of multipathd's defaults, if it runs.
    pub multipathd: Option<Vec<String>>,
    /// Leaf devices.
    pub devices: Vec<Device>,
    /// ms by which a map between each device and the multipath map delays.
    pub delay: Option<u32>,
    /// The multipath map.
    pub map: Map,
    /// Another one, over the same ports.
    pub neighbour: Option<Neighbour>,
    /// Messages before the start.
    pub messages: Vec<String>,
    /// What is done during the run.
    pub timeline: Vec<Event>,
    /// The jobs.
    pub jobs: Vec<Job>,
}

/// What code costs on the CPU.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Cpu {
    /// Nothing. A job that skips errors may then try for ever at one time.
    Free,
    /// A turn of fio's loop takes a while, all else nothing.
    Cheap,
    /// Profile `lab`.
    Lab,
}

/// A leaf device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its name.
    pub name: String,
    /// Its kind and what it is made with, as in the file.
    pub kind: String,
    /// Settings of its queue, as in the file.
    pub queue: Vec<String>,
}

/// The multipath map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// Words of its features, a feature an entry.
    pub features: Vec<String>,
    /// Words of its hardware handler.
    pub handler: String,
    /// Its groups.
    pub groups: Vec<Group>,
    /// The group that is used first, from 0.
    pub first: usize,
    /// Settings of its queue.
    pub queue: Vec<String>,
}

/// A priority group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its selector.
    pub selector: String,
    /// Indices of the devices of its paths, each with the words of its path.
    pub paths: Vec<(usize, String)>,
}

/// Something that is done during the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Ns,
    /// What, as in the file.
    pub what: What,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// To the map, as a line of the file.
    Map(String),
    /// `VERB` of a path's device is sent to the map.
    Path(&'static str, usize),
    /// To a device, as a line of the file.
    Device(usize, String),
    /// To all disks of scsi_debug: `opts` and `every_nth`.
    ScsiDebug(u32, i32),
    /// The table is loaded anew, as it is or with the paths turned round.
    Load {
        /// Whether the paths of each group change places.
        turned: bool,
    },
    /// Something breaks in the storage network: where, what, and for how long.
    Fault(String, String, Option<Ns>),
    /// The controllers of the array are restarted, each away for so long.
    Upgrade(Ns),
}

/// A section of the fio job file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The device that it runs on; none: the map.
    pub device: Option<usize>,
    /// I/Os of each clone.
    pub ios: u64,
    /// I/Os in flight.
    pub depth: u32,
    /// Clones.
    pub clones: u32,
    /// Further lines.
    pub lines: Vec<String>,
}

impl Job {
    /// The section `name` of the job file, on `file`.
    fn write(&self, out: &mut String, name: &str, file: &str) {
        let (ios, depth, clones) = (self.ios, self.depth, self.clones);
        let _ = write!(
            out,
            "[{name}]\nfilename={file}\ndirect=1\nthread=1\ninvalidate=0\nnumber_ios={ios}\n\
             iodepth={depth}\nnumjobs={clones}\n"
        );
        for line in &self.lines {
            let _ = writeln!(out, "{line}");
        }
    }
}

impl Case {
    /// What a table calls the path over device `n`.
    fn path(&self, n: usize) -> String {
        match self.delay {
            Some(_) => format!("/dev/mapper/on{n}"),
            None => format!("/dev/{}", self.devices[n].name),
        }
    }

    /// The table of the multipath map; `turned`: with the paths of each group
    /// in opposite order.
    pub fn table(&self, turned: bool) -> String {
        let m = &self.map;
        let words: usize = m
            .features
            .iter()
            .map(|f| f.split_whitespace().count())
            .sum();
        let mut out = format!("0 {SECTORS} multipath {words}");
        for feature in &m.features {
            let _ = write!(out, " {feature}");
        }
        let _ = write!(out, " {} {} {}", m.handler, m.groups.len(), m.first + 1);
        for group in &m.groups {
            let args = group
                .paths
                .first()
                .map_or(0, |(_, words)| words.split_whitespace().count());
            let _ = write!(out, " {} 0 {} {args}", group.selector, group.paths.len());
            let mut paths: Vec<_> = group.paths.iter().collect();
            if turned {
                paths.reverse();
            }
            for (device, words) in paths {
                let _ = write!(out, " {}", self.path(*device));
                if !words.is_empty() {
                    let _ = write!(out, " {words}");
                }
            }
        }
        out
    }

    /// The text of its fio job file.
    fn job_file(&self) -> String {
        let mut out = String::new();
        for (n, job) in self.jobs.iter().enumerate() {
            let file = match job.device {
                Some(device) => format!("/dev/{}", self.devices[device].name),
                None => "/dev/mapper/mp".into(),
            };
            job.write(&mut out, &format!("j{n}"), &file);
        }
        if let Some(neighbour) = &self.neighbour {
            neighbour.job.write(&mut out, "other", "/dev/mapper/other");
        }
        out
    }

    /// The lines of an event but its time.
    fn event(&self, event: &Event) -> String {
        match &event.what {
            What::Map(line) => format!("map = \"mp\"\n{line}"),
            What::Path(verb, device) => {
                let path = self.path(*device);
                format!("map = \"mp\"\nmessage = \"{verb} {path}\"")
            }
            What::Device(device, line) => {
                format!("device = \"{}\"\n{line}", self.devices[*device].name)
            }
            What::ScsiDebug(opts, nth) => {
                format!("scsi_debug = {{ opts = {opts}, every_nth = {nth} }}")
            }
            What::Load { turned } => {
                format!("map = \"mp\"\nload = \"{}\"", self.table(*turned))
            }
            What::Fault(on, fault, lasts) => {
                let lasts = lasts.map_or(String::new(), |ns| format!("\nfor = \"{}ns\"", ns.0));
                format!("on = \"{on}\"\nfault = {fault}{lasts}")
            }
            What::Upgrade(each) => {
                format!("upgrade = {{ array = \"array\", each = \"{}ns\" }}", each.0)
            }
        }
    }

    /// How `mpathsim run` repeats it, given its file.
    pub fn options(&self) -> String {
        let mode = self.mode.name();
        match self.ties {
            Some(ties) => format!("--mode {mode} --shuffle-ties {ties}"),
            None => format!("--mode {mode}"),
        }
    }
}

impl fmt::Display for Case {
    /// The scenario file. Its first line says how to run it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# {}", self.options())?;
        writeln!(f, "seed = {}", self.seed)?;
        if self.no_path_timeout > 0 {
            let secs = self.no_path_timeout;
            writeln!(f, "dm_multipath.queue_if_no_path_timeout_secs = {secs}")?;
        }
        let cpu = match self.cpu {
            Cpu::Free => "profile = \"none\"",
            Cpu::Cheap => "profile = \"none\"\ncosts.fio_turn = \"50us\"",
            Cpu::Lab => "profile = \"lab\"",
        };
        writeln!(f, "\n[host]\ncpus = {}\n{cpu}", self.cpus)?;
        if let Some(network) = &self.network {
            network.write(f, 1 + usize::from(self.neighbour.is_some()))?;
        }
        for device in &self.devices {
            write!(f, "\n{device}")?;
        }
        if let Some(neighbour) = &self.neighbour {
            write!(f, "{neighbour}")?;
        }
        if self.devices.iter().any(|d| d.kind.contains("media")) {
            writeln!(
                f,
                "\n[[media]]\nname = \"m\"\nslots = 2\nservice = \"100us\""
            )?;
        }
        for (n, device) in self.devices.iter().enumerate() {
            let (Some(ms), name) = (self.delay, &device.name) else {
                break;
            };
            let table = format!("0 {SECTORS} delay /dev/{name} 0 {ms}");
            writeln!(f, "\n[[map]]\nname = \"on{n}\"\ntable = \"{table}\"")?;
        }
        writeln!(
            f,
            "\n[[map]]\nname = \"mp\"\ntable = \"{}\"",
            self.table(false)
        )?;
        queue(f, &self.map.queue)?;
        if let Some(lines) = &self.multipathd {
            let lines = lines.join("\n");
            writeln!(
                f,
                "\n[multipathd]\nconf = \"\"\"\ndefaults {{\n{lines}\n}}\n\"\"\""
            )?;
        }
        for text in &self.messages {
            writeln!(f, "\n[[message]]\nmap = \"mp\"\ntext = \"{text}\"")?;
        }
        writeln!(f, "\n[workload]\nfio = \"\"\"\n{}\"\"\"", self.job_file())?;
        if !self.timeline.is_empty() {
            writeln!(f)?;
        }
        for event in &self.timeline {
            let at = event.at.0;
            writeln!(f, "[[timeline]]\nat = \"{at}ns\"\n{}", self.event(event))?;
        }
        Ok(())
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "[[device]]\nname = \"{}\"\n{}", self.name, self.kind)?;
        queue(f, &self.queue)
    }
}

fn queue(f: &mut fmt::Formatter<'_>, lines: &[String]) -> fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(f, "queue = {{ {} }}", lines.join(", "))
}

/// How the scenario `text` is to be run: as its line `# --mode …` says, else in
/// both modes.
pub fn ways(text: &str) -> Vec<(Mode, Option<u64>)> {
    let line = text.lines().find(|line| line.starts_with("# --mode "));
    let mut words = line.unwrap_or_default().split_whitespace();
    let after = |words: &mut std::str::SplitWhitespace<'_>, option: &str| {
        words.find(|&w| w == option)?;
        words.next().map(str::to_owned)
    };
    let mode = after(&mut words, "--mode");
    let ties = after(&mut words, "--shuffle-ties").and_then(|n| n.parse().ok());
    match mode.as_deref() {
        Some("bio") => vec![(Mode::Bio, ties)],
        Some("request") => vec![(Mode::Request, ties)],
        _ => vec![(Mode::Bio, None), (Mode::Request, None)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_how_it_is_run() {
        let both = vec![(Mode::Bio, None), (Mode::Request, None)];
        assert_eq!(ways("seed = 1"), both);
        let text = "# x\n# --mode request --shuffle-ties 7\nseed = 1";
        assert_eq!(ways(text), [(Mode::Request, Some(7))]);
        assert_eq!(ways("# --mode bio"), [(Mode::Bio, None)]);
    }
}
