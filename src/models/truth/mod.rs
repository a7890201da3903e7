//! What a command takes in truth, on its way to a device and back: for an oracle
//! among the policies, and for bounds.

mod device;
mod drawn;
mod network;

pub use drawn::Drawn;

use super::config::MachineConfig;
use super::mpath::policy::Truth;
use crate::sim::Ns;
use crate::sim::dist::Distribution;
use crate::sim::units::BitRate;

/// A time that grows with the size of what takes it.
#[derive(Copy, Clone, PartialEq, Debug, Default)]
pub struct Linear {
    /// Its size apart, ns.
    pub fixed: f64,
    /// What each byte takes on top, ns.
    pub per_byte: f64,
}

impl Linear {
    /// A time without regard to size.
    pub fn fixed(fixed: f64) -> Self {
        Linear {
            fixed,
            per_byte: 0.0,
        }
    }
    /// That of `bytes`, ns.
    pub fn of(&self, bytes: f64) -> f64 {
        self.fixed + self.per_byte * bytes
    }
}

/// What commands go through: so many servers, which several devices may share.
#[derive(Clone, PartialEq, Debug)]
pub struct Resource {
    /// What it is called, the same wherever it is met.
    pub name: String,
    /// Its servers; infinity: nobody waits.
    pub servers: f64,
}

/// All resources of a computer and its storage, each once.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Resources(pub Vec<Resource>);

impl Resources {
    /// The place of the one called `name`, which has so many `servers`; 0 = as many
    /// as commands come.
    fn find(&mut self, name: String, servers: u32) -> usize {
        let known = self.0.iter().position(|resource| resource.name == name);
        known.unwrap_or_else(|| {
            let servers = match servers {
                0 => f64::INFINITY,
                servers => f64::from(servers),
            };
            self.0.push(Resource { name, servers });
            self.0.len() - 1
        })
    }
}

/// A resource that a command occupies, and how long: a read, a write.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Step {
    /// Which.
    pub on: usize,
    /// For so long: a read, a write.
    pub takes: [Linear; 2],
}

/// The way of a device's commands.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Course {
    /// What each occupies, one after the other or at once.
    pub steps: Vec<Step>,
    /// What each holds a place of meanwhile: tags, queue depths.
    pub holds: Vec<Step>,
    /// From start to end if it is alone: a read, a write.
    pub alone: [Linear; 2],
    /// The part of this that is drawn, on average, ns.
    pub drawn: f64,
}

impl Course {
    /// It goes through `on`, and that takes its time.
    fn serve(&mut self, on: usize, takes: [Linear; 2]) {
        self.occupy(on, takes);
        self.wait(takes);
    }
    /// It occupies `on` while something else takes as long.
    fn occupy(&mut self, on: usize, takes: [Linear; 2]) {
        self.steps.push(Step { on, takes });
    }
    /// It takes so long, and nobody else waits for that.
    fn wait(&mut self, takes: [Linear; 2]) {
        for (alone, takes) in self.alone.iter_mut().zip(takes) {
            alone.fixed += takes.fixed;
            alone.per_byte += takes.per_byte;
        }
    }
    /// It has had a place of `on` since it had taken the time `since`.
    fn hold(&mut self, on: usize, since: [Linear; 2]) {
        let stay = |n: usize| Linear {
            fixed: self.alone[n].fixed - since[n].fixed,
            per_byte: self.alone[n].per_byte - since[n].per_byte,
        };
        let takes = [stay(0), stay(1)];
        self.holds.push(Step { on, takes });
    }
}

/// What is known better than by the laws of a scenario.
#[derive(Copy, Clone, PartialEq, Debug, Default)]
pub struct Known {
    /// Mean time in a port's slots or in a controller's firmware, ns.
    pub latency: Option<f64>,
    /// Mean time at the media that ports share, ns.
    pub media: Option<f64>,
    /// Whether every read of a storage network goes to the media.
    pub uncached: bool,
}

/// The way of the commands of device number `device` of `config`. What it goes
/// through is added to `resources`.
pub fn course(
    config: &MachineConfig,
    device: usize,
    known: Known,
    resources: &mut Resources,
) -> Course {
    device::course(config, device, known, resources)
}

/// The same in the short form that a policy can use.
pub fn truth(config: &MachineConfig, device: usize) -> Truth {
    let mut resources = Resources::default();
    let course = course(config, device, Known::default(), &mut resources);
    let [read, _] = course.alone;
    let servers = |step: &Step| resources.0[step.on].servers;
    // Commands of no size that keep the narrowest of it busy.
    let pace = |step: &Step| servers(step) / step.takes[0].fixed;
    let capacity = course.steps.iter().map(pace).fold(f64::INFINITY, f64::min);
    let overlap = (capacity * read.fixed).ceil();
    let slots = match overlap.is_finite() {
        true => overlap as u32,
        false => 0,
    };
    let places = course.holds.iter().map(servers);
    let depth = places.fold(f64::INFINITY, f64::min);
    let queued = course
        .steps
        .iter()
        .map(|step| step.takes[0].per_byte / servers(step));
    let in_parts = |ns: f64| (ns * 65_536.0) as u64;
    Truth {
        service: Ns(read.fixed as u64),
        per_byte: in_parts(read.per_byte),
        queued_per_byte: in_parts(queued.fold(0.0, f64::max)),
        slots: match (slots, depth.is_finite()) {
            (0, true) => depth as u32,
            (slots, true) => slots.min(depth as u32),
            (slots, false) => slots,
        },
    }
}

fn mean(law: &Distribution) -> f64 {
    law.sampler().map_or(0.0, |sampler| sampler.mean())
}

/// Time of a byte at `rate`, ns.
fn per_byte(rate: Option<BitRate>) -> f64 {
    rate.map_or(0.0, |rate| 8e9 / rate.0.max(1) as f64)
}

/// A read and a write that take the same.
fn both(takes: Linear) -> [Linear; 2] {
    [takes, takes]
}
