//! Devices of the host, and array ports without a network.

use super::{Course, Known, Linear, Resources, both, mean, network, per_byte};
use crate::models::config::MachineConfig;
use crate::models::device::port::{MediaConfig, PortConfig};
use crate::models::device::{DeviceConfig, NullBlkConfig};

pub(super) fn course(
    config: &MachineConfig,
    device: usize,
    known: Known,
    resources: &mut Resources,
) -> Course {
    let Some(named) = config.devices.get(device) else {
        return Course::default();
    };
    let mut course = Course::default();
    let name = &named.name;
    match &named.device {
        DeviceConfig::NullBlk(c) => {
            let on = resources.find(format!("{name} tags"), tags(c, config.host.cpus as usize));
            course.serve(on, both(Linear::fixed(c.delay().0 as f64)));
        }
        DeviceConfig::ScsiDebug(c) => {
            let depth = c.queue_depth.unwrap_or(c.max_queue).min(c.max_queue);
            let on = resources.find(format!("{name} tags"), depth);
            course.serve(on, both(Linear::fixed(c.ndelay.0 as f64)));
        }
        DeviceConfig::ArrayPort(c) => port(&mut course, config, (name, c), known, resources),
        DeviceConfig::Lun(c) => {
            network::course(&mut course, &config.san, (name, c), known, resources)
        }
    }
    course
}

/// Commands that null_blk has at once: each CPU submits to one of its queues
/// (`blk-mq-cpumap.c`); without queues it has but one set of slots.
fn tags(c: &NullBlkConfig, cpus: usize) -> u32 {
    let queues = match c.queue_mode {
        0 => 1,
        _ => c.submit_queues.max(1).min(cpus.max(1) as u32),
    };
    c.hw_queue_depth.max(1).saturating_mul(queues)
}

fn port(
    course: &mut Course,
    config: &MachineConfig,
    (name, c): (&str, &PortConfig),
    known: Known,
    resources: &mut Resources,
) {
    let latency = known.latency.unwrap_or_else(|| mean(&c.latency));
    let slots = resources.find(format!("{name} slots"), c.slots);
    course.serve(slots, both(Linear::fixed(latency)));
    course.drawn += latency;
    let controller = resources.find(format!("{name} controller"), 1);
    course.serve(controller, both(Linear::fixed(c.per_request.0 as f64)));
    let takes = Linear {
        fixed: 0.0,
        per_byte: per_byte(c.bandwidth),
    };
    // The link works both ways at once.
    let to_host = resources.find(format!("{name} to host"), 1);
    course.serve(to_host, [takes, Linear::default()]);
    let to_target = resources.find(format!("{name} to target"), 1);
    course.serve(to_target, [Linear::default(), takes]);
    if let Some(media) = media_of(c, &config.media) {
        let on = resources.find(format!("media {}", media.name), media.slots);
        let takes = |law| Linear {
            fixed: known.media.unwrap_or_else(|| mean(law)),
            per_byte: per_byte(media.bandwidth),
        };
        let write = media.write_service.as_ref().unwrap_or(&media.service);
        let takes = [takes(&media.service), takes(write)];
        course.serve(on, takes);
        course.drawn += takes[0].fixed.min(takes[1].fixed);
    }
    let depth = resources.find(format!("{name} depth"), c.queue_depth.max(1));
    course.hold(depth, both(Linear::default()));
}

fn media_of<'a>(c: &PortConfig, media: &'a [MediaConfig]) -> Option<&'a MediaConfig> {
    let name = c.media.as_ref()?;
    media.iter().find(|media| media.name == *name)
}
