//! Bio mode against request mode, and whether the answer hinges on what the
//! CPU's work is taken to cost.

use serde::{Deserialize, Serialize};

use super::summary::RunSummary;

/// Modes closer than this are called equal.
const MARGIN: f64 = 0.02;

/// Which mode is better.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Winner {
    /// Bio mode.
    Bio,
    /// Request mode.
    Request,
    /// Within 2 %.
    Equal,
}

/// One figure of both modes, compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// `iops`, `mean_latency`, `p99_latency` or `requests_per_io`.
    pub figure: String,
    /// Bio mode's.
    pub bio: f64,
    /// Request mode's.
    pub request: f64,
    /// Which is better.
    pub winner: Winner,
    /// Which is better under the other CPU profile, if that was run.
    pub winner_under_other_profile: Option<Winner>,
    /// Whether the CPU profile decides which is better; absent if only one
    /// was run.
    pub depends_on_cpu_profile: Option<bool>,
}

/// A figure: its name, whether more is better, and where it stands.
type Figure = (&'static str, bool, fn(&RunSummary) -> f64);

const FIGURES: [Figure; 4] = [
    ("iops", true, |run| run.application.iops),
    ("mean_latency", false, |run| run.application.latency.mean_ns),
    ("p99_latency", false, |run| {
        run.application.latency.p99_ns as f64
    }),
    ("requests_per_io", false, requests_per_io),
];

/// Requests that the path devices took for an I/O of the application.
fn requests_per_io(run: &RunSummary) -> f64 {
    let taken = run.path_devices.requests_kept;
    match run.application.ios {
        0 => 0.0,
        ios => taken as f64 / ios as f64,
    }
}

/// Compares `bio` and `request`; `other` are the same two under the other CPU
/// profile.
pub fn verdicts(
    bio: &RunSummary,
    request: &RunSummary,
    other: Option<(&RunSummary, &RunSummary)>,
) -> Vec<Verdict> {
    let judge = |(name, more_is_better, figure): Figure| {
        let (b, r) = (figure(bio), figure(request));
        let winner = winner(b, r, more_is_better);
        let other =
            other.map(|(bio, request)| self::winner(figure(bio), figure(request), more_is_better));
        Verdict {
            figure: name.into(),
            bio: b,
            request: r,
            winner,
            winner_under_other_profile: other,
            depends_on_cpu_profile: other.map(|other| other != winner),
        }
    };
    FIGURES.into_iter().map(judge).collect()
}

fn winner(bio: f64, request: f64, more_is_better: bool) -> Winner {
    if (bio - request).abs() <= MARGIN * bio.abs().max(request.abs()) {
        Winner::Equal
    } else if (bio > request) == more_is_better {
        Winner::Bio
    } else {
        Winner::Request
    }
}

impl Verdict {
    /// By what factor the better one is better; infinite against zero.
    pub fn factor(&self) -> f64 {
        let (low, high) = (self.bio.min(self.request), self.bio.max(self.request));
        if high == 0.0 { 1.0 } else { high / low }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closer_than_the_margin_is_equal() {
        assert_eq!(winner(100.0, 101.9, true), Winner::Equal);
        assert_eq!(winner(100.0, 103.0, true), Winner::Request);
        assert_eq!(winner(100.0, 103.0, false), Winner::Bio);
        assert_eq!(winner(0.0, 0.0, true), Winner::Equal);
    }
}
