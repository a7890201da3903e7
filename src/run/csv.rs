//! The CSV files of a run: completions, paths and the queue over time,
//! latencies, the first events.

use std::fmt::Write as _;

use super::metrics;
use super::outcome::Outcome;
use crate::scenario::Mode;
use crate::sim::Ns;

/// Runs, each with its mode.
type Runs<'o> = [(Mode, &'o Outcome)];

/// A table of `head`, to which `rows` adds the lines of each run.
// Writing to a String cannot fail, so what `writeln!` returns is dropped here
// and below.
fn table(
    head: &str,
    runs: &Runs<'_>,
    rows: impl Fn(&mut String, &str, &Outcome) -> std::fmt::Result,
) -> String {
    let mut text = format!("{head}\n");
    for (mode, outcome) in runs {
        let _ = rows(&mut text, mode.name(), outcome);
    }
    text
}

/// `series.csv`: completions over time, a line a bin and run.
pub fn series(runs: &Runs<'_>) -> String {
    let head = "mode,time_s,ios,bytes,errors,iops,mib_per_s";
    table(head, runs, |text, mode, outcome| {
        let seconds = outcome.series_bin.as_secs_f64();
        for bin in &outcome.series {
            let iops = bin.ios as f64 / seconds;
            let mib = bin.bytes as f64 / seconds / 1_048_576.0;
            let (at, ios, bytes, errors) = (bin.at, bin.ios, bin.bytes, bin.errors);
            writeln!(
                text,
                "{mode},{at},{ios},{bytes},{errors},{iops:.1},{mib:.3}"
            )?;
        }
        Ok(())
    })
}

/// `paths.csv`: what each path's driver was given over time.
pub fn paths(runs: &Runs<'_>) -> String {
    let head = "mode,time_s,device,commands,bytes,iops,mib_per_s,in_flight";
    table(head, runs, |text, mode, outcome| {
        for path in outcome.flow.iter().flat_map(|flow| &flow.paths) {
            let seconds = path.width.as_secs_f64();
            for bin in &path.bins {
                let iops = bin.commands as f64 / seconds;
                let mib = bin.bytes as f64 / seconds / 1_048_576.0;
                let device = field(&path.device);
                write!(
                    text,
                    "{mode},{},{device},{},{}",
                    bin.at, bin.commands, bin.bytes
                )?;
                writeln!(text, ",{iops:.1},{mib:.3},{:.3}", bin.in_flight)?;
            }
        }
        Ok(())
    })
}

/// `queue.csv`: what waited above the drivers over time.
pub fn queue(runs: &Runs<'_>) -> String {
    table("mode,time_s,waiting_bytes", runs, |text, mode, outcome| {
        for (at, bytes) in outcome.flow.iter().flat_map(|flow| &flow.waiting) {
            writeln!(text, "{mode},{at},{bytes:.0}")?;
        }
        Ok(())
    })
}

/// `latency.csv`: how many I/Os of the application had which latency.
pub fn latency(runs: &Runs<'_>) -> String {
    table("mode,at_most_ns,ios", runs, |text, mode, outcome| {
        let latency = metrics::latency(outcome);
        for bucket in latency.histogram().buckets() {
            let highest = bucket.highest.clamp(latency.min(), latency.max());
            writeln!(text, "{mode},{highest},{}", bucket.count)?;
        }
        Ok(())
    })
}

/// `trace.csv`: the first events, in blktrace's letters.
pub fn trace(runs: &Runs<'_>) -> String {
    let head = "mode,at_ns,device,action,rwbs,sector,sectors";
    table(head, runs, |text, mode, outcome| {
        for (device, event) in &outcome.opening {
            let (Ns(at), device) = (event.at, field(device));
            write!(text, "{mode},{at},{device},{},{}", event.action, event.rwbs)?;
            writeln!(text, ",{},{}", event.sector, event.sectors)?;
        }
        Ok(())
    })
}

/// `text` as a field of CSV, in quotes if it needs them (RFC 4180).
pub(crate) fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::outcome::SeriesBin;

    #[test]
    fn a_line_a_bin() {
        let outcome = Outcome {
            series_bin: Ns::from_ms(10),
            series: vec![SeriesBin {
                at: Ns::from_ms(10),
                ios: 5,
                bytes: 1 << 20,
                errors: 1,
            }],
            ..Outcome::default()
        };
        let text = series(&[(Mode::Bio, &outcome)]);
        let want = "bio,0.010000000,5,1048576,1,500.0,100.000";
        assert_eq!(text.lines().nth(1), Some(want));
    }
}
