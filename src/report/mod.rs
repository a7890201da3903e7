//! The design-review report: one HTML file that needs nothing else.
//!
//! It opens from a disk, prints, follows the reader's choice of light or dark,
//! and says without its script all that it says with it. Names and texts of
//! results are hostile until they are escaped, which `markup` does; a policy
//! in the file lets no style or script run but its own.

mod cards;
mod markup;
mod page;
mod points;
mod policy;
mod run;
mod study;
mod style;
mod sweep;
mod told;
mod topology;
mod trust;

use markup::Html;

use crate::plot::PlotError;
use crate::plot::result::Found;
use crate::policy::Kept;

pub use topology::topology;

/// The report on `results`, called `title`, or after them.
///
/// # Errors
/// A figure cannot be drawn.
pub fn report(results: &[Found], title: Option<&str>) -> Result<String, PlotError> {
    let names = names(results);
    let title = title.map_or_else(|| names.join(", "), str::to_owned);
    // A heading that says what the one above it says is none.
    let names = match (results, names.as_slice()) {
        ([found], [name]) if *name == title => vec![sort(found).to_owned()],
        _ => names,
    };
    let mut body = Html::default();
    page::head(&mut body, &title, results, &names);
    for (n, (found, name)) in results.iter().zip(&names).enumerate() {
        match found {
            Found::Run(result) => run::section(&mut body, n, name, found, result)?,
            Found::Sweep(sweep) => match Kept::read(&sweep.folder) {
                Some(kept) => study::section(&mut body, n, name, found, (sweep, &kept))?,
                None => sweep::section(&mut body, n, name, found, sweep)?,
            },
        }
    }
    trust::section(&mut body);
    Ok(page::whole(&title, &body))
}

/// What sort of result it is.
fn sort(found: &Found) -> &'static str {
    match found {
        Found::Run(run) if run.summary.verdicts.is_empty() => "The run",
        Found::Run(_) => "Bio mode against request mode",
        Found::Sweep(sweep) => match Kept::read(&sweep.folder) {
            Some(kept) if kept.is_tournament() => "The tournament",
            Some(_) => "The comparison",
            None => "The sweep",
        },
    }
}

/// What each result is called here: by its own name, and where several have the
/// same, by its folder as well.
fn names(results: &[Found]) -> Vec<String> {
    let folder = |found: &Found| {
        let last = found.folder().file_name();
        last.map_or_else(
            || found.folder().display().to_string(),
            |name| name.to_string_lossy().into_owned(),
        )
    };
    let many = |found: &Found| results.iter().filter(|r| r.name() == found.name()).count() > 1;
    let told = |found: &Found| match many(found) {
        true if folder(found) != found.name() => format!("{} ({})", found.name(), folder(found)),
        _ => found.name().to_owned(),
    };
    results.iter().map(told).collect()
}
