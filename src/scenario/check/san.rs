//! The storage network: everything that is named is there, every number within
//! its range, every fault where it makes sense.

use super::Checker;
use crate::models::device::DeviceConfig;
use crate::models::device::scsi::LunDiskConfig;
use crate::models::fabric::Transport;
use crate::models::fabric::fault::{Fault, FaultKind};
use crate::models::fabric::fc::FcConfig;
use crate::models::fabric::tcp::Protocol;
use crate::models::machine::lun_info;
use crate::models::multipathd::{DevLoss, FastIoFail, PathInfo, PathState, Settings};
use crate::models::san::{LunMove, San, SanConfig};
use crate::scenario::Device;
use crate::scenario::at::At;
use crate::scenario::raw::{RawDevice, RawEvent, RawScenario, RawUpgrade, RawUpgradeOf};
use crate::sim::Ns;
use crate::sim::draw::Draws;

impl Checker<'_> {
    /// The network of `raw`. Its parts are tried one by one, so that a problem
    /// is noted where it stands.
    pub(super) fn san(&mut self, raw: &RawScenario) -> SanConfig {
        let fabric = raw
            .fabric
            .as_ref()
            .map(|at| at.value.clone())
            .unwrap_or_default()
            .0;
        let mut config = SanConfig {
            transport: fabric.transport,
            link: fabric.link,
            ..SanConfig::default()
        };
        for initiator in &raw.initiator {
            self.try_part(&mut config, initiator, |c, part| {
                c.initiators.push(part.clone());
            });
        }
        for link in &raw.link {
            self.try_part(&mut config, link, |c, part| c.links.push(part.clone()));
        }
        for array in &raw.array {
            self.try_part(&mut config, array, |c, part| c.arrays.push(part.0.clone()));
        }
        for stream in &raw.background {
            self.try_part(&mut config, stream, |c, part| {
                c.background.push(part.clone());
            });
        }
        for fault in &raw.random_fault {
            self.try_part(&mut config, fault, |c, part| {
                c.random_faults.push(part.clone());
            });
        }
        for event in &raw.timeline {
            if let Some(moved) = &event.moved {
                let order = LunMove {
                    at: event.at.ns(),
                    lun: moved.lun.clone(),
                    to: moved.to.clone(),
                };
                self.try_part(&mut config, event, |c, _| c.moves.push(order.clone()));
            }
            for fault in self.faults_of(event, &config) {
                self.try_part(&mut config, event, |c, _| c.faults.push(fault.clone()));
            }
        }
        config
    }

    /// Adds `part` to `config`, if the network can be with it.
    fn try_part<T>(
        &mut self,
        config: &mut SanConfig,
        part: &At<T>,
        add: impl Fn(&mut SanConfig, &T),
    ) {
        let mut with = config.clone();
        add(&mut with, &part.value);
        match San::new(&with, Draws::new(0)) {
            Ok(_) => *config = with,
            Err(why) => self.wrong(part, why.to_string(), "see docs/scenario.md"),
        }
    }

    /// What breaks by an event of the timeline.
    fn faults_of(&mut self, event: &At<RawEvent>, config: &SanConfig) -> Vec<Fault> {
        let from = event.at.ns();
        if let Some(upgrade) = &event.upgrade {
            return self.upgrade(upgrade, from, config);
        }
        let Some(fault) = &event.fault else {
            return Vec::new();
        };
        let Some(on) = &event.on else {
            self.wrong(event, "it is not said what it is on", "add on = \"NAME\"");
            return Vec::new();
        };
        let lasts = event.lasts.as_ref().map_or(Ns::NEVER, |time| time.ns());
        if let Some(time) = event.lasts.as_ref().filter(|_| lasts == Ns::ZERO) {
            let hint = "leave `for` out for a fault that stays";
            self.wrong(time, "a fault lasts longer than no time at all", hint);
            return Vec::new();
        }
        vec![Fault {
            on: on.value.clone(),
            kind: fault.clone(),
            from,
            until: from.saturating_add(lasts),
        }]
    }

    /// Controllers or ports that are restarted one after the other.
    fn upgrade(&mut self, raw: &RawUpgrade, mut from: Ns, config: &SanConfig) -> Vec<Fault> {
        let Some(array) = config.arrays.iter().find(|a| a.name == *raw.array.value) else {
            let message = format!("there is no array `{}`", *raw.array);
            self.wrong(
                &raw.array,
                message,
                "its `name`, which is `array` by default",
            );
            return Vec::new();
        };
        let controllers = (0..array.controllers).map(|c| format!("{}.ctl{c}", array.name));
        let (parts, restart): (Vec<String>, Ns) = match raw.of {
            RawUpgradeOf::Controllers => (controllers.collect(), array.access.restart),
            RawUpgradeOf::Ports => {
                let ports = |c: String| (0..array.ports).map(move |p| format!("{c}.p{p}"));
                (controllers.flat_map(ports).collect(), Ns::ZERO)
            }
        };
        let pause = raw.pause.map_or(Ns::ZERO, |time| time.ns());
        let mut faults = Vec::new();
        for on in parts {
            let until = from.saturating_add(raw.each.ns());
            faults.push(Fault {
                on,
                kind: FaultKind::Down,
                from,
                until,
            });
            from = until.saturating_add(restart).saturating_add(pause);
        }
        faults
    }

    /// What multipathd sets of the transport's timeouts whenever it makes or
    /// loads a map (`discovery.c:sysfs_set_scsi_tmo`): its `fast_io_fail_tmo`,
    /// which always has a value, and a `dev_loss_tmo` that outlives
    /// `no_path_retry`. Of a session neither can be switched off
    /// (`sysfs_set_session_tmo`).
    pub(super) fn set_timeouts(&mut self, config: &mut SanConfig, settings: &Settings) {
        let fast = match settings.fast_io_fail_tmo {
            FastIoFail::Off => Ns::ZERO,
            // At once; nothing at all would be "off".
            FastIoFail::Seconds(secs) => Ns::from_secs(secs.into()).max(Ns(1)),
        };
        match &mut config.transport {
            Transport::Fc(fc) => self.set_remote_port(fc, fast, settings),
            Transport::Tcp(tcp) if tcp.protocol == Protocol::Nvme => {}
            Transport::Tcp(_) if fast < Ns::from_secs(1) => {}
            Transport::Tcp(tcp) => tcp.fast_io_fail_tmo = fast,
        }
    }

    /// `sysfs_set_rport_tmo`: `fast_io_fail_tmo` has to be the shorter one. Where
    /// `dev_loss_tmo` is given it is switched off else; what the driver has by
    /// itself is made longer.
    fn set_remote_port(&mut self, fc: &mut FcConfig, fast: Ns, settings: &Settings) {
        fc.fast_io_fail_tmo = fast;
        let now = fc.dev_loss_tmo.map_or(u32::MAX, whole_seconds);
        let wanted = settings.dev_loss_tmo_seconds(now);
        let is_given = settings.dev_loss_tmo != DevLoss::Hardware;
        if is_given || wanted != now && fc.dev_loss_tmo.is_some() {
            fc.dev_loss_tmo = Some(Ns::from_secs(wanted.into()));
        }
        let Some(loss) = fc.dev_loss_tmo.filter(|&loss| loss <= fast) else {
            return;
        };
        if is_given {
            fc.fast_io_fail_tmo = Ns::ZERO;
            self.warnings.push(format!(
                "multipath.conf: fast_io_fail_tmo ({}) is not shorter than dev_loss_tmo \
                 ({}): multipathd switches it off",
                seconds(fast),
                seconds(loss)
            ));
        } else {
            fc.dev_loss_tmo = Some(fast.saturating_add(Ns::from_secs(1)));
        }
    }

    /// Warns of a timeout that is never reached. For a remote port the kernel refuses
    /// it (`scsi_transport_fc.c:store_fc_rport_fast_io_fail_tmo`, 6.1).
    pub(super) fn compare_timeouts(&mut self, raw: &RawScenario, config: &SanConfig) {
        let (fast, loss, refused) = match &config.transport {
            Transport::Fc(fc) => (
                fc.fast_io_fail_tmo,
                fc.dev_loss_tmo,
                ": the kernel refuses that, and here it",
            ),
            Transport::Tcp(tcp) => (tcp.fast_io_fail_tmo, tcp.dev_loss_tmo, " and"),
        };
        let Some(loss) = loss.filter(|&loss| loss <= fast) else {
            return;
        };
        let what = format!(
            "fast_io_fail_tmo ({}) is not shorter than dev_loss_tmo ({}){refused} has no effect",
            seconds(fast),
            seconds(loss)
        );
        match &raw.fabric {
            Some(fabric) => self.warn(fabric, what),
            None => self.warnings.push(format!("[fabric]: {what}")),
        }
    }

    /// What multipathd knows of a device when it makes a map over it.
    pub(super) fn path_info(device: &Device, san: &SanConfig) -> PathInfo {
        let info = PathInfo {
            dev: format!("{}:{}", device.devno.0, device.devno.1),
            serial: "0".into(),
            node_name: device.name.clone(),
            state: PathState::Up,
            ..PathInfo::default()
        };
        let DeviceConfig::Lun(lun) = &device.kind else {
            return info;
        };
        let network = San::new(san, Draws::new(0));
        let on_path = network.and_then(|mut network| {
            let path = network.add_path(&lun.path())?;
            Ok(lun_info(&network, path, info.clone()))
        });
        on_path.unwrap_or(info)
    }

    /// A LUN and its capacity in bytes.
    pub(super) fn lun(
        &mut self,
        entry: &At<RawDevice>,
        config: &LunDiskConfig,
        san: &SanConfig,
    ) -> Option<(DeviceConfig, u64)> {
        if !(1..=4096).contains(&config.queue_depth) {
            let what = format!("`queue_depth` is {}", config.queue_depth);
            self.wrong(&entry.name, what, "from 1 to 4096");
        }
        if config.timeout < Ns::from_ms(1) {
            let what = "`timeout` is shorter than 1 ms: no command ends in time";
            self.wrong(&entry.name, what, "30 s is the kernel's default");
        }
        let network = San::new(san, Draws::new(0));
        let added = network.and_then(|mut network| {
            let path = network.add_path(&config.path())?;
            Ok(network.sectors(path) * 512)
        });
        match added {
            Ok(bytes) => Some((DeviceConfig::Lun(config.clone()), bytes)),
            Err(why) => {
                let hint = "initiators are named by [[initiator]], LUNs by [[array]]";
                self.wrong(&entry.name, why.to_string(), hint);
                None
            }
        }
    }
}

fn whole_seconds(time: Ns) -> u32 {
    u32::try_from(time.0 / 1_000_000_000).unwrap_or(u32::MAX)
}

fn seconds(time: Ns) -> String {
    format!("{} s", time.0 as f64 / 1e9)
}
