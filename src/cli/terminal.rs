//! What the terminal can show.

use std::env;
use std::io::{IsTerminal, stderr, stdout};

use indicatif::ProgressStyle;

use crate::run::glance::Look;

/// A variable of the environment, unless it is empty.
fn set(name: &str) -> Option<std::ffi::OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// Whether it cannot move its cursor, or there is no word of what it can.
fn is_dumb() -> bool {
    set("TERM").is_none_or(|term| term == "dumb")
}

/// Whether it knows more letters than ASCII.
fn has_blocks() -> bool {
    // The first of these that is set decides (locale(7)).
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
    let text = locale.map(|l| l.to_string_lossy().to_lowercase().replace('-', ""));
    text.is_some_and(|text| text.contains("utf8"))
}

/// How to draw on standard output; none if it is no terminal, or one that knows
/// no block characters.
pub fn look() -> Option<Look> {
    if !stdout().is_terminal() || is_dumb() || !has_blocks() {
        return None;
    }
    Some(Look {
        // https://no-color.org: set and not empty.
        colour: set("NO_COLOR").is_none(),
        width: columns(),
    })
}

/// Columns of the terminal that is standard output. One that does not say how wide it
/// is has 80.
fn columns() -> usize {
    let size = terminal_size::terminal_size_of(stdout());
    size.map_or(80, |(width, _)| usize::from(width.0)).max(40)
}

/// Letters that a line of text on standard output may have; none if it is no terminal:
/// what reads a file or a pipe breaks no lines.
pub fn width() -> Option<usize> {
    stdout().is_terminal().then(columns)
}

/// Whether a bar on standard error can be drawn over itself, and is seen.
pub fn has_bar() -> bool {
    stderr().is_terminal() && !is_dumb()
}

/// The look of a bar with this `template`: of ASCII alone where there is nothing
/// else.
pub fn bar_style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    match has_blocks() {
        true => style,
        false => style.progress_chars("=> ").tick_chars("-\\|/ "),
    }
}
