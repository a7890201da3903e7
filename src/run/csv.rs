//! `series.csv`: completions over time, a line a bin and run.

use std::fmt::Write as _;

use super::outcome::Outcome;
use crate::scenario::Mode;
use crate::sim::Ns;

/// The time series of `runs`, whose bins are `bin` wide.
pub fn series(runs: &[(Mode, &Outcome)], bin: Ns) -> String {
    let mut text = String::from("mode,time_s,ios,bytes,errors,iops,mib_per_s\n");
    let seconds = bin.as_secs_f64();
    for (mode, outcome) in runs {
        for at in &outcome.series {
            let (iops, mib) = (
                at.ios as f64 / seconds,
                at.bytes as f64 / seconds / 1_048_576.0,
            );
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "{},{},{},{},{},{iops:.1},{mib:.3}",
                mode.name(),
                at.at,
                at.ios,
                at.bytes,
                at.errors
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::outcome::SeriesBin;

    #[test]
    fn a_line_a_bin() {
        let outcome = Outcome {
            series: vec![SeriesBin {
                at: Ns::from_ms(10),
                ios: 5,
                bytes: 1 << 20,
                errors: 1,
            }],
            ..Outcome::default()
        };
        let text = series(&[(Mode::Bio, &outcome)], Ns::from_ms(10));
        let want = "bio,0.010000000,5,1048576,1,500.0,100.000";
        assert_eq!(text.lines().nth(1), Some(want));
    }
}
