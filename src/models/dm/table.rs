//! A device-mapper table: its text, and whether the kernel would take it
//! (`dm-table.c`, `dm-ioctl.c:table_load`, 6.1).
//!
//! One target a line, `start length type parameters`; sectors of 512 bytes.

mod kind;

use super::delay::Delay;
use super::linear::Linear;
use super::striped::Striped;
use crate::models::io::DevId;
use crate::models::mpath::selector::StatusType;
use crate::models::mpath::{
    ArgSet, CtrEnv, CtrError, Errno, Multipath, QueueMode, scan_u64, split_args,
};

/// What a target does with I/O.
#[derive(Debug)]
pub enum Target {
    /// Several paths to the same storage.
    Multipath(Box<Multipath>),
    /// A stretch of another device.
    Linear(Linear),
    /// Chunks of several devices in turn.
    Striped(Striped),
    /// Another device, later.
    Delay(Delay),
    /// Fails everything.
    Error,
}

/// A line of a table.
#[derive(Debug)]
pub struct TargetSpec {
    /// First sector of the dm device.
    pub begin: u64,
    /// Length, sectors; not 0.
    pub len: u64,
    /// What is there.
    pub target: Target,
}

/// A table the kernel took.
#[derive(Debug)]
pub struct Table {
    /// Its targets, each beginning where the previous one ends; at least one.
    pub targets: Vec<TargetSpec>,
    /// How the device takes its I/O.
    pub mode: QueueMode,
}

/// Why a table was refused.
#[derive(Copy, Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LoadError {
    /// `dmsetup` does not understand a line and never asks the kernel.
    #[error("Invalid format on line {0} of table")]
    Syntax(usize),
    /// The kernel answered with this error.
    #[error("device-mapper: reload ioctl failed: {0}")]
    Kernel(#[from] Errno),
}

impl Table {
    /// Loads `text` for the device `env` names; `live` is the table it
    /// replaces. Kernel log lines go to `log`.
    ///
    /// # Errors
    /// Whatever the kernel refuses; why is in the log.
    pub fn load(
        text: &str,
        env: &CtrEnv,
        live: Option<&Table>,
        log: &mut Vec<String>,
    ) -> Result<Table, LoadError> {
        let lines = parse_lines(text)?;
        if lines.is_empty() {
            log.push("device-mapper: ioctl: populate_table: no targets specified".into());
            return Err(Errno::Einval.into());
        }
        let mut targets = Vec::with_capacity(lines.len());
        for line in &lines {
            let target = add_target(&targets, line, env, log).inspect_err(|_| {
                log.push("device-mapper: ioctl: error adding target to table".into());
            })?;
            targets.push(target);
        }
        let mode = kind::determine_mode(&targets, env, live).map_err(|text| {
            log.push(format!("device-mapper: table: {text}"));
            log.push("device-mapper: table: unable to determine table type".into());
            Errno::Einval
        })?;
        let table = Table { targets, mode };
        let accepted = match live {
            Some(live) => match &env.legacy {
                Some(rules) => table.may_replace_old(live, rules),
                None => table.may_replace(live),
            },
            None => table.check_areas(env).map_err(|text| {
                log.push(text);
                log.push("device-mapper: core: Cannot calculate initial queue limits".into());
                "unable to set up device queue for new table.".into()
            }),
        };
        accepted.map_err(|text| {
            log.push(format!("device-mapper: ioctl: {text}"));
            Errno::Einval
        })?;
        Ok(table)
    }

    /// Whether it is a multipath device.
    #[inline]
    pub fn is_multipath(&self) -> bool {
        matches!(
            self.targets.first().map(|t| &t.target),
            Some(Target::Multipath(_))
        )
    }
    fn has_wildcard(&self) -> bool {
        self.targets
            .iter()
            .any(|t| matches!(t.target, Target::Error))
    }

    /// Whether every device is large enough for what the table uses of it
    /// (`device_area_is_invalid`). A first load checks this; a replacement is
    /// checked when the device resumes with it.
    ///
    /// # Errors
    /// The kernel's log line about the first device that is not.
    pub fn check_areas(&self, env: &CtrEnv) -> Result<(), String> {
        for (dev, start, len) in self.targets.iter().flat_map(TargetSpec::areas) {
            let info = env.lookup.info(dev);
            let fits = start < info.sectors && len <= info.sectors - start;
            if info.sectors > 0 && !fits {
                return Err(format!(
                    "device-mapper: table: {}: {} too small for target: \
                     start={start}, len={len}, dev_size={}",
                    env.name, info.name, info.sectors
                ));
            }
        }
        Ok(())
    }

    /// Size of the device, sectors.
    pub fn sectors(&self) -> u64 {
        self.targets
            .last()
            .map_or(0, |t| t.begin.saturating_add(t.len))
    }

    /// Index of the target that `sector` belongs to
    /// (`dm_table_find_target`).
    #[inline]
    pub fn find(&self, sector: u64) -> Option<usize> {
        let after = self.targets.partition_point(|t| t.begin <= sector);
        let index = after.checked_sub(1)?;
        (sector - self.targets[index].begin < self.targets[index].len).then_some(index)
    }

