//! The storage network of a case.

use std::fmt;

use super::MIB;

/// A storage network: one array of one LUN, `lun0`, or two.
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

impl Network {
    /// Its tables of the scenario file, with so many LUNs.
    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>, luns: usize) -> fmt::Result {
        if !self.fabric.is_empty() {
            writeln!(f, "\n[fabric]\n{}", self.fabric.join("\n"))?;
        }
        for n in 0..self.initiators {
            writeln!(f, "\n[[initiator]]\nname = \"hba{n}\"")?;
        }
        let (controllers, ports) = (self.controllers, self.ports);
        let luns: Vec<String> = (0..luns)
            .map(|n| format!("{{ name = \"lun{n}\", size = \"{MIB}MiB\" }}"))
            .collect();
        let luns = luns.join(", ");
        writeln!(
            f,
            "\n[[array]]\nluns = [{luns}]\n\
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
