//! A point of a sweep: its scenario, its machine, and how to run it alone.

use super::definition::Sweep;
use super::record::Label;
use super::setting::{Setting, quoted};
use crate::models::config::MachineConfig;
use crate::scenario::{self, Mode, Override, Scenario, ScenarioError};

/// A point of a sweep.
#[derive(Clone, PartialEq, Debug)]
pub struct Point {
    /// Its number, from 0.
    pub number: u64,
    /// Its values, one a column of [`Space::columns`](super::Space::columns).
    pub labels: Vec<Label>,
    /// The mode.
    pub mode: Mode,
    settings: Vec<Setting>,
}

/// Why a point has no machine.
#[derive(Debug, thiserror::Error)]
pub enum PointError {
    /// Its values make no scenario.
    #[error("{}", one_line(.0))]
    Scenario(#[from] ScenarioError),
    /// It has no such mode.
    #[error(transparent)]
    Build(#[from] crate::scenario::BuildError),
    /// It cannot have this policy.
    #[error("{0}")]
    Policy(String),
}

impl PointError {
    /// Whether it names `setting` as what is wrong.
    pub(super) fn is_of(&self, setting: &Setting) -> bool {
        match (self, setting) {
            (PointError::Scenario(ScenarioError::Option { option, .. }), Setting::Key(set)) => {
                set.text == *option
            }
            (PointError::Policy(_), Setting::Policy(_)) => true,
            _ => false,
        }
    }

    /// What is wrong, without the option that it is wrong with.
    pub(super) fn message(&self) -> String {
        match self {
            PointError::Scenario(ScenarioError::Option { message, .. }) => message.clone(),
            other => other.to_string(),
        }
    }
}

fn one_line(error: &ScenarioError) -> String {
    match error {
        ScenarioError::Invalid { problems, .. } => {
            let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
            texts.join("; ")
        }
        other => other.to_string(),
    }
}

impl Point {
    fn overrides(&self) -> Vec<Override> {
        let key = |setting: &Setting| match setting {
            Setting::Key(set) => Some(set.clone()),
            Setting::Policy(_) => None,
        };
        self.settings.iter().filter_map(key).collect()
    }
}

impl Sweep {
    /// The point of this number.
    pub fn point(&self, number: u64) -> Point {
        let (choices, mode) = self.space.choices(number);
        let labels = choices.iter().flat_map(|choice| choice.labels.clone());
        let mode_label = Label::Text(mode.name().into());
        let labels = labels.chain([mode_label]).collect();
        let own = choices.into_iter().flat_map(|choice| choice.settings);
        Point {
            number,
            labels,
            ..self.point_of(mode, own.map(|set| set.what))
        }
    }

    /// A point that is none of the sweep's: what all have in common, and `own`.
    pub(super) fn point_of(&self, mode: Mode, own: impl Iterator<Item = Setting>) -> Point {
        let common = self.common.iter().map(|common| common.what.clone());
        Point {
            number: 0,
            labels: Vec::new(),
            mode,
            settings: common.chain(own).collect(),
        }
    }

    /// The scenario before any axis changes it; none if it is none.
    pub fn base(&self) -> Option<Scenario> {
        let mode = *self.space.modes.first()?;
        self.scenario(&self.point_of(mode, std::iter::empty())).ok()
    }

    /// The scenario of `point`.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn scenario(&self, point: &Point) -> Result<Scenario, PointError> {
        let mut scenario = self.template.with(&point.overrides())?;
        for setting in &point.settings {
            if let Setting::Policy(policy) = setting {
                scenario.set_policy(policy).map_err(PointError::Policy)?;
            }
        }
        Ok(scenario)
    }

    /// The machine of `point`.
    ///
    /// # Errors
    /// Its values make no scenario, or the scenario has no such mode.
    pub fn machine(&self, point: &Point) -> Result<MachineConfig, PointError> {
        let scenario = self.scenario(point)?;
        Ok(scenario::build(&scenario, point.mode)?)
    }

    /// The scenario file of `point`, with how to run it in its first lines.
    pub fn text_of(&self, point: &Point, replication: u32) -> String {
        let own = self.template.text_with(&point.overrides());
        let text = own.unwrap_or_else(|_| self.template.source().text.to_string());
        let policies = point.settings.iter();
        let policies = policies.filter(|setting| matches!(setting, Setting::Policy(_)));
        let mut words = vec![format!("--mode {}", point.mode.name())];
        words.extend(policies.map(Setting::to_option));
        words.extend(replication_option(replication));
        format!("# mpathsim run THIS-FILE {}\n{text}", words.join(" "))
    }

    /// The command that runs a point again.
    pub fn command_of(&self, point: &Point, replication: u32) -> String {
        let mut words = vec![quoted(&self.template.source().name)];
        words.extend(point.settings.iter().map(Setting::to_option));
        words.push(format!("--mode {}", point.mode.name()));
        words.extend(replication_option(replication));
        format!("mpathsim run {}", words.join(" "))
    }
}

fn replication_option(replication: u32) -> Option<String> {
    (replication > 0).then(|| format!("--replication {replication}"))
}
