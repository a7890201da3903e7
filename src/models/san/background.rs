//! What other hosts do: open streams of commands that share ports, links and
//! media. They cost no events: they are carried out in order of their arrival
//! when somebody next looks.

use super::config::BackgroundConfig;
use super::{PathConfig, PathId, San, SanError};
use crate::models::array::reply::{Command, CommandKind};
use crate::sim::dist::{Sampler, Shape};
use crate::sim::draw::{Draws, Purpose};
use crate::sim::time::Ns;

/// A stream at work.
#[derive(Clone, Debug)]
pub(super) struct Background {
    path: PathId,
    gap: Sampler,
    sectors: u32,
    span: u64,
    reads: f64,
    sequential: bool,
    /// When its next command comes.
    next: Ns,
    /// Which that is.
    k: u64,
    identity: u64,
}

impl Background {
    fn gap(&self, draws: Draws) -> Ns {
        let mut stream = draws.key(Purpose::Background, [self.identity, self.k]);
        self.gap.sample(&mut stream)
    }

    /// Its next command, and when it comes.
    fn take(&mut self, draws: Draws) -> (Ns, Command) {
        let at = self.next;
        let what = self.identity | 1 << 32;
        let mut stream = draws.key(Purpose::Background, [what, self.k]);
        let size = u64::from(self.sectors);
        let places = (self.span / size).max(1);
        let place = match self.sequential {
            true => self.k % places,
            false => (stream.unit() * places as f64) as u64,
        };
        let kind = match stream.chance(self.reads) {
            true => CommandKind::Read,
            false => CommandKind::Write,
        };
        let command = Command {
            first_bio: (self.identity | 1 << 31) << 32 | self.k & 0xffff_ffff,
            attempt: 0,
            kind,
            sector: place * size,
            sectors: self.sectors,
        };
        self.k += 1;
        self.next = at.saturating_add(self.gap(draws));
        (at, command)
    }
}

impl San {
    /// Adds a stream of another host.
    pub(super) fn add_background(&mut self, config: &BackgroundConfig) -> Result<(), SanError> {
        let path = self.add_path(&PathConfig {
            initiator: config.initiator.clone(),
            target: config.target.clone(),
            lun: config.lun.clone(),
            via: config.via.clone(),
        })?;
        let wrong = |why| Err(SanError::Background(why));
        if !(1..=10_000_000).contains(&config.iops) {
            return wrong("`iops` must be from 1 to 10000000");
        }
        let bytes = config.size.0;
        if !bytes.is_multiple_of(512) || !(512..=16 << 20).contains(&bytes) {
            return wrong("`size` must be whole sectors, up to 16 MiB");
        }
        if !(0.0..=1.0).contains(&config.reads) {
            return wrong("`reads` must be from 0 to 1");
        }
        let sectors = (bytes / 512) as u32;
        let span = self.sectors(path);
        if span < u64::from(sectors) {
            return wrong("the LUN is smaller than a command");
        }
        let mean = Ns(1_000_000_000 / u64::from(config.iops));
        let law = crate::sim::Distribution::from(Shape::Exponential { mean });
        let Ok(gap) = law.sampler() else {
            return wrong("`iops` is too high");
        };
        let mut stream = Background {
            path,
            gap,
            sectors,
            span,
            reads: config.reads,
            sequential: config.sequential,
            next: Ns::ZERO,
            k: 0,
            identity: self.background.len() as u64,
        };
        stream.next = stream.gap(self.draws);
        stream.k = 1;
        self.background.push(stream);
        Ok(())
    }

    /// Carries out all that other hosts have sent before `now`.
    pub(super) fn catch_up(&mut self, now: Ns) {
        while let Some(n) = self.first_stream()
            && self.background[n].next < now
        {
            let path = self.background[n].path;
            let (at, command) = self.background[n].take(self.draws);
            self.counts.background += 1;
            self.carry(at, path, &command);
        }
    }

    fn first_stream(&self) -> Option<usize> {
        let streams = 0..self.background.len();
        streams.min_by_key(|&n| self.background[n].next)
    }
}
