//! Building a storage network, and giving each of its parts its faults.

use super::names::{Names, Place};
use super::{Counts, LunMove, Path, PathConfig, PathId, San, SanConfig, SanError};
use crate::models::array::config_link;
use crate::models::array::{Array, ArrayConfig, Order};
use crate::models::fabric::Fabric;
use crate::models::fabric::fault::{Fault, FaultError, FaultKind, Health, RandomFault, Renewal};
use crate::models::fabric::initiator::Initiator;
use crate::models::fabric::link::{Link, LinkConfig};
use crate::models::fabric::target_port::TargetPort;
use crate::models::truth::Drawn;
use crate::sim::draw::Draws;
use crate::sim::time::Ns;

/// A network in the making.
struct Builder {
    fabric: Fabric,
    arrays: Vec<Array>,
    names: Names,
    draws: Draws,
    /// Array and controller of each target port.
    homes: Vec<(u16, u16)>,
}

impl San {
    /// The network of `config`, with no paths yet but those of other hosts.
    ///
    /// # Errors
    /// What cannot be.
    pub fn new(config: &SanConfig, draws: Draws) -> Result<Self, SanError> {
        let mut b = Builder {
            fabric: Fabric::new(config.transport.clone(), draws),
            arrays: Vec::new(),
            names: Names::default(),
            draws,
            homes: Vec::new(),
        };
        for initiator in &config.initiators {
            let link = initiator.link.as_ref().unwrap_or(&config.link);
            let link = b.link(&initiator.name, link)?;
            if !(1..=10_240).contains(&initiator.can_queue) {
                return Err(SanError::CanQueue(initiator.name.clone()));
            }
            let n = b.fabric.initiators.len() as u16;
            b.fabric.initiators.push(Initiator::new(initiator, link));
            b.names.add(initiator.name.clone(), Place::Initiator(n))?;
        }
        for named in &config.links {
            let n = b.link(&named.name, &named.link)?;
            b.names.add(named.name.clone(), Place::Link(n))?;
        }
        for array in &config.arrays {
            b.array(array, &config.link)?;
        }
        let mut faults = Vec::new();
        for fault in &config.faults {
            faults.push(b.fault(fault, config)?);
        }
        let mut random_faults = Vec::new();
        for (n, fault) in config.random_faults.iter().enumerate() {
            let process = b.random_fault(n as u64, fault)?;
            random_faults.push((fault.on.clone(), process));
        }
        for order in &config.moves {
            b.order(order)?;
        }
        let mut san = San {
            fabric: b.fabric,
            arrays: b.arrays,
            paths: Vec::new(),
            background: Vec::new(),
            draws,
            names: b.names,
            homes: b.homes,
            counts: Counts::default(),
            is_armed: false,
            faults,
            random_faults,
            orders: config.moves.clone(),
            carried_out: None,
        };
        for stream in &config.background {
            san.add_background(stream)?;
        }
        Ok(san)
    }

    /// Adds a path.
    ///
    /// # Errors
    /// A part of it is not there.
    pub fn add_path(&mut self, config: &PathConfig) -> Result<PathId, SanError> {
        let names = &self.names;
        let initiator = names.find("initiator", &config.initiator, |place| match place {
            Place::Initiator(n) => Some(n),
            _ => None,
        })?;
        let port = names.find("target port", &config.target, |place| match place {
            Place::Port(n) => Some(n),
            _ => None,
        })?;
        let (array, controller) = self.homes[usize::from(port)];
        let lun = names.find("LUN", &config.lun, |place| match place {
            Place::Lun(a, n) if a == array => Some(Ok(n)),
            Place::Lun(..) => Some(Err(())),
            _ => None,
        })?;
        let lun = lun.map_err(|()| SanError::OtherArray {
            lun: config.lun.clone(),
            target: config.target.clone(),
        })?;
        let mut between = Vec::new();
        for link in &config.via {
            between.push(names.find("link", link, |place| match place {
                Place::Link(n) => Some(n),
                _ => None,
            })?);
        }
        let nexus = self.fabric.nexus(initiator, port, &between);
        let id = u16::try_from(self.paths.len()).map_err(|_| SanError::TooMany("paths"))?;
        self.paths.push(Path {
            nexus,
            port,
            array,
            controller,
            lun,
            drawn: Drawn::default(),
        });
        self.is_armed = false;
        Ok(PathId(id))
    }

