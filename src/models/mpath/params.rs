//! The multipath target's line in a table (`dm-mpath.c:multipath_ctr`, 6.1):
//!
//! ```text
//! <#features> [feature…] <#handler args> [handler [arg…]] <#groups> <initial group>
//!   { <selector> <#selector args> [arg…] <#paths> <#path args> { <device> [arg…] }+ }*
//! ```

use super::balancer::Selector;
use super::errno::Errno;
use super::group::Group;
use super::path::Path;
use super::scan::{ArgSet, CtrError, scan_u32};
use super::selector::PathSelector;
use super::target::{CtrEnv, LegacyRules, QueueMode};
use crate::models::io::DevId;

/// Most groups, paths of a group, or arguments of anything.
const MAX: u32 = 1024;
/// Hardware handlers that exist.
const HANDLERS: [&str; 4] = ["alua", "emc", "rdac", "hp_sw"];

/// What the line says.
#[derive(Debug, Default)]
pub(super) struct Params {
    pub features: Features,
    pub handler: Handler,
    pub groups: Vec<Group>,
    pub paths: Vec<Path>,
    /// The group to begin with.
    pub next_pg: Option<u16>,
}

#[derive(Debug, Default)]
pub(super) struct Features {
    pub queue_if_no_path: bool,
    pub retain_attached_hw_handler: bool,
    pub pg_init_retries: u32,
    pub pg_init_delay_msecs: Option<u32>,
    pub mode: QueueMode,
}

/// The hardware handler of the table, or the one found on a device.
#[derive(Debug, Default)]
pub(super) struct Handler {
    pub name: Option<String>,
    args: Vec<String>,
    /// Devices it was attached to by this table.
    pub attached: Vec<(DevId, String)>,
}

pub(super) fn parse(
    words: &[&str],
    env: &CtrEnv,
    log: &mut Vec<String>,
) -> Result<Params, CtrError> {
    let mut args = ArgSet::new(words);
    let mut params = Params {
        features: match &env.legacy {
            None => parse_features(&mut args)?,
            Some(rules) => parse_old_features(&mut args, rules)?,
        },
        ..Params::default()
    };
    params.handler = parse_handler(&mut args, params.features.mode, env, log)?;
    let least = u32::from(env.legacy.is_some());
    let nr_groups = args.read(least..=MAX, "invalid number of priority groups")?;
    let initial = args.read(least..=MAX, "invalid initial priority group number")?;
    if (nr_groups == 0) != (initial == 0) {
        return Err(CtrError::invalid("invalid initial priority group"));
    }
    while !args.is_empty() {
        params.parse_group(&mut args, env, log)?;
    }
    if params.groups.len() != nr_groups as usize {
        return Err(CtrError::invalid("priority group count mismatch"));
    }
    // An initial group beyond the last one is not refused: none is preset.
    params.next_pg = (1..=nr_groups)
        .contains(&initial)
        .then(|| (initial - 1) as u16);
    Ok(params)
}

fn parse_features(args: &mut ArgSet) -> Result<Features, CtrError> {
    let mut features = Features::default();
    let mut left = args.read_group(8, "invalid number of feature args")?;
    while left > 0 {
        let name = args.shift().unwrap_or_default().to_ascii_lowercase();
        left -= 1;
        match name.as_str() {
            "queue_if_no_path" => features.queue_if_no_path = true,
            "retain_attached_hw_handler" => features.retain_attached_hw_handler = true,
            "pg_init_retries" if left > 0 => {
                let text = "pg_init_retries must be between 1 and 50";
                features.pg_init_retries = args.read(1..=50, text)?;
                left -= 1;
            }
            "pg_init_delay_msecs" if left > 0 => {
                let text = "pg_init_delay_msecs must be between 0 and 60000";
                features.pg_init_delay_msecs = Some(args.read(0..=60_000, text)?);
                left -= 1;
            }
            "queue_mode" if left > 0 => {
                let mode = args.shift().unwrap_or_default().to_ascii_lowercase();
                features.mode = match mode.as_str() {
                    "bio" => QueueMode::Bio,
                    "rq" | "mq" => QueueMode::Rq,
                    _ => return Err(CtrError::invalid("Unknown 'queue_mode' requested")),
                };
                left -= 1;
            }
            _ => return Err(CtrError::invalid("Unrecognised multipath feature request")),
        }
    }
    if features.mode == QueueMode::Bio {
        features.retain_attached_hw_handler = true;
    }
    Ok(features)
}

/// The features of 2.6.25; the mode is not the table's to choose.
fn parse_old_features(args: &mut ArgSet, rules: &LegacyRules) -> Result<Features, CtrError> {
    let mut features = Features {
        mode: rules.mode(),
        ..Features::default()
    };
    let mut left = args.read_group(rules.facts.max_features, "invalid number of feature args")?;
    while left > 0 {
        let name = args.shift().unwrap_or_default().to_ascii_lowercase();
        left -= 1;
        match name.as_str() {
            "queue_if_no_path" => features.queue_if_no_path = true,
            "pg_init_retries" if left > 0 => {
                let text = "pg_init_retries must be between 1 and 50";
                features.pg_init_retries = args.read(1..=50, text)?;
                left -= 1;
            }
            _ => return Err(CtrError::invalid("Unrecognised multipath feature request")),
        }
    }
    Ok(features)
}

