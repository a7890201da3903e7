//! What is kept of a tournament or a comparison in a folder, for figures and
//! reports: the tables of a sweep, and beside them what was asked, of which
//! scenarios, and how to ask it again.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::PolicyError;
use super::compare::{Comparison, Row};
use super::contender::Contender;
use super::runs::{Cell, Settings, names as called};
use super::tournament::{Ranking, Tournament};
use super::verdict::Verdict;
use crate::run::csv::field;
use crate::run::summary::ScenarioSummary;
use crate::scenario::Mode;
use crate::stats::Interval;
use crate::sweep::{MANIFEST, METRICS, MetricManifest, SourceFile};

/// Format of the manifest of a tournament.
pub const TOURNAMENT: &str = "mpathsim-tournament/1";
/// Format of that of a comparison.
pub const COMPARISON: &str = "mpathsim-comparison/1";

/// The manifest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// Name and version of the format.
    pub format: String,
    /// Version of the program that ran it.
    pub mpathsim: String,
    /// What it is called.
    pub sweep: String,
    /// What it is about.
    pub about: String,
    /// The command that does the same again.
    pub command: String,
    /// Columns of `summary.csv` that tell a point from others.
    pub columns: Vec<String>,
    /// Its figures.
    pub metrics: Vec<MetricManifest>,
    /// The figure that decides, of a tournament.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// Runs a cell, each in a world of its own.
    pub replications: u32,
    /// What is cut from the start of a run.
    pub warm_up: String,
    /// Differences up to this share do not matter.
    pub margin: f64,
    /// Chance that any verdict or place is wrong.
    pub alpha: f64,
    /// The scenarios, before a policy replaces theirs.
    pub scenarios: Vec<ScenarioSummary>,
    /// Their files.
    pub files: Vec<SourceFile>,
    /// Policies of a tournament, the best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<KeptPlace>,
    /// Verdicts of a comparison.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verdicts: Vec<KeptVerdict>,
    /// Who could not play, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<(String, String)>,
}

/// A policy's place in a tournament.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptPlace {
    /// The policy.
    pub policy: String,
    /// The best place that it may have, from 1.
    pub first: usize,
    /// The worst.
    pub last: usize,
}

/// What B is beside A in a figure of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptVerdict {
    /// The cell.
    pub cell: String,
    /// The figure.
    pub metric: String,
    /// The mean of B − A over that of A.
    pub difference: Option<f64>,
    /// Its 95 % interval.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
    /// How alike A's and B's runs in the same worlds are, -1 to 1; none where
    /// they are no pairs, or all alike.
    pub correlation: Option<f64>,
    /// The verdict.
    pub verdict: Verdict,
}

impl Kept {
    /// Reads the manifest of `folder`; none if it holds something else.
    pub fn read(folder: &Path) -> Option<Kept> {
        let text = std::fs::read(folder.join(MANIFEST)).ok()?;
        let kept: Kept = serde_json::from_slice(&text).ok()?;
        [TOURNAMENT, COMPARISON]
            .contains(&kept.format.as_str())
            .then_some(kept)
    }

    /// Whether it is of a tournament.
    pub fn is_tournament(&self) -> bool {
        self.format == TOURNAMENT
    }

    fn new(
        settings: &Settings,
        scenarios: &[PathBuf],
        sets: &[String],
        command: String,
    ) -> Result<Kept, PolicyError> {
        let mut kept = Kept {
            mpathsim: env!("CARGO_PKG_VERSION").into(),
            command,
            replications: settings.replications,
            warm_up: settings.warm_up.to_string(),
            ..Kept::default()
        };
        for (path, name) in scenarios.iter().zip(called(scenarios)) {
            let as_it_is = Cell {
                scenario: path.clone(),
                name,
                policy: None,
                mode: Mode::Bio,
                sets: sets.to_vec(),
            };
            let scenario = settings.scenario(&as_it_is)?;
            kept.scenarios.push(ScenarioSummary::new(&scenario, sets));
            let text = std::fs::read_to_string(path).map_err(|why| PolicyError::File {
                path: path.display().to_string(),
                why,
            })?;
            let name = path.display().to_string();
            kept.files.push(SourceFile { name, text });
        }
        Ok(kept)
    }

