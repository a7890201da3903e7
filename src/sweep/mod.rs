//! One scenario, many points: over axes, replicated, on all cores, resumed
//! where it was interrupted, divided over machines.
//!
//! [`Sweep`] is a sweep as its file describes it, [`execute()`] runs it into a
//! folder, [`merge()`] joins the folders of its shards. What the folder holds is
//! documented for readers in `docs/sweeps.md`.

mod assemble;
mod axis;
mod condition;
mod definition;
mod error;
mod estimate;
mod execute;
mod folder;
mod journal;
mod key;
mod measure;
mod merge;
mod metric;
#[cfg(feature = "parquet")]
mod parquet;
mod quantity;
mod range;
mod read;
mod record;
mod rows;
mod sample;
mod shard;
mod slurm;
mod space;
mod steady;
mod table;
mod tables;

pub(crate) use axis::quoted;
pub use axis::{Axis, Choice, Values};
pub use definition::{Point, Replications, SourceFile, Sweep, Until, WarmUp};
pub use error::SweepError;
pub use estimate::Estimate;
pub use execute::{Control, Options, Report, execute, plan};
pub use folder::{Existing, FORMAT, MANIFEST, Manifest, MetricManifest, TABLES};
pub use measure::{Measured, PathRow, measure};
pub use merge::merge;
pub use metric::{Better, METRICS, Metric, metric, ratio_to_bound};
pub use range::Range;
pub use record::{Label, Outcome, Record};
pub use shard::Shard;
pub use slurm::{Submission, Submitted};
pub use space::Space;
pub use steady::{Method, Steady, Within};
pub use table::overview;
