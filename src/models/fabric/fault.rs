//! What can be wrong with a part of the way from host to medium, and when.

mod health;
mod renewal;

pub use health::Health;
pub use renewal::Renewal;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sim::dist::Distribution;
use crate::sim::time::Ns;
use crate::sim::units::{Span, as_text};

/// What is wrong with a part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultKind {
    /// A link, port or initiator is dark, or a controller has failed: both
    /// ends notice.
    Down,
    /// What is sent over a link or port vanishes, and nobody notices.
    BlackHole,
    /// A frame is lost with this probability, 0 to 1.
    Loss(f64),
    /// Everything takes so much longer, each way.
    #[serde(serialize_with = "as_text")]
    Latency(Ns),
    /// So many percent of the bandwidth are left, 1 to 100.
    Bandwidth(u8),
    /// A command over a link or port fails in transit with this probability,
    /// 0 to 1, and the host is told.
    TransportError(f64),
    /// A target port, controller or LUN answers BUSY.
    Busy,
    /// It answers TASK SET FULL.
    QueueFull,
    /// A LUN answers RESERVATION CONFLICT.
    ReservationConflict,
    /// Sectors of a LUN cannot be read, first and last.
    MediumError(u64, u64),
    /// A LUN is no longer shown to the host.
    Unmapped,
}

impl fmt::Display for FaultKind {
    /// As the timeline of a run tells it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            FaultKind::Down => f.write_str("down"),
            FaultKind::BlackHole => f.write_str("black hole"),
            FaultKind::Loss(p) => write!(f, "{} % of frames lost", percent(p)),
            FaultKind::Latency(ns) => write!(f, "{} more each way", Span(ns)),
            FaultKind::Bandwidth(percent) => write!(f, "{percent} % of the bandwidth"),
            FaultKind::TransportError(p) => write!(f, "{} % of commands damaged", percent(p)),
            FaultKind::Busy => f.write_str("BUSY"),
            FaultKind::QueueFull => f.write_str("TASK SET FULL"),
            FaultKind::ReservationConflict => f.write_str("RESERVATION CONFLICT"),
            FaultKind::MediumError(first, last) => {
                write!(f, "sectors {first} to {last} unreadable")
            }
            FaultKind::Unmapped => f.write_str("not shown"),
        }
    }
}

/// A probability in percent, without digits that are only rounding.
fn percent(p: f64) -> f64 {
    libm::round(p * 1e8) / 1e6
}

/// A fault at a known time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// The name of the initiator, link, target port, controller or LUN.
    pub on: String,
    /// What is wrong.
    pub kind: FaultKind,
    /// Since when.
    pub from: Ns,
    /// Until when, exclusive; [`Ns::NEVER`]: for good.
    pub until: Ns,
}

/// A fault that comes and goes at random.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RandomFault {
    /// The name of the initiator, link, target port, controller or LUN.
    pub on: String,
    /// What is wrong.
    pub fault: FaultKind,
    /// How long it is well (MTBF − MTTR). Above 0.
    pub well: Distribution,
    /// How long it is not (MTTR).
    pub ill: Distribution,
}

/// The state of a part at a time: all that is wrong with it together.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Condition {
    /// Dark or failed.
    pub down: bool,
    /// What is sent vanishes.
    pub black_hole: bool,
    /// Probability that a frame is lost.
    pub loss: f64,
    /// Probability that a command fails in transit.
    pub transport_error: f64,
    /// So much longer, each way.
    pub latency: Ns,
    /// Percent of the bandwidth that are left.
    pub percent: u8,
    /// It answers BUSY.
    pub busy: bool,
    /// It answers TASK SET FULL.
    pub queue_full: bool,
    /// It answers RESERVATION CONFLICT.
    pub reserved: bool,
    /// It is not shown.
    pub unmapped: bool,
}

impl Condition {
    /// Whether what is sent vanishes, all of it.
    pub fn passes_nothing(&self) -> bool {
        self.black_hole || self.loss >= 1.0
    }
    /// Nothing is wrong.
    pub const WELL: Condition = Condition {
        down: false,
        black_hole: false,
        loss: 0.0,
        transport_error: 0.0,
        latency: Ns::ZERO,
        percent: 100,
        busy: false,
        queue_full: false,
        reserved: false,
        unmapped: false,
    };

    fn with(mut self, kind: &FaultKind) -> Self {
        let either = |a: f64, b: f64| 1.0 - (1.0 - a) * (1.0 - b);
        match *kind {
            FaultKind::Down => self.down = true,
            FaultKind::BlackHole => self.black_hole = true,
            FaultKind::Loss(p) => self.loss = either(self.loss, p),
            FaultKind::TransportError(p) => {
                self.transport_error = either(self.transport_error, p);
            }
            FaultKind::Latency(ns) => self.latency = self.latency.saturating_add(ns),
            FaultKind::Bandwidth(percent) => self.percent = self.percent.min(percent),
            FaultKind::Busy => self.busy = true,
            FaultKind::QueueFull => self.queue_full = true,
            FaultKind::ReservationConflict => self.reserved = true,
            FaultKind::Unmapped => self.unmapped = true,
            FaultKind::MediumError(..) => {}
        }
        self
    }
}

/// Why a fault cannot be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// A probability is none.
    #[error("a probability is from 0 to 1, not {0}")]
    Probability(f64),
    /// A percentage is none.
    #[error("1 to 100 percent of a bandwidth can be left, not {0}")]
    Percent(u8),
    /// Sectors in the wrong order.
    #[error("sectors are given first and last, and {0} comes after {1}")]
    Sectors(u64, u64),
    /// Sectors that are not there.
    #[error("its last sector is {last}, and sector {first} is beyond that")]
    NoSuchSector {
        /// The first of those that were given.
        first: u64,
        /// The last one there is.
        last: u64,
    },
    /// It ends before it begins.
    #[error("it ends before it begins")]
    EndsEarly,
    /// It would come and go without time passing, or too slowly to count.
    #[error("`{0}` must be at least 1 µs and at most 2⁵³ ns on average")]
    Period(&'static str),
    /// A distribution.
    #[error("{0}")]
    Distribution(#[from] crate::sim::dist::DistError),
}

impl FaultKind {
    /// # Errors
    /// A number is out of its range.
    pub fn check(&self) -> Result<(), FaultError> {
        match *self {
            FaultKind::Loss(p) | FaultKind::TransportError(p) if !(0.0..=1.0).contains(&p) => {
                Err(FaultError::Probability(p))
            }
            FaultKind::Bandwidth(percent) if !(1..=100).contains(&percent) => {
                Err(FaultError::Percent(percent))
            }
            FaultKind::MediumError(first, last) if first > last => {
                Err(FaultError::Sectors(first, last))
            }
            _ => Ok(()),
        }
    }
}
