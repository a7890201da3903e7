//! The page around the sections.

use super::markup::Html;
use super::policy::policy;
use super::style::style;
use super::told::latency;
use crate::plot::result::Found;
use crate::plot::{Table, escape};
use crate::run::text::{bytes, count};

const SCRIPT: &str = include_str!("report.js");

/// Title, contents, and all results in one table.
pub fn head(body: &mut Html, title: &str, results: &[Found], names: &[String]) {
    body.raw("<a class=\"skip\" href=\"#main\">To the content</a>\n<header>\n");
    body.element("h1", title);
    let version = env!("CARGO_PKG_VERSION");
    body.classed(
        "p",
        "muted",
        &format!(
            "Linux block I/O over device-mapper multipath, simulated: a path chosen for every bio \
             against a path chosen for every request. Written by mpathsim {version}."
        ),
    );
    body.raw("<nav aria-label=\"Contents\"><ul>\n");
    for (n, name) in names.iter().enumerate() {
        body.raw(&format!("<li><a href=\"#r{n}\">"));
        body.text(name).raw("</a></li>\n");
    }
    body.raw("<li><a href=\"#trust\">How far to trust it</a></li>\n</ul></nav>\n</header>\n");
    body.raw("<main id=\"main\">\n");
    if results.len() > 1 {
        overview(body, results, names);
    }
}

fn overview(body: &mut Html, results: &[Found], names: &[String]) {
    let mut runs = Table::new([
        "result",
        "mode",
        "IOPS",
        "bandwidth",
        "errors",
        "mean latency",
        "99 %",
    ]);
    let mut sweeps = Table::new(["result", "over", "figures"]);
    for (found, name) in results.iter().zip(names) {
        match found {
            Found::Run(run) => {
                for r in &run.summary.runs {
                    let a = &r.application;
                    runs.row([
                        name.clone(),
                        r.title(),
                        count(a.iops.round() as u64),
                        format!("{}/s", bytes(a.bytes_per_second)),
                        count(a.errors),
                        latency(a, a.latency.mean_ns),
                        latency(a, a.latency.p99_ns as f64),
                    ]);
                }
            }
            Found::Sweep(sweep) => {
                let over = sweep.axes.join(", ");
                let cells = sweep.cells.len().to_string();
                sweeps.row([name.clone(), over, cells]);
            }
        }
    }
    body.raw("<section>\n")
        .classed("h2", "first", "All results");
    let tables = [
        ("What the application saw", runs),
        ("Sweeps, tournaments, comparisons", sweeps),
    ];
    for (caption, table) in tables {
        if !table.rows.is_empty() {
            body.table(caption, &table);
        }
    }
    body.raw("</section>\n");
}

/// The file.
pub fn whole(title: &str, body: &Html) -> String {
    let style = style();
    let policy = policy(&style, SCRIPT);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{}</title>\n<style>{style}</style>\n</head>\n<body>\n{}</main>\n\
         <script>{SCRIPT}</script>\n</body>\n</html>\n",
        escape(title),
        body.as_str()
    )
}