    /// How many initiator ports there are.
    pub fn initiators(&self) -> u16 {
        self.fabric.initiators.len() as u16
    }

    /// The number of the initiator port of `path`.
    pub fn initiator_of(&self, path: PathId) -> u16 {
        let nexus = self.paths[usize::from(path.0)].nexus;
        self.fabric.nexuses[usize::from(nexus.0)].initiator
    }

    /// The numbers of `path` as a target of its initiator port and a LUN.
    pub fn address(&self, path: PathId) -> (u16, u16) {
        let p = self.paths[usize::from(path.0)];
        let nexuses = &self.fabric.nexuses;
        let own = usize::from(p.nexus.0);
        let before = nexuses[..own].iter();
        let targets = before.filter(|n| n.initiator == nexuses[own].initiator);
        (targets.count() as u16, p.lun)
    }

    /// Tags of the host adapter of `path`.
    pub fn can_queue(&self, path: PathId) -> u32 {
        let initiator = self.initiator_of(path);
        self.fabric.initiators[usize::from(initiator)].can_queue
    }

    /// How long error handling of the host adapter of `path` may take.
    pub fn eh_deadline(&self, path: PathId) -> Option<Ns> {
        let initiator = self.initiator_of(path);
        self.fabric.initiators[usize::from(initiator)].eh_deadline
    }

    /// Capacity of the LUN behind `path`, in sectors.
    pub fn sectors(&self, path: PathId) -> u64 {
        let p = &self.paths[usize::from(path.0)];
        self.arrays[usize::from(p.array)].luns[usize::from(p.lun)].sectors
    }
}

impl Builder {
    fn link(&mut self, name: &str, config: &LinkConfig) -> Result<u16, SanError> {
        config_link(config).map_err(|source| SanError::Link {
            name: name.into(),
            source,
        })?;
        let n = u16::try_from(self.fabric.links.len()).map_err(|_| SanError::TooMany("links"))?;
        self.fabric.links.push(Link::new(config.clone(), n));
        Ok(n)
    }

    fn array(&mut self, config: &ArrayConfig, link: &LinkConfig) -> Result<(), SanError> {
        let a = self.arrays.len() as u16;
        let identity = u16::MAX - a; // links of the fabric count from the other end
        let array = Array::new(config, identity, self.draws).map_err(|source| SanError::Array {
            array: config.name.clone(),
            source,
        })?;
        let full = |part: &str| format!("{}.{part}", config.name);
        self.names
            .add(full("interconnect"), Place::Interconnect(a))?;
        for c in 0..config.controllers {
            let place = Place::Controller(a, c);
            self.names.add(full(&format!("ctl{c}")), place)?;
            for p in 0..config.ports {
                let name = full(&format!("ctl{c}.p{p}"));
                let link = config.port.link.as_ref().unwrap_or(link);
                let link = self.link(&name, link)?;
                let n = self.fabric.ports.len() as u16;
                let port = TargetPort::new(name.clone(), &config.port, link);
                self.fabric.ports.push(port);
                self.homes.push((a, c));
                self.names.add(name, Place::Port(n))?;
            }
        }
        for (n, lun) in array.luns.iter().enumerate() {
            self.names.add(full(&lun.name), Place::Lun(a, n as u16))?;
        }
        self.arrays.push(array);
        Ok(())
    }

    /// Adds `fault`; as it really is.
    fn fault(&mut self, fault: &Fault, config: &SanConfig) -> Result<Fault, SanError> {
        let place = self.place(&fault.on, &fault.kind)?;
        self.has_sectors(place, &fault.kind, &fault.on)?;
        // A controller that comes back starts first.
        let restart = match place {
            Place::Controller(a, _) if fault.kind == FaultKind::Down => {
                config.arrays[usize::from(a)].access.restart
            }
            _ => Ns::ZERO,
        };
        let until = fault.until.saturating_add(restart);
        self.each_health(place, &fault.kind, &fault.on, |health| {
            health.add(&fault.kind, fault.from, until)
        })?;
        Ok(Fault {
            until,
            ..fault.clone()
        })
    }

