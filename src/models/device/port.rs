//! An array port over shared media: a queueing model.
//!
//! A command meets up to four resources, each first come, first served:
//!
//! | resource | of | servers | occupied for |
//! |---|---|---|---|
//! | controller | the port | 1 | `per_request` |
//! | link | the port, each direction | 1 | size / `bandwidth` |
//! | slots | the port | `slots` | drawn from `latency` |
//! | media | shared by ports | `slots` | drawn from `service` |
//!
//! When a command is done is known when it starts, so it costs one event. Each
//! resource serves in order of arrival at the *port*; the command takes the
//! sum of its services plus the longest of its waits: stages work on different
//! commands at the same time, and waiting in front of the slowest of them
//! hides waiting in front of the others. This is exact with one resource, in a
//! tandem with constant services (where it is the permutation flow shop of
//! identical jobs), and in the limits of light and heavy load; each resource's
//! capacity holds always.
//!
//! Noise of service is drawn by the command's first bio and attempt, so the
//! same I/O finds the same service time under another policy.

mod config;

use crate::models::io::SECTOR;
use crate::models::truth::Drawn;
use crate::sim::dist::{Distribution, LONGEST, Sampler};
use crate::sim::draw::{Draws, Purpose};
use crate::sim::servers::Servers;
use crate::sim::time::Ns;
use crate::sim::units::BitRate;

pub use config::{MediaConfig, PortConfig, PortError};

/// A command as a port sees it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Command {
    /// Identity of its first bio, the same in every run of a comparison.
    pub first_bio: u64,
    /// How often it was tried before.
    pub attempt: u64,
    /// Sectors of 512 bytes.
    pub sectors: u32,
    /// Whether data go to the device.
    pub is_write: bool,
    /// Whether it begins with a piece split off a bio.
    pub is_piece: bool,
}

/// What a port answers to a command.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Admission {
    /// It will be done at this time.
    Done(Ns),
    /// TASK SET FULL: the port holds `queue_depth` commands.
    Full,
}

/// Which of an array's ports.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PortId(pub u16);

/// Ports and the media they share.
#[derive(Clone, Debug, Default)]
pub struct Array {
    ports: Vec<Port>,
    media: Vec<Media>,
}

impl Array {
    /// Builds the media of `configs`; ports are added one by one.
    ///
    /// # Errors
    /// A parameter is out of its range, or two media share a name.
    pub fn new(configs: &[MediaConfig]) -> Result<Self, PortError> {
        let mut media: Vec<Media> = Vec::with_capacity(configs.len());
        for config in configs {
            if media.iter().any(|m| m.name == config.name) {
                return Err(PortError::TwoMedia(config.name.clone()));
            }
            media.push(Media::new(config)?);
        }
        Ok(Array {
            ports: Vec::new(),
            media,
        })
    }

    /// Adds the port of `config`.
    ///
    /// # Errors
    /// A parameter is out of its range, or the media are not there.
    pub fn add_port(&mut self, config: &PortConfig) -> Result<PortId, PortError> {
        let media = match &config.media {
            None => None,
            Some(name) => {
                let found = self.media.iter().position(|m| m.name == *name);
                Some(found.ok_or_else(|| PortError::NoSuchMedia(name.clone()))?)
            }
        };
        let id = u16::try_from(self.ports.len()).map_err(|_| PortError::OutOfRange {
            field: "ports",
            value: self.ports.len() as u64,
            range: "at most 65535",
        })?;
        self.ports.push(Port::new(config, media)?);
        Ok(PortId(id))
    }

    /// Gives `command` to `port` at `now`; calls come in order of time.
    #[inline]
    pub fn start(&mut self, port: PortId, now: Ns, command: &Command, draws: Draws) -> Admission {
        let port = &mut self.ports[usize::from(port.0)];
        if port.held == port.queue_depth {
            return Admission::Full;
        }
        port.held += 1;
        let (mut stay, latency) = port.stay(now, command, draws);
        let mut service = Ns::ZERO;
        if let Some(media) = port.media {
            let there;
            (there, service) = self.media[media].stay(now, command, draws);
            stay = stay.and(there);
        }
        port.drawn.add(latency, service, command.is_piece);
        Admission::Done(now.saturating_add(stay.total()))
    }

    /// A command of `port` is done and makes room for another.
    #[inline]
    pub fn end(&mut self, port: PortId) {
        let port = &mut self.ports[usize::from(port.0)];
        port.held = port.held.saturating_sub(1);
    }

    /// Commands that `port` can hold.
    pub fn queue_depth(&self, port: PortId) -> u32 {
        self.ports[usize::from(port.0)].queue_depth
    }

    /// What was drawn for the commands of `port` so far.
    pub fn drawn(&self, port: PortId) -> Drawn {
        self.ports[usize::from(port.0)].drawn
    }

    /// Commands that `port` holds.
    pub fn held(&self, port: PortId) -> u32 {
        self.ports[usize::from(port.0)].held
    }
}

