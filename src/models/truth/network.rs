//! LUNs of a storage network: ports, links, controllers, media, each of which
//! many paths may share.

use super::{Course, Known, Linear, Resources, both, mean, per_byte};
use crate::models::array::ArrayConfig;
use crate::models::array::controller::ControllerConfig;
use crate::models::array::media::MediaConfig;
use crate::models::device::scsi::LunDiskConfig;
use crate::models::fabric::Transport;
use crate::models::fabric::link::LinkConfig;
use crate::models::san::SanConfig;

/// The way through the network of `san`, as `San::submit` goes it, when all is
/// well. What the cache saves of the media is not known here: only where every
/// read goes there they are counted.
pub(super) fn course(
    course: &mut Course,
    san: &SanConfig,
    (name, c): (&str, &LunDiskConfig),
    known: Known,
    resources: &mut Resources,
) {
    let Some(target) = Target::find(san, &c.target) else {
        return;
    };
    let begin = [Linear::default(); 2];
    let initiator = san.initiators.iter().find(|i| i.name == c.initiator);
    if let Some(initiator) = initiator {
        let on = resources.find(format!("{} processor", initiator.name), 1);
        let takes = Linear::fixed(initiator.per_command.0 as f64);
        course.serve(on, both(takes));
    }
    let first = initiator.and_then(|i| i.link.as_ref()).unwrap_or(&san.link);
    let between = c.via.iter().filter_map(|via| {
        let link = san.links.iter().find(|link| link.name == *via)?;
        Some((via.as_str(), &link.link))
    });
    let last = target.array.port.link.as_ref().unwrap_or(&san.link);
    let links: Vec<(&str, &LinkConfig)> = std::iter::once((c.initiator.as_str(), first))
        .chain(between)
        .chain([(target.name.as_str(), last)])
        .collect();
    cross(course, &links, &san.transport, resources);
    at_port(course, &target, known, resources);
    let depth = resources.find(format!("{name} depth"), c.queue_depth);
    course.hold(depth, begin);
    if let Some(initiator) = initiator {
        let tags = resources.find(format!("{} tags", initiator.name), initiator.can_queue);
        course.hold(tags, begin);
    }
}

/// A port of an array, and who it belongs to.
struct Target<'a> {
    array: &'a ArrayConfig,
    /// `NAME.ctl0.p0`.
    name: String,
    /// `NAME.ctl0`.
    controller: String,
}

impl<'a> Target<'a> {
    fn find(san: &'a SanConfig, name: &str) -> Option<Self> {
        for array in &san.arrays {
            for n in 0..array.controllers {
                let controller = format!("{}.ctl{n}", array.name);
                for p in 0..array.ports {
                    let full = format!("{controller}.p{p}");
                    let before = full.strip_suffix(name);
                    if before.is_some_and(|rest| rest.is_empty() || rest.ends_with('.')) {
                        return Some(Target {
                            array,
                            name: full,
                            controller,
                        });
                    }
                }
            }
        }
        None
    }
}

/// There and back again. Frames of a message are on several links at once, so the
/// slowest alone takes time.
fn cross(
    course: &mut Course,
    links: &[(&str, &LinkConfig)],
    transport: &Transport,
    resources: &mut Resources,
) {
    let (mut one_way, mut slowest) = (0.0, 0.0f64);
    for (name, link) in links {
        one_way += link.latency.0 as f64;
        let takes = Linear {
            fixed: 0.0,
            per_byte: per_byte(link.rate),
        };
        slowest = slowest.max(takes.per_byte);
        let to_host = resources.find(format!("{name} to host"), 1);
        course.occupy(to_host, [takes, Linear::default()]);
        let to_target = resources.find(format!("{name} to target"), 1);
        course.occupy(to_target, [Linear::default(), takes]);
    }
    // Over Fibre Channel the target asks for the data of a write.
    let times = match transport {
        Transport::Fc(_) => 4.0,
        Transport::Tcp(_) => 2.0,
    };
    let takes = |times: f64| Linear {
        fixed: times * one_way,
        per_byte: slowest,
    };
    course.wait([takes(2.0), takes(times)]);
}

/// In the array, from the port on.
fn at_port(course: &mut Course, target: &Target, known: Known, resources: &mut Resources) {
    let Target {
        array,
        name,
        controller,
    } = target;
    let begin = course.alone;
    let on = resources.find(format!("{name} processor"), 1);
    let takes = Linear::fixed(array.port.per_command.0 as f64);
    course.serve(on, both(takes));
    at_controller(course, controller, &array.controller, known, resources);
    if array.controllers > 1 && array.cache.mirror {
        // A write crosses to the other controller, one way or the other.
        let on = resources.find(format!("{} interconnect", array.name), 2);
        let takes = Linear {
            fixed: 0.0,
            per_byte: per_byte(array.interconnect.rate),
        };
        course.occupy(on, [Linear::default(), takes]);
    }
    if known.uncached
        && let MediaConfig::Flash(flash) = &array.media
    {
        let on = resources.find(format!("{} media", array.name), u32::from(flash.channels));
        let read = Linear {
            fixed: mean(&flash.read),
            per_byte: per_byte(flash.rate),
        };
        course.occupy(on, [read, Linear::default()]);
        // Chunks are read side by side.
        course.wait([Linear::fixed(read.fixed), Linear::default()]);
    }
    let depth = resources.find(format!("{name} depth"), array.port.queue_depth);
    course.hold(depth, begin);
}

fn at_controller(
    course: &mut Course,
    name: &str,
    c: &ControllerConfig,
    known: Known,
    resources: &mut Resources,
) {
    let cores = resources.find(format!("{name} cores"), u32::from(c.cores));
    course.serve(cores, both(Linear::fixed(c.per_command.0 as f64)));
    let latency = known.latency.unwrap_or_else(|| mean(&c.latency));
    course.wait(both(Linear::fixed(latency)));
    course.drawn += latency;
    let bus = resources.find(format!("{name} bus"), 1);
    let takes = Linear {
        fixed: 0.0,
        per_byte: per_byte(c.rate),
    };
    course.serve(bus, both(takes));
}
