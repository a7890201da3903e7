//! The page around the sections.

use super::markup::Html;
use super::policy::policy;
use super::style::style;
use crate::plot::result::Found;
use crate::plot::units::Unit;
use crate::plot::{Table, escape};

const SCRIPT: &str = include_str!("report.js");

/// Title, contents, and all results in one table.
pub fn head(body: &mut Html, title: &str, results: &[Found], names: &[String]) {
    body.raw("<a class=\"skip\" href=\"#main\">To the content</a>\n<header>\n");
    body.element("h1", title);
    let version = env!("CARGO_PKG_VERSION");
    body.element(
        "p class=\"muted\"",
        &format!(
            "Simulated by mpathsim {version}: Linux block I/O over device-mapper multipath, a \
             path chosen for every bio against a path chosen for every request."
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
    let mut table = Table::new([
        "result",
        "mode",
        "IOPS",
        "bandwidth",
        "errors",
        "mean latency",
        "99 %",
    ]);
    for (found, name) in results.iter().zip(names) {
        match found {
            Found::Run(run) => {
                for r in &run.summary.runs {
                    let a = &r.application;
                    table.row([
                        name.clone(),
                        r.mode.clone(),
                        Unit::PerSecond.tell(a.iops),
                        Unit::ByteRate.tell(a.bytes_per_second),
                        Unit::Count.tell(a.errors as f64),
                        Unit::Time.tell(a.latency.mean_ns),
                        Unit::Time.tell(a.latency.p99_ns as f64),
                    ]);
                }
            }
            Found::Sweep(sweep) => {
                let axes = format!("a sweep over {}", sweep.axes.join(", "));
                let none = || "–".to_owned();
                table.row([name.clone(), axes, none(), none(), none(), none(), none()]);
            }
        }
    }
    if !table.rows.is_empty() {
        body.raw("<section>\n")
            .element("h2 class=\"first\"", "All results");
        body.table("What the application saw", &table)
            .raw("</section>\n");
    }
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
