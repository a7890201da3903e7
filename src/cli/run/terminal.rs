//! What the terminal can show.

use std::env;
use std::io::{IsTerminal, stdout};

use crate::run::glance::Look;

/// How to draw on standard output; none if it is no terminal, or one that knows
/// no block characters.
pub fn look() -> Option<Look> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    let dumb = set("TERM").is_none_or(|term| term == "dumb");
    // The first of these that is set decides (locale(7)).
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
    let text = locale.map(|l| l.to_string_lossy().to_lowercase().replace('-', ""));
    if !stdout().is_terminal() || dumb || !text.is_some_and(|l| l.contains("utf8")) {
        return None;
    }
    // https://no-color.org: set and not empty.
    Some(Look {
        colour: set("NO_COLOR").is_none(),
    })
}
