//! What was drawn in a run: its own means, where its laws only have theirs.

use crate::sim::Ns;

/// What has been drawn for the commands of a port or a path.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct Drawn {
    /// Commands.
    pub commands: u64,
    /// Their time in the port's slots, or in the firmware of a controller, summed, ns.
    pub latency: u64,
    /// Their time at the media that ports share, transfer apart, summed, ns.
    pub media: u64,
    /// The shortest sum of both, ns.
    pub least: u64,
    /// Commands among them that begin with a piece split off a bio: what is left of
    /// it is in another.
    pub pieces: u64,
    /// The sums of both of these, summed, ns.
    pub of_pieces: u64,
}

impl Drawn {
    /// Mean time in the port's slots.
    pub fn mean_latency(&self) -> f64 {
        self.latency as f64 / self.commands.max(1) as f64
    }
    /// The least mean of both sums over I/Os of which so many `joined` the command of
    /// another, ns. An I/O that was split counts once, by what is left of it; who
    /// joined another may have joined the shortest.
    pub fn mean_of_ios(&self, joined: u64) -> f64 {
        let whole = self.commands - self.pieces;
        let ios = whole + joined;
        if ios == 0 {
            return self.least as f64;
        }
        let known = self.latency + self.media - self.of_pieces;
        let rest = u128::from(joined) * u128::from(self.least);
        (u128::from(known) + rest) as f64 / ios as f64
    }
    /// As if nothing had been split.
    #[must_use]
    pub fn as_whole(self) -> Self {
        Drawn {
            pieces: 0,
            of_pieces: 0,
            ..self
        }
    }
    /// A command more.
    #[inline]
    pub fn add(&mut self, latency: Ns, media: Ns, is_piece: bool) {
        let both = latency.0 + media.0;
        self.least = match self.commands {
            0 => both,
            _ => self.least.min(both),
        };
        self.commands += 1;
        self.latency += latency.0;
        self.media += media.0;
        if is_piece {
            self.pieces += 1;
            self.of_pieces += both;
        }
    }
}
