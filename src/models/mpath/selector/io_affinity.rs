//! io-affinity: every CPU has its path (`dm-ps-io-affinity.c`, 6.1).

use std::fmt::Write;

use super::{PathSelector, SelectCtx, StatusType};

#[derive(Clone, Debug)]
struct PathInfo {
    /// The CPUs of its mask, ascending, claimed or not.
    cpus: Vec<u16>,
    failed: bool,
}

/// A map from CPUs to paths; a CPU whose path failed borrows one of its node.
#[derive(Clone, Debug)]
pub struct IoAffinity {
    /// NUMA node of every possible CPU.
    nodes: Vec<u16>,
    /// Path of every possible CPU.
    map: Vec<Option<u16>>,
    paths: Vec<PathInfo>,
    /// Selects by CPUs without a path.
    map_misses: u32,
}

impl IoAffinity {
    /// Without paths, for CPUs on these NUMA nodes (at least one CPU).
    pub fn new(nodes: &[u16]) -> Self {
        let nodes = if nodes.is_empty() { &[0] } else { nodes };
        IoAffinity {
            nodes: nodes.to_vec(),
            map: vec![None; nodes.len()],
            paths: Vec::new(),
            map_misses: 0,
        }
    }

    /// The path of `cpu` unless it has none or it failed.
    #[inline]
    fn usable(&self, cpu: usize) -> Option<usize> {
        let path = usize::from((*self.map.get(cpu)?)?);
        (!self.paths[path].failed).then_some(path)
    }
}

/// Reads a CPU mask: hexadecimal, groups of up to 8 digits (32 CPUs) set off
/// by commas (`bitmap.c:bitmap_parse`). None if it is malformed or names a CPU
/// that cannot exist.
fn parse_cpumask(text: &str, nr_cpus: usize) -> Option<Vec<u16>> {
    let mut cpus = Vec::new();
    for (group, digits) in text.rsplit(',').enumerate() {
        let hex = (1..=8).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
        let bits = hex.then(|| u32::from_str_radix(digits, 16).ok())??;
        for bit in (0..32).filter(|bit| bits >> bit & 1 == 1) {
            let cpu = group * 32 + bit;
            if cpu >= nr_cpus {
                return None;
            }
            cpus.push(cpu as u16);
        }
    }
    Some(cpus)
}

/// Prints a CPU mask as `%*pb` does.
fn print_cpumask(cpus: &[u16], nr_cpus: usize, out: &mut String) {
    for group in (0..nr_cpus.div_ceil(32)).rev() {
        let bits = cpus
            .iter()
            .map(|&cpu| usize::from(cpu))
            .filter(|cpu| cpu / 32 == group)
            .fold(0u32, |bits, cpu| bits | 1 << (cpu % 32));
        let digits = (nr_cpus - group * 32).min(32).div_ceil(4);
        let comma = if group > 0 { "," } else { "" };
        let _ = write!(out, "{bits:0digits$x}{comma}");
    }
}

impl PathSelector for IoAffinity {
    fn name(&self) -> &str {
        "io-affinity"
    }
    /// One argument, the mask of CPUs that shall use the path; a CPU keeps the
    /// first path that claims it.
    fn add_path(&mut self, args: &[&str], log: &mut Vec<String>) -> Result<(), String> {
        let &[mask] = args else {
            return Err("io-affinity ps: invalid number of arguments".into());
        };
        let cpus =
            parse_cpumask(mask, self.nodes.len()).ok_or("io-affinity ps: invalid cpumask")?;
        let path = self.paths.len() as u16;
        let mut claimed = false;
        for &cpu in &cpus {
            let owner = &mut self.map[usize::from(cpu)];
            if owner.is_some() {
                log.push(format!(
                    "device-mapper: multipath io-affinity: CPU mapping for {cpu} exists. Ignoring."
                ));
            } else {
                *owner = Some(path);
                claimed = true;
            }
        }
        if !claimed {
            return Err("io-affinity ps: No new/valid CPU mapping found".into());
        }
        self.paths.push(PathInfo {
            cpus,
            failed: false,
        });
        Ok(())
    }
    fn select_path(&mut self, ctx: &SelectCtx) -> Option<usize> {
        let cpu = usize::from(ctx.cpu);
        if let Some(path) = self.usable(cpu) {
            return Some(path);
        }
        if self.map.get(cpu).copied().flatten().is_none() {
            self.map_misses = self.map_misses.wrapping_add(1);
        }
        let node = self.nodes.get(cpu).copied().unwrap_or(ctx.node);
        let all = 0..self.map.len();
        all.clone()
            .filter(|&cpu| self.nodes[cpu] == node)
            .find_map(|cpu| self.usable(cpu))
            .or_else(|| all.clone().find_map(|cpu| self.usable(cpu)))
    }
    fn fail_path(&mut self, path: usize) {
        self.paths[path].failed = true;
    }
    fn reinstate_path(&mut self, path: usize) {
        self.paths[path].failed = false;
    }
    fn status_args(&self, _kind: StatusType) -> u32 {
        1
    }
    fn status(&self, path: Option<usize>, kind: StatusType, out: &mut String) {
        let Some(path) = path else {
            out.push_str("0 ");
            return;
        };
        match kind {
            StatusType::Info => {
                let _ = write!(out, "{} ", self.map_misses);
            }
            StatusType::Table => {
                print_cpumask(&self.paths[path].cpus, self.nodes.len(), out);
                out.push(' ');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_read_and_printed() {
        assert_eq!(parse_cpumask("1,0000000a", 64), Some(vec![1, 3, 32]));
        for bad in ["", "0x1", "g", "123456789", "1,,1"] {
            assert_eq!(parse_cpumask(bad, 64), None, "{bad:?}");
        }
        assert_eq!(parse_cpumask("10", 4), None);
        let print = |cpus: &[u16], nr| {
            let mut out = String::new();
            print_cpumask(cpus, nr, &mut out);
            out
        };
        assert_eq!(print(&[0], 1), "1");
        assert_eq!(print(&[0, 1], 8), "03");
        assert_eq!(print(&[1, 32], 40), "01,00000002");
    }
}
