//! The `interface` group: tables are loaded, read from and replaced, messages
//! are sent, on a machine; what `dmsetup` and the kernel say of it. All texts
//! are the models'; here they are only put where an observation has them.

use super::case::CaseError;
use super::experiment::{ExperimentError, interface as lab};
use crate::formats::kernel_observation::{Interface, MessageStep, Observation, Observed};
use crate::models::config::MachineConfig;
use crate::models::dm::table::LoadError;
use crate::models::dm::{Table, dmsetup};
use crate::models::io::SECTOR;
use crate::models::machine::{BuildError, Machine, ThreadConfig};
use crate::models::mpath::selector::StatusType;
use crate::models::probe::NoProbe;
use crate::run::{RunError, threads};
use crate::sim::Ns;

/// Bytes that are read once a table is live.
const TABLE_READ: u64 = 16 << 10;
/// Bytes that are read before the first message.
const MESSAGES_READ: u64 = 4 << 10;
/// For how long a read is waited for: a worker that maps the same bios over and
/// over is not to keep us for long.
const PATIENCE: Ns = Ns::from_secs(10);

/// Our run of `observation`, from its inputs alone.
///
/// # Errors
/// A kind of case, or something in it, that is not supported; a read that
/// never ends.
pub fn simulate(observation: &Observation) -> Result<Observed, CaseError> {
    let table = observation.table.as_deref();
    let table = table.ok_or(ExperimentError::Missing("table"))?;
    match observation.kind.as_deref() {
        Some("table") => load(&observation.id, table, None),
        Some("reload") => {
            let second = observation.reload.as_deref();
            let second = second.ok_or(ExperimentError::Missing("reload"))?;
            load(&observation.id, table, Some(second))
        }
        Some("messages") => messages(&observation.id, table, &observation.messages),
        Some(other) => Err(CaseError(format!("kind `{other}` is not supported"))),
        None => Err(ExperimentError::Missing("kind").into()),
    }
}

/// Loads `first`, resumes, reads; then the same with `second`, but for the
/// read.
fn load(id: &str, first: &str, second: Option<&str>) -> Result<Observed, CaseError> {
    const NAME: &str = "t";
    let mut lab = match Lab::new(id, NAME, first, TABLE_READ) {
        Ok(lab) => lab,
        Err(LabError::Refused { log, error }) => return Ok(refused(NAME, log, error)),
        Err(LabError::Case(e)) => return Err(e),
    };
    let mut seen = Interface {
        load_rc: Some(0),
        load_output: Some(String::new()),
        table: Some(lab.print(StatusType::Table)),
        status: Some(lab.print(StatusType::Info)),
        ..Interface::default()
    };
    seen.read_16k_rc = Some(lab.read()?);
    seen.status_after_io = Some(lab.print(StatusType::Info));
    seen.queue = Some(lab.queue());
    let mut kernel_log = lab.take_log();
    if let Some(second) = second {
        lab.reload(NAME, second, &mut seen, &mut kernel_log);
    }
    Ok(Observed {
        interface: seen,
        kernel_log: Some(kernel_log),
        ..Observed::default()
    })
}

/// What is seen where the first table is refused.
fn refused(name: &str, log: Vec<String>, error: LoadError) -> Observed {
    Observed {
        interface: Interface {
            load_rc: Some(1),
            load_output: Some(dmsetup::load_failure(name, error)),
            ..Interface::default()
        },
        kernel_log: Some(log),
        ..Observed::default()
    }
}

/// Reads a little, then sends one message after the other.
fn messages(id: &str, table: &str, messages: &[String]) -> Result<Observed, CaseError> {
    const NAME: &str = "mp";
    let mut lab = Lab::new(id, NAME, table, MESSAGES_READ).map_err(|e| match e {
        LabError::Refused { log, error } => CaseError(format!("{}\n{error}", log.join("\n"))),
        LabError::Case(e) => e,
    })?;
    lab.read()?;
    lab.take_log();
    let steps = messages.iter().map(|text| lab.message(NAME, text));
    Ok(Observed {
        interface: Interface {
            steps: steps.collect::<Result<_, _>>()?,
            ..Interface::default()
        },
        ..Observed::default()
    })
}

/// A computer with a device under test.
struct Lab {
    machine: Machine<NoProbe>,
    /// The device under test: the last map.
    dm: u16,
}

/// Why a computer has no device under test.
enum LabError {
    /// Its table is refused.
    Refused { log: Vec<String>, error: LoadError },
    /// Anything else.
    Case(CaseError),
}

impl From<CaseError> for LabError {
    fn from(e: CaseError) -> Self {
        LabError::Case(e)
    }
}