fn parse_handler(
    args: &mut ArgSet,
    mode: QueueMode,
    env: &CtrEnv,
    log: &mut Vec<String>,
) -> Result<Handler, CtrError> {
    let n = args.read_group(MAX, "invalid number of hardware handler args")?;
    let words = args.take(n);
    let Some((name, handler_args)) = words.split_first() else {
        return Ok(Handler::default());
    };
    if let Some(rules) = &env.legacy {
        // Handlers of device-mapper's own; those for requests are patch 12's.
        if mode == QueueMode::Rq && !rules.patches.hw_handler {
            return Ok(Handler::default());
        }
    } else if mode == QueueMode::Bio {
        log.push(
            "device-mapper: multipath: bio-based multipath doesn't allow hardware handler args"
                .into(),
        );
        return Ok(Handler::default());
    }
    Ok(Handler {
        name: Some(name.to_string()),
        args: handler_args.iter().map(|a| a.to_string()).collect(),
        attached: Vec::new(),
    })
}

impl Params {
    fn parse_group(
        &mut self,
        args: &mut ArgSet,
        env: &CtrEnv,
        log: &mut Vec<String>,
    ) -> Result<(), CtrError> {
        if args.len() < 2 {
            return Err(CtrError::invalid("not enough priority group arguments"));
        }
        let mut selector = parse_selector(args, env)?;
        let nr_paths = args.read(1..=MAX, "invalid number of paths")?;
        let nr_path_args = args.read(0..=MAX, "invalid number of selector args")? as usize;
        let first = self.paths.len();
        if first + nr_paths as usize > usize::from(u16::MAX) {
            return Err(CtrError::new(
                "couldn't allocate priority group",
                Errno::Enomem,
            ));
        }
        for index in 0..nr_paths {
            if args.len() <= nr_path_args {
                return Err(CtrError::invalid("not enough path parameters"));
            }
            let words = args.take(1 + nr_path_args);
            self.parse_path(words, index as u16, &mut selector, env, log)?;
        }
        self.groups.push(Group {
            selector,
            bypassed: false,
            first: first as u16,
            len: nr_paths as u16,
        });
        Ok(())
    }

    fn parse_path(
        &mut self,
        words: &[&str],
        index: u16,
        selector: &mut Selector,
        env: &CtrEnv,
        log: &mut Vec<String>,
    ) -> Result<(), CtrError> {
        let Some((device, selector_args)) = words.split_first() else {
            return Err(CtrError::invalid("no device given"));
        };
        let (dev, info) = env
            .device(device)
            .map_err(|errno| CtrError::new("error getting device", errno))?;
        self.handler
            .set_up(dev, &info, self.features.retain_attached_hw_handler, log)?;
        selector
            .add_path(selector_args, log)
            .map_err(CtrError::invalid)?;
        self.paths.push(Path {
            dev,
            name: info.devno_text(),
            group: self.groups.len() as u16,
            index,
            active: true,
            fail_count: 0,
            activation_queued: false,
        });
        Ok(())
    }
}

fn parse_selector(args: &mut ArgSet, env: &CtrEnv) -> Result<Selector, CtrError> {
    let name = args.shift().unwrap_or_default();
    if !Selector::knows(name, &env.selectors) {
        return Err(CtrError::invalid("unknown path selector type"));
    }
    let n = args.read_group(MAX, "invalid number of path selector args")?;
    Selector::parse(name, args.take(n), &env.selectors)
}

impl Handler {
    /// Attaches the handler to a path's device, or adopts the one it has
    /// (`setup_scsi_dh`).
    fn set_up(
        &mut self,
        dev: DevId,
        info: &super::DeviceInfo,
        retain: bool,
        log: &mut Vec<String>,
    ) -> Result<(), CtrError> {
        let by_us = self.attached.iter().find(|(d, _)| *d == dev);
        let present = by_us
            .map(|(_, name)| name)
            .or(info.handler.as_ref())
            .cloned();
        if let Some(present) = present.clone().filter(|_| retain) {
            self.adopt(present);
        }
        let Some(name) = self.name.clone() else {
            return Ok(());
        };
        let refused = |errno| CtrError::new("error attaching hardware handler", errno);
        if !info.scsi {
            return Err(refused(Errno::Enodev));
        }
        if !HANDLERS.contains(&name.as_str()) {
            return Err(refused(Errno::Einval));
        }
        match present {
            None => self.attached.push((dev, name)),
            Some(present) if present != name => {
                let device = &info.name;
                log.push(format!(
                    "device-mapper: multipath: retaining handler on device {device}"
                ));
                self.adopt(present);
            }
            Some(_) => {}
        }
        self.check_args()
            .map_err(|errno| CtrError::new("unable to set hardware handler parameters", errno))
    }

    fn adopt(&mut self, present: String) {
        if self.name.as_ref().is_some_and(|name| *name != present) {
            self.args.clear();
        }
        self.name = Some(present);
    }

    /// Whether the handler takes its arguments (`scsi_dh_set_params`): alua
    /// one switch, emc two, the others none.
    fn check_args(&self) -> Result<(), Errno> {
        let expected = match self.name.as_deref() {
            _ if self.args.is_empty() => return Ok(()),
            Some("alua") => 1,
            Some("emc") => 2,
            _ => return Err(Errno::Ebusy),
        };
        let switches = self.args.iter().all(|a| matches!(scan_u32(a), Some(0 | 1)));
        if switches && self.args.len() == expected {
            Ok(())
        } else {
            Err(Errno::Einval)
        }
    }
}
