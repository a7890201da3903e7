//! How far to trust all of it: what was compared with a real kernel, and what is
//! assumed.

use super::markup::Html;
use crate::plot::Table;

/// The README holds the table that the validation writes.
const README: &str = include_str!("../../README.md");

const ASSUMPTIONS: [&str; 5] = [
    "Trust counts: what merges where, how large requests are, which path gets what, how a \
     saturated queue behaves. They follow from the kernel's rules.",
    "Do not trust absolute CPU costs: profile lab is an emulated CPU, profile none is free. A \
     verdict that turns with the profile says so.",
    "Array ports, arrays and links are queueing models, not any vendor's product.",
    "Not modelled: file systems, memory pressure, cgroups, NUMA, power states.",
    "One seed is one sample: where the workload is random, a sweep with replications tells how \
     much a figure varies.",
];

/// Adds the section.
pub fn section(body: &mut Html) {
    body.raw("<section>\n")
        .heading(2, "trust", "How far to trust it");
    body.raw("<ul>\n");
    for assumption in ASSUMPTIONS {
        body.element("li", assumption);
    }
    body.raw("</ul>\n");
    if let Some(table) = validation() {
        let text = "The simulator is held against runs of an unmodified Linux 6.1 kernel with real \
                    dm-multipath, fio and blktrace, figure by figure.";
        body.element("p", text);
        body.table("Experiments with a kernel, and how many agree", &table);
    }
    body.raw("</section>\n");
}

/// The validation table of the README.
fn validation() -> Option<Table> {
    let (_, rest) = README.split_once("<!-- validation:")?;
    let (text, _) = rest.split_once("<!-- end of validation -->")?;
    let cells = |line: &str| -> Vec<String> {
        let inner = line.trim().trim_matches('|');
        inner
            .split('|')
            .map(|cell| cell.trim().replace('`', ""))
            .collect()
    };
    let mut lines = text
        .lines()
        .filter(|line| line.trim_start().starts_with('|'));
    let mut table = Table::new(cells(lines.next()?));
    for line in lines.filter(|line| !line.contains("|---")) {
        table.row(cells(line));
    }
    Some(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_has_the_table() {
        let table = validation().unwrap();
        assert_eq!(table.head.len(), 4);
        assert!(table.rows.len() >= 5 && table.rows.iter().all(|row| row.len() == 4));
    }
}
