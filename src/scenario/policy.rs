//! Another path selector in the place of those that a scenario has.

use super::table;
use super::{Mode, Scenario};
use crate::models::fault::Action;
use crate::models::kernel::Way;

impl Scenario {
    /// Every priority group of every multipath table, those of the timeline
    /// too, gets the selector `policy`: a name, perhaps with arguments after
    /// it. Words of the paths go, as they were meant for another selector.
    ///
    /// # Errors
    /// There is no such selector, it needs words for each path, or there is no
    /// multipath table.
    pub fn set_policy(&mut self, policy: &str) -> Result<(), String> {
        let mut words = policy.split_whitespace();
        let name = words.next().unwrap_or("");
        if !self.policies.has(name) {
            let known: Vec<&str> = self.policies.all_names().collect();
            return Err(format!(
                "there is no policy `{name}`; known here: {}",
                known.join(", ")
            ));
        }
        if name == "io-affinity" {
            return Err("io-affinity needs a CPU mask for each path".into());
        }
        let args: Vec<&str> = words.collect();
        let mut replaced = false;
        for map in &mut self.maps {
            let table = table::with_selector(&map.table, name, &args);
            replaced |= table != map.table || table.contains(name);
            map.table = table;
        }
        for timed in &mut self.timeline {
            if let Action::LoadTable { table, .. } = &mut timed.action {
                *table = table::with_selector(table, name, &args);
            }
        }
        match replaced {
            true => Ok(()),
            false => Err("the scenario has no multipath table that could take a policy".into()),
        }
    }

    /// The selector of the first priority group of the first multipath table,
    /// with its arguments.
    pub fn policy(&self) -> Option<String> {
        self.maps.iter().find_map(|map| table::selector(&map.table))
    }

    /// The modes that exist of it.
    pub fn modes(&self) -> Vec<Mode> {
        let mut modes = vec![Mode::Bio];
        if self.way != Way::Bio {
            modes.push(Mode::Request);
        }
        if self.baseline().is_some() {
            modes.push(Mode::Single);
        }
        modes
    }
}