    /// A LUN is going to be moved.
    fn order(&mut self, order: &LunMove) -> Result<(), SanError> {
        let (array, lun) = self.names.find("LUN", &order.lun, |place| match place {
            Place::Lun(a, n) => Some((a, n)),
            _ => None,
        })?;
        let (home, to) = self
            .names
            .find("controller", &order.to, |place| match place {
                Place::Controller(a, c) => Some((a, c)),
                _ => None,
            })?;
        if home != array {
            return Err(SanError::OtherController {
                lun: order.lun.clone(),
                to: order.to.clone(),
            });
        }
        let at = order.at;
        self.arrays[usize::from(array)].order(Order { at, lun, to });
        Ok(())
    }

    fn random_fault(&mut self, n: u64, fault: &RandomFault) -> Result<Renewal, SanError> {
        let place = self.place(&fault.on, &fault.fault)?;
        self.has_sectors(place, &fault.fault, &fault.on)?;
        let wrong = |source| SanError::Fault {
            on: fault.on.clone(),
            source,
        };
        let process = Renewal::new(fault, n, self.draws).map_err(wrong)?;
        self.each_health(place, &fault.fault, &fault.on, |health| {
            health.add_random(process.clone());
            Ok(())
        })?;
        Ok(process)
    }

    /// Where a fault is.
    fn place(&self, on: &str, kind: &FaultKind) -> Result<Place, SanError> {
        let place = self.names.find("part", on, Some)?;
        use FaultKind::*;
        let fits = match place {
            Place::Initiator(_) | Place::Link(_) => matches!(
                kind,
                Down | BlackHole | Loss(_) | Latency(_) | Bandwidth(_) | TransportError(_)
            ),
            Place::Port(_) => !matches!(kind, ReservationConflict | MediumError(..) | Unmapped),
            Place::Controller(..) => matches!(kind, Down | Busy | QueueFull),
            Place::Lun(..) => matches!(
                kind,
                Busy | QueueFull | ReservationConflict | MediumError(..) | Unmapped | Latency(_)
            ),
            Place::Interconnect(_) => matches!(kind, Latency(_) | Bandwidth(_)),
        };
        if fits {
            return Ok(place);
        }
        Err(SanError::FaultPlace {
            on: on.into(),
            what: place.what(),
        })
    }

    /// Sectors that cannot be read are there.
    fn has_sectors(&self, place: Place, kind: &FaultKind, on: &str) -> Result<(), SanError> {
        let (Place::Lun(a, n), FaultKind::MediumError(first, _)) = (place, kind) else {
            return Ok(());
        };
        let sectors = self.arrays[usize::from(a)].luns[usize::from(n)].sectors;
        if *first < sectors {
            return Ok(());
        }
        let source = FaultError::NoSuchSector {
            first: *first,
            last: sectors.saturating_sub(1),
        };
        let on = on.into();
        Err(SanError::Fault { on, source })
    }

    /// Does something with the health of `place`, and of the ports of a
    /// controller that fails.
    fn each_health(
        &mut self,
        place: Place,
        kind: &FaultKind,
        on: &str,
        mut add: impl FnMut(&mut Health) -> Result<(), FaultError>,
    ) -> Result<(), SanError> {
        let mut add = |health: &mut Health| {
            add(health).map_err(|source| SanError::Fault {
                on: on.into(),
                source,
            })
        };
        let f = &mut self.fabric;
        let links = &mut f.links;
        match place {
            Place::Initiator(n) => {
                add(&mut links[usize::from(f.initiators[usize::from(n)].link)].health)
            }
            Place::Link(n) => add(&mut links[usize::from(n)].health),
            Place::Port(n) => add(&mut links[usize::from(f.ports[usize::from(n)].link)].health),
            Place::Lun(a, n) => add(&mut self.arrays[usize::from(a)].luns[usize::from(n)].health),
            Place::Interconnect(a) => add(&mut self.arrays[usize::from(a)].interconnect.health),
            Place::Controller(a, c) => {
                let array = &mut self.arrays[usize::from(a)];
                add(&mut array.controllers[usize::from(c)].health)?;
                if *kind == FaultKind::Down {
                    for (port, home) in f.ports.iter().zip(&self.homes) {
                        if *home == (a, c) {
                            add(&mut links[usize::from(port.link)].health)?;
                        }
                    }
                }
                Ok(())
            }
        }
    }
}
