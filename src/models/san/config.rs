//! What a storage network is made of, and what can be wrong with that.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::models::array::{ArrayConfig, ArrayError};
use crate::models::fabric::Transport;
use crate::models::fabric::fault::{Fault, FaultError, RandomFault};
use crate::models::fabric::initiator::InitiatorConfig;
use crate::models::fabric::link::LinkConfig;
use crate::sim::time::Ns;
use crate::sim::units::Bytes;

/// Hosts' ports, links, arrays, other hosts, and what breaks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SanConfig {
    /// What runs over the links.
    pub transport: Transport,
    /// What every link is like of which nothing else is said.
    pub link: LinkConfig,
    /// Initiator ports, of this host and of others.
    pub initiators: Vec<InitiatorConfig>,
    /// Links between switches.
    pub links: Vec<NamedLink>,
    /// Arrays.
    pub arrays: Vec<ArrayConfig>,
    /// What other hosts do.
    pub background: Vec<BackgroundConfig>,
    /// What breaks at known times.
    pub faults: Vec<Fault>,
    /// What breaks at random times.
    pub random_faults: Vec<RandomFault>,
    /// Which LUNs their administrator moves.
    pub moves: Vec<LunMove>,
}

/// What runs over the links, and what they are like.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Fabric")]
pub struct FabricConfig {
    /// What runs over the links. Default: Fibre Channel.
    pub transport: Transport,
    /// What every link is like of which nothing else is said.
    pub link: LinkConfig,
}

/// A link between switches.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NamedLink {
    /// What paths call it.
    pub name: String,
    /// What it is like.
    pub link: LinkConfig,
}

/// A path: a LUN through a pair of ports.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PathConfig {
    /// The initiator port.
    pub initiator: String,
    /// The target port.
    pub target: String,
    /// The LUN.
    pub lun: String,
    /// Links between switches on the way, from the host on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<String>,
}

/// A LUN is moved to another controller, by the array's administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LunMove {
    /// When.
    pub at: Ns,
    /// The LUN.
    pub lun: String,
    /// The controller.
    pub to: String,
}

/// A stream of commands of another host, which does not mind how long they
/// take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BackgroundConfig {
    /// Its initiator port.
    pub initiator: String,
    /// The target port.
    pub target: String,
    /// The LUN.
    pub lun: String,
    /// Links between switches on the way, from the host on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<String>,
    /// Commands a second on average, at exponential distances; 1 to 10⁷.
    /// Default: 1000.
    pub iops: u32,
    /// Size of a command, in whole sectors. Default: 8 KiB.
    pub size: Bytes,
    /// Share of reads, 0 to 1. Default: 1.
    pub reads: f64,
    /// Whether one follows the other; otherwise they are anywhere on the LUN.
    /// Default: false.
    pub sequential: bool,
}

impl Default for BackgroundConfig {
    fn default() -> Self {
        BackgroundConfig {
            initiator: String::new(),
            target: String::new(),
            lun: String::new(),
            via: Vec::new(),
            iops: 1000,
            size: Bytes(8 << 10),
            reads: 1.0,
            sequential: false,
        }
    }
}

/// Why a storage network cannot be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SanError {
    /// An array that cannot be.
    #[error("array `{array}`: {source}")]
    Array {
        /// The array.
        array: String,
        /// What is wrong with it.
        source: ArrayError,
    },
    /// A link that cannot be.
    #[error("link of `{name}`: {source}")]
    Link {
        /// What it belongs to.
        name: String,
        /// What is wrong with it.
        source: ArrayError,
    },
    /// Tags that no host adapter has.
    #[error("`can_queue` of `{0}`: from 1 to 10240")]
    CanQueue(String),
    /// A fault that cannot be.
    #[error("fault on `{on}`: {source}")]
    Fault {
        /// What it is on.
        on: String,
        /// What is wrong with it.
        source: FaultError,
    },
    /// Such a fault makes no sense there.
    #[error("`{on}` is {what}, which cannot have this fault")]
    FaultPlace {
        /// What it is on.
        on: String,
        /// What that is.
        what: &'static str,
    },
    /// There is no such thing.
    #[error("there is no {what} `{name}`{}", there_is(.known))]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// Its name.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// Several things have this name.
    #[error("there are several called `{0}`")]
    Twice(String),
    /// A LUN cannot be moved there.
    #[error("`{to}` is no controller of the array of LUN `{lun}`")]
    OtherController {
        /// The LUN.
        lun: String,
        /// The controller.
        to: String,
    },
    /// A path that cannot be.
    #[error("LUN `{lun}` is not one of the array of port `{target}`")]
    OtherArray {
        /// The LUN.
        lun: String,
        /// The port.
        target: String,
    },
    /// Background load that cannot be.
    #[error("background load: {0}")]
    Background(&'static str),
    /// Too much of something.
    #[error("there are too many {0}")]
    TooMany(&'static str),
}

fn there_is(names: &[String]) -> String {
    match names {
        [] => "; there is none at all".into(),
        names => format!("; there is {}", names.join(", ")),
    }
}
