//! Printing a configuration, as `multipathd show config` does (`print.c`).

use std::fmt;

use super::tree::{Block, Conf, Item};

impl fmt::Display for Conf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sections
            .iter()
            .try_for_each(|section| print(section, 0, f))
    }
}

/// Values are quoted, a quote in them is written twice.
fn print(block: &Block, depth: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let indent = "\t".repeat(depth);
    writeln!(f, "{indent}{} {{", block.name)?;
    for item in &block.items {
        match item {
            Item::Block(inner) => print(inner, depth + 1, f)?,
            Item::Setting(setting) => {
                let value = setting.value.replace('"', "\"\"");
                writeln!(f, "{indent}\t{} \"{value}\"", setting.name)?;
            }
        }
    }
    writeln!(f, "{indent}}}")
}