impl Lab {
    /// The computer of case `id` with `table` on the device `name`, about to
    /// read `bytes` of it, or all there is.
    fn new(id: &str, name: &str, table: &str, bytes: u64) -> Result<Lab, LabError> {
        let mut config = lab::computer(id, name, table);
        let empty = Lab::build(&config, &[], name)?;
        let capacity = empty.machine.block.devs[empty.dev()].capacity;
        config.workload = lab::read(name, bytes.min(capacity.saturating_mul(SECTOR)));
        let threads = threads(&config).map_err(CaseError::from)?;
        Lab::build(&config, &threads, name)
    }

    fn build(
        config: &MachineConfig,
        threads: &[ThreadConfig],
        name: &str,
    ) -> Result<Lab, LabError> {
        match Machine::build(config, threads, NoProbe) {
            Ok(machine) => Ok(Lab {
                dm: machine.dm.devs.len().saturating_sub(1) as u16,
                machine,
            }),
            Err(BuildError::Table { map, log, error }) if map == name => {
                Err(LabError::Refused { log, error })
            }
            Err(e) => Err(CaseError::from(RunError::from(e)).into()),
        }
    }

    fn table(&self) -> &Table {
        &self.machine.dm.devs[usize::from(self.dm)].table
    }

    /// Index of the device under test among the block devices.
    fn dev(&self) -> usize {
        usize::from(self.machine.dm.devs[usize::from(self.dm)].dev.0)
    }

    /// `dmsetup table` or `dmsetup status`.
    fn print(&self, kind: StatusType) -> String {
        self.print_table(self.table(), kind)
    }

    fn print_table(&self, table: &Table, kind: StatusType) -> String {
        table.print(kind, |dev, out| {
            let (major, minor) = self.machine.block.devs[usize::from(dev.0)].devno;
            out.push_str(&format!("{major}:{minor}"));
        })
    }

    /// The files of its queue in sysfs.
    fn queue(&self) -> String {
        let block = &self.machine.block;
        let dev = &block.devs[self.dev()];
        let name = &dev.name;
        let mut lines = vec![
            format!("/sys/block/{name}/queue/scheduler:{}", dev.scheduler_text()),
            format!(
                "/sys/block/{name}/queue/nr_requests:{}",
                dev.nr_requests_shown()
            ),
        ];
        for (i, hctx) in dev.hctxs().enumerate() {
            let tags = block.hctxs[hctx.index()].tags.depth();
            lines.push(format!("/sys/block/{name}/mq/{i}/nr_tags:{tags}"));
        }
        lines.join("\n")
    }

    /// Carries the read out; its exit status.
    fn read(&mut self) -> Result<i32, CaseError> {
        self.machine
            .run_until(PATIENCE, |_| {})
            .map_err(|e| CaseError(format!("the read: {e}")))?;
        let threads = &self.machine.app.threads;
        let failed = threads.iter().any(|t| t.fio.report().error != 0);
        Ok(i32::from(failed))
    }

    /// What the kernel has logged of the device and of I/O errors.
    fn take_log(&mut self) -> Vec<String> {
        let lines = std::mem::take(&mut self.machine.block.klog.lines);
        lines.into_iter().map(|(_, line)| line).collect()
    }

    /// Loads a second table and resumes the device, which takes it if it can.
    fn reload(&self, name: &str, text: &str, seen: &mut Interface, log: &mut Vec<String>) {
        let loaded = self.machine.load_replacement(self.dm, text, log);
        let (rc, output) = match &loaded {
            Ok(_) => (0, String::new()),
            Err(error) => (1, dmsetup::load_failure(name, *error)),
        };
        seen.reload_rc = Some(rc);
        seen.reload_output = Some(output);
        let live = loaded
            .as_ref()
            .ok()
            .filter(|table| self.machine.fits(self.dm, table, log));
        let live = live.unwrap_or(self.table());
        seen.table_after_reload = Some(self.print_table(live, StatusType::Table));
        seen.status_after_reload = Some(self.print_table(live, StatusType::Info));
    }

    /// Sends one message; what comes of it, and the state afterwards.
    fn message(&mut self, name: &str, text: &str) -> Result<MessageStep, CaseError> {
        let refused = dmsetup::refused_option(text).map_err(|e| CaseError(e.to_string()))?;
        let output = match refused {
            Some(complaint) => complaint,
            None => match self.machine.target_message(self.dm, text) {
                Ok(()) => String::new(),
                Err(errno) => dmsetup::message_failure(name, text, errno),
            },
        };
        self.machine
            .settle(self.machine.host.now() + PATIENCE, |_| {})
            .map_err(|e| CaseError(format!("message `{text}`: {e}")))?;
        Ok(MessageStep {
            message: text.to_owned(),
            rc: i32::from(!output.is_empty()),
            output,
            status: self.print(StatusType::Info),
            table: self.print(StatusType::Table),
            kernel_log: self.take_log(),
        })
    }
}

#[cfg(test)]
mod tests;
