//! The section of a sweep.

use super::markup::Html;
use crate::plot::result::{Found, SweepResult};
use crate::plot::{Choice, Kind, PlotError};

/// Adds it, as number `n` of the report.
///
/// # Errors
/// A figure cannot be drawn.
pub fn section(
    body: &mut Html,
    n: usize,
    found: &Found,
    sweep: &SweepResult,
) -> Result<(), PlotError> {
    body.raw("<section>\n")
        .heading(2, &format!("r{n}"), &sweep.name);
    let axes: Vec<String> = (0..sweep.axes.len())
        .map(|axis| format!("{} ({})", sweep.axes[axis], sweep.values(axis).join(", ")))
        .collect();
    body.element("p", &format!("A sweep over {}.", axes.join("; ")));
    for kind in Kind::of(found) {
        let drawing = kind.draw(found, &Choice::default())?;
        body.figure(&format!("r{n}-{}", kind.name()), &drawing)?;
    }
    body.raw("</section>\n");
    Ok(())
}