    /// The files of a folder: the figures, and the manifest last: a folder that has
    /// it is whole.
    ///
    /// # Errors
    /// The manifest cannot be written as JSON.
    pub fn files(&self, rows: String) -> Result<[(&'static str, String); 2], serde_json::Error> {
        let manifest = serde_json::to_string_pretty(self)? + "\n";
        Ok([("summary.csv", rows), (MANIFEST, manifest)])
    }
}

/// Rows of `summary.csv`.
struct Table(String);

impl Table {
    fn new(columns: &[&str]) -> Table {
        let columns = columns.join(",");
        Table(format!("{columns},metric,runs,mean,low,high,method\n"))
    }
    fn row(
        &mut self,
        values: &[&str],
        metric: &str,
        runs: u64,
        mean: f64,
        interval: Option<Interval>,
    ) {
        let values: Vec<String> = values.iter().map(|value| field(value)).collect();
        let (ends, method) = match interval {
            Some(i) => (format!("{},{}", i.low, i.high), "student-t"),
            None => (",".into(), ""),
        };
        let values = values.join(",");
        self.0 += &format!("{values},{metric},{runs},{mean},{ends},{method}\n");
    }
}

/// A tournament, in the files of a sweep over one axis, the policy; `command`
/// plays it again.
///
/// # Errors
/// A scenario cannot be read again.
pub fn keep_tournament(
    what: &Tournament,
    ranking: &Ranking,
    settings: &Settings,
    command: String,
) -> Result<(Kept, String), PolicyError> {
    let mut table = Table::new(&["policy"]);
    let runs = u64::from(settings.replications);
    for place in &ranking.places {
        let policy = [place.policy.as_str()];
        table.row(&policy, "score_ratio", runs, place.score, place.interval);
        if let Some((mean, interval)) = place.of_bound {
            table.row(&policy, "bound_ratio", runs, mean, interval);
        }
    }
    let more = |name: &str, about: &str| MetricManifest {
        name: name.into(),
        better: "more".into(),
        about: about.into(),
    };
    let modes: Vec<&str> = what.modes.iter().map(|mode| mode.name()).collect();
    let kept = Kept {
        format: TOURNAMENT.into(),
        sweep: "tournament".into(),
        about: format!(
            "By {}, over {} in {} mode; 100 % is the best of each",
            METRICS[what.metric].about,
            called(&what.scenarios).join(", "),
            modes.join(" and ")
        ),
        columns: vec!["policy".into()],
        metrics: vec![
            more(
                "score_ratio",
                "of the best policy of each cell, the geometric mean",
            ),
            more(
                "bound_ratio",
                "of what the devices could do at best, the same",
            ),
        ],
        by: METRICS[what.metric].name.into(),
        margin: what.margin,
        alpha: what.alpha,
        places: ranking
            .places
            .iter()
            .map(|place| KeptPlace {
                policy: place.policy.clone(),
                first: place.places.0,
                last: place.places.1,
            })
            .collect(),
        left_out: ranking.left_out.clone(),
        ..Kept::new(settings, &what.scenarios, &[], command)?
    };
    Ok((kept, table.0))
}

/// A comparison, in the files of a sweep over both contenders and all cells;
/// `command` makes it again.
///
/// # Errors
/// A scenario cannot be read again.
pub fn keep_comparison(
    what: &Comparison,
    rows: &[Row],
    settings: &Settings,
    command: String,
) -> Result<(Kept, String), PolicyError> {
    let column = match what.a.kind() {
        "folder of results" => "results",
        "scenario file" => "scenario",
        kind => kind,
    };
    let mut table = Table::new(&[column, "cell"]);
    let name = |contender: &Contender| match contender {
        Contender::Mode(mode) => mode.name().to_owned(),
        other => other.to_string(),
    };
    let (a, b) = (name(&what.a), name(&what.b));
    let mut verdicts = Vec::new();
    let mut metrics: Vec<MetricManifest> = Vec::new();
    for row in rows {
        let (metric, j) = (&METRICS[row.metric], &row.judged);
        if !metrics.iter().any(|known| known.name == metric.name) {
            metrics.push(MetricManifest::new(metric));
        }
        for (who, moments) in [(&a, &j.a), (&b, &j.b)] {
            let interval = moments.interval(0.95);
            let values = [who.as_str(), row.cell.as_str()];
            table.row(&values, metric.name, moments.count, moments.mean, interval);
        }
        let scale = j.a.mean.abs();
        let difference = j.difference.filter(|_| scale > 0.0);
        verdicts.push(KeptVerdict {
            cell: row.cell.clone(),
            metric: metric.name.into(),
            difference: difference.map(|d| d.mean / scale),
            low: j.relative.map(|i| i.low),
            high: j.relative.map(|i| i.high),
            correlation: j.difference.and_then(|d| d.correlation),
            verdict: j.verdict,
        });
    }
    let scenarios = match (&what.a, &what.b) {
        (Contender::Scenario(a), Contender::Scenario(b)) => vec![a.clone(), b.clone()],
        (Contender::Results(_), _) => Vec::new(),
        _ => what.scenarios.clone(),
    };
    let kept = Kept {
        format: COMPARISON.into(),
        sweep: format!("{a} and {b}"),
        about: format!("{b} (B) beside {a} (A)"),
        columns: vec![column.into(), "cell".into()],
        metrics,
        margin: what.margin,
        alpha: what.alpha,
        verdicts,
        ..Kept::new(settings, &scenarios, &what.sets, command)?
    };
    Ok((kept, table.0))
}
