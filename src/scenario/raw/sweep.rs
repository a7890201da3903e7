//! `[sweep]`: one scenario, many points.
//!
//! Read here, as it may stand in any scenario file; what it means is the
//! business of the room `sweep`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use serde::Deserialize;

use crate::scenario::at::At;
use crate::scenario::units::Int;

/// A sweep in a file of its own, over a scenario that it names.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SweepFile")]
pub struct RawSweepFile {
    /// Name of the sweep and of its folder of results. Default: the file's.
    pub name: Option<At<String>>,
    /// One sentence: what it is to show.
    pub about: Option<String>,
    /// The scenario file, from the folder of this file.
    pub scenario: At<String>,
    /// Keys of the scenario that are changed for all points, by their path.
    #[serde(default)]
    pub set: BTreeMap<String, At<Any>>,
    /// The sweep.
    pub sweep: RawSweep,
}

/// What is varied, how often each point is run, and what is told of it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Sweep")]
pub struct RawSweep {
    /// What is varied; points are all combinations.
    #[serde(default)]
    pub axis: Vec<At<RawAxis>>,
    /// Modes: each point is run in every one. Default: bio and request.
    pub modes: Option<At<Vec<At<RawSweepMode>>>>,
    /// Points that are left out: those for which every condition of a table
    /// holds, by the name of the axis: `{ depth = ">= 64", mode = "bio" }`.
    #[serde(default)]
    pub exclude: Vec<At<BTreeMap<String, At<Any>>>>,
    /// Points drawn from the axes, instead of all combinations.
    pub sample: Option<At<RawSample>>,
    /// Runs a point, each with seeds of its own. Default: 1.
    pub replications: Option<Int<1, 100_000>>,
    /// Runs a point until its figures are known this well, instead of
    /// `replications`.
    pub until: Option<At<RawUntil>>,
    /// Figures that the tables show. Default: all.
    pub metrics: Option<At<Vec<At<String>>>>,
    /// What is cut from the start of a run: `none` (default), `auto` (as much
    /// as MSER-5 says), or a time: `"200ms"`.
    pub warm_up: Option<At<String>>,
}

/// A mode of a sweep.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawSweepMode {
    /// Bio mode.
    Bio,
    /// Request mode.
    Request,
    /// The first path alone.
    Single,
}

/// An axis: one of `values`, `range`, `zip` and `variant`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Axis")]
pub struct RawAxis {
    /// Its name in the results. Default: the last steps of the key.
    pub name: Option<At<String>>,
    /// What is varied: a key of the scenario by its path, as `--set` takes it,
    /// or `policy`: the path selector of every map.
    pub key: Option<At<String>>,
    /// The values.
    pub values: Option<At<Vec<At<Any>>>>,
    /// Values from one to another.
    pub range: Option<At<RawRange>>,
    /// Several keys whose lists go together: the first values of all, the
    /// second of all, …
    pub zip: Option<At<Vec<RawAxis>>>,
    /// Named variants, each of which sets several keys.
    pub variant: Option<At<Vec<RawVariant>>>,
}

/// Values from one to another.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Range")]
pub struct RawRange {
    /// The first: a number, a time, a size or a bandwidth.
    pub from: Any,
    /// The last.
    pub to: Any,
    /// How many values, evenly spaced.
    pub steps: Option<Int<2, 1_000_000>>,
    /// Distance of two values, instead of `steps`.
    pub step: Option<Any>,
    /// Even differences (`linear`, the default) or even ratios (`log`).
    pub scale: Option<RawScale>,
    /// Values are rounded to a multiple of this.
    pub multiple: Option<Any>,
}

/// How values of a range are spaced.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawScale {
    /// Even differences.
    #[default]
    Linear,
    /// Even ratios.
    Log,
}

/// Several keys at once, under a name.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Variant")]
pub struct RawVariant {
    /// Its name.
    pub name: At<String>,
    /// Keys and their values.
    #[serde(default)]
    pub set: BTreeMap<String, At<Any>>,
}

/// Points drawn from the axes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Sample")]
pub struct RawSample {
    /// How they are drawn.
    pub method: RawMethod,
    /// How many.
    pub points: Int<1, 1_000_000>,
    /// Which they are. Default: 1.
    pub seed: Option<Int<0, { i64::MAX }>>,
}

/// How points are drawn.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RawMethod {
    /// Each independently of all others.
    Random,
    /// Each axis is cut into as many equal parts as there are points, and each
    /// part is used once.
    LatinHypercube,
}

/// How well figures are to be known.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Until")]
pub struct RawUntil {
    /// Half width of the confidence interval, percent of the mean.
    pub half_width_percent: f64,
    /// Figures for which that is to hold. Default: `iops`.
    pub of: Option<At<Vec<At<String>>>>,
    /// Level of the interval, percent. Default: 95.
    pub confidence_percent: Option<f64>,
    /// Fewest runs a point. Default: 10.
    pub at_least: Option<Int<2, 100_000>>,
    /// Most runs a point. Default: 100.
    pub at_most: Option<Int<2, 100_000>>,
}

/// Any value of TOML.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Any(pub toml::Value);

impl JsonSchema for Any {
    fn is_referenceable() -> bool {
        false
    }
    fn schema_name() -> String {
        "Any".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        Schema::Bool(true)
    }
}
