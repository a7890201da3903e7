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

impl Winner {
    /// Of `bio` against `request`.
    fn of(bio: f64, request: f64, more_is_better: bool) -> Winner {
        if (bio - request).abs() <= MARGIN * bio.abs().max(request.abs()) {
            Winner::Equal
        } else if (bio > request) == more_is_better {
            Winner::Bio
        } else {
            Winner::Request
        }
    }
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
/// profile. Where a mode has no success, only how many there were is compared:
/// what did not come took no time.
pub fn verdicts(
    bio: &RunSummary,
    request: &RunSummary,
    other: Option<(&RunSummary, &RunSummary)>,
) -> Vec<Verdict> {
    let judge = |(name, more_is_better, figure): Figure| {
        let of = |(bio, request)| Winner::of(figure(bio), figure(request), more_is_better);
        let winner = of((bio, request));
        let other = other
            .filter(|&both| name == "iops" || succeed(both))
            .map(of);
        Verdict {
            figure: name.into(),
            bio: figure(bio),
            request: figure(request),
            winner,
            winner_under_other_profile: other,
            depends_on_cpu_profile: other.map(|other| other != winner),
        }
    };
    let both = succeed((bio, request));
    let figures = FIGURES
        .into_iter()
        .filter(|(name, ..)| both || *name == "iops");
    figures.map(judge).collect()
}

/// Whether both have a success.
fn succeed((bio, request): (&RunSummary, &RunSummary)) -> bool {
    bio.application.ios > 0 && request.application.ios > 0
}

/// What sort a figure is, which decides in what words one is better than another.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Something a second: more is better.
    Rate,
    /// A time, or another amount of something: less is better.
    Amount,
    /// A number of things: fewer are better.
    Number,
}

/// Factors from here on are told as such, smaller ones as percent.
const TIMES: f64 = 2.0;

impl Sort {
    /// How much better one is that is so by `factor`, 1 or more: `6.2 times as
    /// much`, `41 % less`, `16 times fewer`. Terminal and report say it alike.
    pub fn better_by(self, factor: f64) -> String {
        let times = match factor {
            f if f < 9.95 => format!("{f:.1}"),
            f => format!("{f:.0}"),
        };
        let percent = match self {
            Sort::Rate => 100.0 * (factor - 1.0),
            _ => 100.0 * (1.0 - 1.0 / factor),
        };
        match (self, factor >= TIMES) {
            _ if factor.is_infinite() => "the other has none".into(),
            (Sort::Rate, true) => format!("{times} times as much"),
            (Sort::Rate, false) => format!("{percent:.0} % more"),
            (Sort::Amount, true) => format!("{times} times shorter"),
            (Sort::Amount, false) => format!("{percent:.0} % less"),
            (Sort::Number, true) => format!("{times} times fewer"),
            (Sort::Number, false) => format!("{percent:.0} % fewer"),
        }
    }
}

impl Verdict {
    /// What is compared, in words.
    pub fn subject(&self) -> &str {
        match self.figure.as_str() {
            "iops" => "throughput",
            "mean_latency" => "mean latency",
            "p99_latency" => "99 % latency",
            "requests_per_io" => "requests to the path devices, an I/O",
            other => other,
        }
    }

    /// What sort of figure that is.
    pub fn sort(&self) -> Sort {
        match self.figure.as_str() {
            "iops" => Sort::Rate,
            "requests_per_io" => Sort::Number,
            _ => Sort::Amount,
        }
    }

    /// Which mode is better, and by how much: `request mode, 16 times fewer`.
    pub fn finding(&self) -> String {
        let mode = match self.winner {
            _ if self.is_empty() => return "nothing to compare".into(),
            Winner::Equal => return "equal within 2 %".into(),
            Winner::Bio => "bio mode",
            Winner::Request => "request mode",
        };
        format!("{mode}, {}", self.sort().better_by(self.factor()))
    }

    /// Whether there is nothing to compare: neither has any.
    pub fn is_empty(&self) -> bool {
        self.bio == 0.0 && self.request == 0.0
    }

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
    fn each_sort_of_figure_has_its_words() {
        let told = |sort: Sort| [1.2, 1.99, 2.0, 6.24, 16.0].map(|f| sort.better_by(f));
        assert_eq!(
            told(Sort::Rate),
            [
                "20 % more",
                "99 % more",
                "2.0 times as much",
                "6.2 times as much",
                "16 times as much"
            ]
        );
        assert_eq!(
            told(Sort::Amount),
            [
                "17 % less",
                "50 % less",
                "2.0 times shorter",
                "6.2 times shorter",
                "16 times shorter"
            ]
        );
        assert_eq!(told(Sort::Number)[4], "16 times fewer");
        assert_eq!(told(Sort::Number)[0], "17 % fewer");
        let none = Sort::Rate.better_by(f64::INFINITY);
        assert_eq!(none, "the other has none");
    }

    #[test]
    fn closer_than_the_margin_is_equal() {
        assert_eq!(Winner::of(100.0, 101.9, true), Winner::Equal);
        assert_eq!(Winner::of(100.0, 103.0, true), Winner::Request);
        assert_eq!(Winner::of(100.0, 103.0, false), Winner::Bio);
        assert_eq!(Winner::of(0.0, 0.0, true), Winner::Equal);
    }

    fn run(ios: u64, iops: f64, mean_ns: f64) -> RunSummary {
        let mut run = RunSummary::default();
        run.application.ios = ios;
        run.application.iops = iops;
        run.application.latency.mean_ns = mean_ns;
        run
    }

    #[test]
    fn a_mode_without_a_success_wins_nothing() {
        let some = run(10, 100.0, 5e6);
        let figures: Vec<_> = verdicts(&run(0, 0.0, 0.0), &some, None);
        assert_eq!(figures.len(), 1);
        assert_eq!(
            (figures[0].figure.as_str(), figures[0].winner),
            ("iops", Winner::Request)
        );
        assert_eq!(verdicts(&some, &some, None).len(), 4);
        let none = run(0, 0.0, 0.0);
        let other = Some((&some, &none));
        let figures = verdicts(&some, &some, other);
        assert_eq!(figures[1].depends_on_cpu_profile, None);
        assert!(verdicts(&none, &none, None)[0].is_empty());
    }
}
