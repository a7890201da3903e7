//! A baseline that keeps policies from getting worse.
//!
//! [`Matrix`] is the file that a team writes: policies × scenarios × figures,
//! each figure with a margin. [`record()`] runs it into a [`Baseline`];
//! [`check()`] runs it again and says what became worse.

mod baseline;
mod check;
mod fingerprint;
mod junit;
mod markdown;
mod matrix;
pub mod study;
mod text;

pub use baseline::{Baseline, CellRuns, FORMAT, Recorded, record};
pub use check::{Report, Row, State, check, judge_cells};
pub use junit::junit;
pub use markdown::markdown;
pub use matrix::{Figure, Matrix};
pub use text::text;
