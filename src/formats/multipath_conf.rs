//! `multipath.conf`, as multipath-tools 0.9 to 0.14 read it (`parser.c`,
//! `dict.c`, `config.c`).
//!
//! Stricter than multipath-tools where it logs a line and goes on: a block
//! that is not closed, a value that is not one of its option, an option that
//! does not exist are errors here. What exists but does not touch the simulated
//! behaviour is accepted with a warning.

mod error;
mod keywords;
mod layers;
mod lex;
mod print;
mod read;
mod resolve;
mod tree;

pub use error::{At, ConfError, Warning};
pub use layers::{DeviceEntry, Entries, MultipathEntry};
pub use resolve::{Device, Resolved, why_nothing_is_built_in};
pub use tree::{Block, Conf, Item, Setting};

/// A configuration that was read and understood.
#[derive(Clone, Debug)]
pub struct MultipathConf {
    /// The text as a tree.
    pub conf: Conf,
    /// What its sections set.
    pub entries: Entries,
    /// What may not be as the author expects.
    pub warnings: Vec<Warning>,
}

/// Reads a configuration.
///
/// # Errors
/// The first line that is not understood, with its place and, where there is
/// one, a hint.
pub fn parse(text: &str) -> Result<MultipathConf, ConfError> {
    let mut warnings = Vec::new();
    let conf = read::read(text, &mut warnings)?;
    let entries = layers::entries(&conf, &mut warnings)?;
    Ok(MultipathConf {
        conf,
        entries,
        warnings,
    })
}

#[cfg(test)]
mod tests;
