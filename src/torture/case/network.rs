//! The storage network of a case.

use std::fmt;

use super::MIB;

/// A storage network: one array of one LUN, `lun0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Lines of the fabric.
    pub fabric: Vec<String>,
    /// Initiator ports, `hba0` and so on.
    pub initiators: u64,
    /// Controllers of the array, `ctl0` and so on.
    pub controllers: u64,
    /// Ports of each, `ctl0.p0` and so on.
    pub ports: u64,
    /// Further lines of the array.
    pub array: Vec<String>,
    /// What other hosts do, and what breaks at random: tables, as in the file.
    pub others: Vec<String>,
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.fabric.is_empty() {
            writeln!(f, "\n[fabric]\n{}", self.fabric.join("\n"))?;
        }
        for n in 0..self.initiators {
            writeln!(f, "\n[[initiator]]\nname = \"hba{n}\"")?;
        }
        let (controllers, ports) = (self.controllers, self.ports);
        writeln!(
            f,
            "\n[[array]]\nluns = [{{ name = \"lun0\", size = \"{MIB}MiB\" }}]\n\
             controllers = {controllers}\nports = {ports}"
        )?;
        for line in &self.array {
            writeln!(f, "{line}")?;
        }
        for table in &self.others {
            writeln!(f, "\n{table}")?;
        }
        Ok(())
    }
}
