//! One scenario, many points: over axes, replicated, on all cores, resumed
//! where it was interrupted, divided over machines.
//!
//! [`Sweep`] is a sweep as its file describes it, [`execute()`] runs it into a
//! folder, [`merge()`] joins the folders of its shards. What the folder holds is
//! documented for readers in `docs/sweeps.md`.

mod assemble;
mod axis;
mod check;
mod condition;
mod definition;
mod error;
mod estimate;
mod execute;
mod file;
mod folder;
mod group;
mod journal;
mod key;
mod manifest;
mod measure;
mod merge;
mod metric;
#[cfg(feature = "parquet")]
mod parquet;
mod plan;
mod point;
mod quantity;
mod range;
mod read;
mod record;
mod rows;
mod sample;
mod setting;
mod shard;
mod slurm;
mod space;
mod steady;
mod table;
mod tables;
mod tails;
mod within;

pub use axis::{Axis, Choice, Values};
pub use definition::{Point, Replications, SourceFile, Sweep, Until, WarmUp};
pub use error::SweepError;
pub use estimate::{Estimate, ends_by};
pub use execute::{Control, Options, Report, execute};
pub use folder::{Existing, TABLES};
pub use manifest::{FORMAT, MANIFEST, Manifest, MetricManifest, UntilManifest};
pub use measure::{MeasureError, Measured, PathRow, measure, not_all_warm_up};
pub use merge::merge;
pub use metric::{Better, METRICS, Metric, metric, ratio_to_bound};
pub use plan::plan;
pub use range::Range;
pub use record::{Label, Outcome, Record};
pub(crate) use setting::quoted;
pub use shard::Shard;
pub use slurm::{Submission, Submitted};
pub use space::Space;
pub use steady::Steady;
pub use table::overview;
pub use within::{Method, Within};