/// What a command goes through: services add up, waits overlap.
#[derive(Copy, Clone, Default)]
struct Stay {
    wait: Ns,
    service: Ns,
}

impl Stay {
    #[inline]
    fn and(self, other: Stay) -> Stay {
        Stay {
            wait: self.wait.max(other.wait),
            service: self.service.saturating_add(other.service),
        }
    }
    #[inline]
    fn total(self) -> Ns {
        self.wait.saturating_add(self.service)
    }
}

/// One port at work.
#[derive(Clone, Debug)]
struct Port {
    latency: Sampler,
    per_request: Ns,
    bandwidth: Option<BitRate>,
    queue_depth: u32,
    held: u32,
    media: Option<usize>,
    controller: Servers,
    /// The link in each direction: from the device, to the device.
    link: [Servers; 2],
    slots: Servers,
    drawn: Drawn,
}

impl Port {
    fn new(config: &PortConfig, media: Option<usize>) -> Result<Self, PortError> {
        if config.queue_depth == 0 {
            return Err(PortError::OutOfRange {
                field: "queue_depth",
                value: 0,
                range: "at least 1",
            });
        }
        if config.per_request > LONGEST {
            return Err(PortError::OutOfRange {
                field: "per_request",
                value: config.per_request.0,
                range: "at most 2⁵³ ns",
            });
        }
        Ok(Port {
            latency: sampler("latency", &config.latency)?,
            per_request: config.per_request,
            bandwidth: link_rate(config.bandwidth)?,
            queue_depth: config.queue_depth,
            held: 0,
            media,
            controller: Servers::new(1),
            link: [Servers::new(1), Servers::new(1)],
            slots: servers(config.slots)?,
            drawn: Drawn::default(),
        })
    }

    /// How long `command` stays, and what was drawn of that.
    #[inline]
    fn stay(&mut self, now: Ns, command: &Command, draws: Draws) -> (Stay, Ns) {
        let latency = draw(&self.latency, Purpose::Service, command, draws);
        let mut stay = serve(&mut self.slots, now, latency);
        if self.per_request > Ns::ZERO {
            stay = stay.and(serve(&mut self.controller, now, self.per_request));
        }
        if let Some(rate) = self.bandwidth {
            let transfer = rate.transfer_time(u64::from(command.sectors) * SECTOR);
            let link = &mut self.link[usize::from(command.is_write)];
            stay = stay.and(serve(link, now, transfer));
        }
        (stay, latency)
    }
}

/// Shared media at work.
#[derive(Clone, Debug)]
struct Media {
    name: String,
    read: Sampler,
    write: Sampler,
    bandwidth: Option<BitRate>,
    slots: Servers,
}

impl Media {
    fn new(config: &MediaConfig) -> Result<Self, PortError> {
        let write = config.write_service.as_ref().unwrap_or(&config.service);
        Ok(Media {
            name: config.name.clone(),
            read: sampler("service", &config.service)?,
            write: sampler("write_service", write)?,
            bandwidth: link_rate(config.bandwidth)?,
            slots: servers(config.slots)?,
        })
    }

    /// How long `command` stays, and what was drawn of that.
    #[inline]
    fn stay(&mut self, now: Ns, command: &Command, draws: Draws) -> (Stay, Ns) {
        let law = if command.is_write {
            &self.write
        } else {
            &self.read
        };
        let drawn = draw(law, Purpose::Media, command, draws);
        let mut service = drawn;
        if let Some(rate) = self.bandwidth {
            let transfer = rate.transfer_time(u64::from(command.sectors) * SECTOR);
            service = service.saturating_add(transfer);
        }
        (serve(&mut self.slots, now, service), drawn)
    }
}

#[inline]
fn serve(servers: &mut Servers, now: Ns, service: Ns) -> Stay {
    Stay {
        wait: servers.serve(now, service).saturating_sub(now),
        service,
    }
}

/// `law`'s value for `command`; no draw is made for a constant.
#[inline]
fn draw(law: &Sampler, purpose: Purpose, command: &Command, draws: Draws) -> Ns {
    match law.as_constant() {
        Some(value) => value,
        None => law.sample(&mut draws.key(purpose, [command.first_bio, command.attempt])),
    }
}

fn sampler(field: &'static str, law: &Distribution) -> Result<Sampler, PortError> {
    law.sampler()
        .map_err(|source| PortError::Distribution { field, source })
}

/// A rate that lets something through.
fn link_rate(rate: Option<BitRate>) -> Result<Option<BitRate>, PortError> {
    if rate == Some(BitRate(0)) {
        return Err(PortError::OutOfRange {
            field: "bandwidth",
            value: 0,
            range: "at least 1 bit a second",
        });
    }
    Ok(rate)
}

fn servers(slots: u32) -> Result<Servers, PortError> {
    if slots > 65_536 {
        return Err(PortError::OutOfRange {
            field: "slots",
            value: u64::from(slots),
            range: "at most 65536",
        });
    }
    Ok(Servers::new(slots as usize))
}

#[cfg(test)]
mod tests;