    /// All devices it stands on, with repetitions.
    pub fn devices(&self) -> impl Iterator<Item = DevId> + '_ {
        self.targets
            .iter()
            .flat_map(TargetSpec::areas)
            .map(|(dev, _, _)| dev)
    }

    /// What `dmsetup status` or `dmsetup table` prints, a line a target.
    /// `print_device` appends a device's name or number.
    pub fn print(
        &self,
        kind: StatusType,
        mut print_device: impl FnMut(DevId, &mut String),
    ) -> String {
        let lines = self.targets.iter().map(|t| {
            let words = t.target.status(kind, &mut print_device);
            let line = format!("{} {} {} {words}", t.begin, t.len, t.target.name());
            line.trim_end().to_string()
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

struct Line<'a> {
    begin: u64,
    len: u64,
    kind: &'a str,
    params: &'a str,
}

/// Splits the text as `dmsetup` does: blank lines and lines that begin with
/// `#` are skipped.
fn parse_lines(text: &str) -> Result<Vec<Line<'_>>, LoadError> {
    fn word(text: &str) -> (&str, &str) {
        let text = text.trim_start();
        text.split_once(char::is_whitespace).unwrap_or((text, ""))
    }
    let meant = |line: &str| !line.is_empty() && !line.starts_with('#');
    (1..)
        .zip(text.lines().map(str::trim))
        .filter(|(_, line)| meant(line))
        .map(|(number, line)| {
            let (begin, rest) = word(line);
            let (len, rest) = word(rest);
            let (kind, params) = word(rest);
            match (scan_u64(begin), scan_u64(len)) {
                (Some(begin), Some(len)) if !kind.is_empty() => Ok(Line {
                    begin,
                    len,
                    kind,
                    params,
                }),
                _ => Err(LoadError::Syntax(number)),
            }
        })
        .collect()
}

/// Makes the target of a line (`dm_table_add_target`).
fn add_target(
    before: &[TargetSpec],
    line: &Line,
    env: &CtrEnv,
    log: &mut Vec<String>,
) -> Result<TargetSpec, Errno> {
    let refuse = |text: String, log: &mut Vec<String>| {
        log.push(format!("device-mapper: table: {}: {text}", env.name));
        Err(Errno::Einval)
    };
    let kind = line.kind;
    let alone = env.legacy.is_none();
    if alone
        && before
            .iter()
            .any(|t| matches!(t.target, Target::Multipath(_)))
    {
        let text = "target type multipath must appear alone in table";
        return refuse(text.into(), log);
    }
    if line.len == 0 {
        return refuse("zero-length target".into(), log);
    }
    if !matches!(kind, "multipath" | "linear" | "striped" | "delay" | "error") {
        return refuse(format!("{kind}: unknown target type"), log);
    }
    let end = before.last().map_or(0, |t| t.begin.wrapping_add(t.len));
    let made = if alone && kind == "multipath" && !before.is_empty() {
        Err(CtrError::invalid(
            "singleton target type must appear alone in table",
        ))
    } else if line.begin != end {
        Err(CtrError::invalid("Gap in table"))
    } else {
        make_target(line, env, log)
    };
    match made {
        Ok(target) => Ok(TargetSpec {
            begin: line.begin,
            len: line.len,
            target,
        }),
        Err(error) => {
            let name = env.name;
            log.push(format!("device-mapper: table: {name}: {kind}: {error}"));
            Err(error.errno)
        }
    }
}

fn make_target(line: &Line, env: &CtrEnv, log: &mut Vec<String>) -> Result<Target, CtrError> {
    let words = split_args(line.params);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let args = ArgSet::new(&words);
    Ok(match line.kind {
        "multipath" => Target::Multipath(Box::new(Multipath::new(&words, env, log)?)),
        "linear" => Target::Linear(Linear::parse(args, env)?),
        "striped" => Target::Striped(Striped::parse(args, line.len, env)?),
        "delay" => Target::Delay(Delay::parse(args, env)?),
        _ => Target::Error,
    })
}

impl TargetSpec {
    /// What it uses of which device: first sector and length
    /// (`iterate_devices`).
    fn areas(&self) -> Vec<(DevId, u64, u64)> {
        match &self.target {
            Target::Multipath(m) => {
                let area = |dev| (dev, self.begin, self.len);
                m.paths().iter().map(|p| area(p.dev)).collect()
            }
            Target::Linear(l) => vec![(l.dev, l.start, self.len)],
            Target::Striped(s) => s.areas(self.len),
            Target::Delay(d) => d.areas(self.len),
            Target::Error => Vec::new(),
        }
    }

    /// How many sectors of an I/O that begins at `sector` of the dm device may
    /// go to this target in one piece (`dm.c:max_io_len`).
    #[inline]
    pub fn max_io(&self, sector: u64) -> u64 {
        let offset = sector.saturating_sub(self.begin);
        let left = self.len.saturating_sub(offset);
        match &self.target {
            Target::Striped(s) => left.min(s.max_io(offset)),
            _ => left,
        }
    }
}

impl Target {
    /// The name used in tables.
    pub fn name(&self) -> &'static str {
        match self {
            Target::Multipath(_) => "multipath",
            Target::Linear(_) => "linear",
            Target::Striped(_) => "striped",
            Target::Delay(_) => "delay",
            Target::Error => "error",
        }
    }
    /// Its words of `dmsetup status` or `dmsetup table`.
    pub fn status(
        &self,
        kind: StatusType,
        print_device: &mut dyn FnMut(DevId, &mut String),
    ) -> String {
        match self {
            Target::Multipath(m) => m.status(kind, print_device),
            Target::Linear(l) => l.status(kind, print_device),
            Target::Striped(s) => s.status(kind, print_device),
            Target::Delay(d) => d.status(kind, print_device),
            Target::Error => String::new(),
        }
    }
}
