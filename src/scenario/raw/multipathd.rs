//! `[multipathd]`: the daemon that watches the maps.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::at::At;

/// multipathd runs, and by what: the defaults of multipath-tools, what is built
/// in for the array, and a configuration over them.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Multipathd")]
pub struct RawMultipathd {
    /// A `multipath.conf`, or an excerpt of one.
    pub conf: Option<At<String>>,
    /// Path of a `multipath.conf`, from the folder of the scenario.
    pub conf_file: Option<At<String>>,
    /// SCSI vendor of the array, for built-in settings and `devices` sections.
    pub vendor: Option<String>,
    /// SCSI product of the array.
    pub product: Option<String>,
}
