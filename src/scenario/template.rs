//! A scenario file of which many scenarios are made, each with other values.

use std::ops::Range;
use std::path::Path;

use toml_edit::{DocumentMut, ImDocument};

use super::error::{Problem, ScenarioError, Source};
use super::overrides::Place;
use super::reader_words::NO_LIST;
use super::{Override, Scenario, check};
use crate::models::mpath::policy::Registry;

/// A scenario file, read once.
#[derive(Clone, Debug)]
pub struct Template {
    source: Source,
    /// None if it is no TOML.
    document: Option<DocumentMut>,
    policies: Registry,
}

impl Template {
    /// The file at `path`; tables may name the selectors of `policies` beside
    /// the kernel's.
    ///
    /// # Errors
    /// The file is unreadable.
    pub fn load(path: &Path, policies: &Registry) -> Result<Template, ScenarioError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|why| ScenarioError::Unreadable {
            path: name.clone(),
            why,
        })?;
        Ok(Template::new(&name, &text, policies))
    }

    /// The scenario `text`, which messages call `name`. Files that it names are
    /// looked for beside `name`.
    pub fn new(name: &str, text: &str, policies: &Registry) -> Template {
        Template {
            source: Source::new(name, text),
            document: text.parse().ok(),
            policies: policies.clone(),
        }
    }

    /// The same without the top-level table `name`, whose text would be copied and
    /// read for each scenario.
    #[must_use]
    pub fn without(mut self, name: &str) -> Template {
        if let Some(document) = &mut self.document {
            document.remove(name);
        }
        self
    }

    /// The text, and what it is called.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Path selectors there are beside the kernel's.
    pub fn policies(&self) -> &Registry {
        &self.policies
    }

    /// The scenario with `sets` applied.
    ///
    /// # Errors
    /// An option leads nowhere, or the text is no scenario.
    pub fn with(&self, sets: &[Override]) -> Result<Scenario, ScenarioError> {
        let name = &self.source.name;
        if sets.is_empty() {
            return self
                .read(&self.source)
                .map_err(|problems| invalid(name, problems));
        }
        let changed = Source::new(name.as_str(), self.text_with(sets)?);
        self.read(&changed)
            .map_err(|problems| self.blame(&changed, sets, problems))
    }

    /// The text with `sets` applied.
    ///
    /// # Errors
    /// An option leads nowhere, or the text is no TOML.
    pub fn text_with(&self, sets: &[Override]) -> Result<String, ScenarioError> {
        let Some(document) = &self.document else {
            let problems = self.read(&self.source).err().unwrap_or_default();
            return Err(invalid(&self.source.name, problems));
        };
        let mut document = document.clone();
        for set in sets {
            set.apply(&mut document)?;
        }
        Ok(document.to_string())
    }

    /// Reads and checks one text.
    fn read(&self, source: &Source) -> Result<Scenario, Vec<Problem>> {
        let raw =
            toml::from_str(&source.text).map_err(|error| vec![source.toml_problem(&error)])?;
        let path = Path::new(&source.name);
        let folder = path.parent().unwrap_or(Path::new("."));
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        check::check(
            &raw,
            source,
            folder,
            stem.unwrap_or("scenario"),
            &self.policies,
        )
    }

    /// The path of `set`; steps that name an element of a list become its index, so
    /// that two paths to one key are the same.
    pub fn path_of(&self, set: &Override) -> Vec<String> {
        match &self.document {
            Some(document) => set.resolved(document.as_table()),
            None => Vec::new(),
        }
    }

    /// Puts `problems` of the changed text to the option that made them;
    /// problems of the file itself stay where they are in the file.
    fn blame(&self, changed: &Source, sets: &[Override], problems: Vec<Problem>) -> ScenarioError {
        if let Some(why) = self.culprit(changed, sets, &problems) {
            return why;
        }
        let same = |own: &Vec<Problem>| {
            own.len() == problems.len()
                && own
                    .iter()
                    .zip(&problems)
                    .all(|(a, b)| a.message == b.message)
        };
        match self.read(&self.source).err() {
            Some(own) if same(&own) => invalid(&self.source.name, own),
            _ => invalid(
                &format!("{} with its --set options", self.source.name),
                problems,
            ),
        }
    }

    /// What is wrong with the first of `sets` that `problems` are about.
    fn culprit(
        &self,
        changed: &Source,
        sets: &[Override],
        problems: &[Problem],
    ) -> Option<ScenarioError> {
        let changed = ImDocument::parse(changed.text.to_string()).ok()?;
        let own = self.document.as_ref()?.as_table();
        let places: Vec<(&Override, Place)> = sets
            .iter()
            .map(|set| (set, set.place(changed.as_table())))
            .collect();
        let option = |set: &Override, of_key, message: String, hint: String| {
            Some(ScenarioError::Option {
                option: set.text.clone(),
                message,
                hint,
                of_key,
            })
        };
        for problem in problems {
            let touches = |span: Option<&Range<usize>>| span.is_some_and(|s| problem.touches(s));
            let ends = |place: &Place| (touches(place.key()), touches(place.value()));
            let hint = || problem.hint.clone();
            let hint = || hint().unwrap_or_else(|| "see docs/scenario.md".into());
            let at_end = places.iter().find(|(_, p)| ends(p) != (false, false));
            if let Some((set, place)) = at_end {
                let of_key = ends(place) == (true, false);
                return option(set, of_key, problem.message.clone(), hint());
            }
            // Else a key that the option made on its way.
            for (set, place) in &places {
                let known = set.place(own).depth();
                let mut made = place.keys_after(known);
                let Some((step, _)) = made.find(|(_, key)| problem.touches(key)) else {
                    continue;
                };
                if problem.message == NO_LIST {
                    let message = format!("the scenario has no list `{}`", set.head(step + 1));
                    let hint = "an option changes elements of a list that is there, and adds none";
                    return option(set, true, message, hint.into());
                }
                return option(set, true, problem.message.clone(), hint());
            }
        }
        None
    }
}

fn invalid(name: &str, problems: Vec<Problem>) -> ScenarioError {
    ScenarioError::Invalid {
        name: name.into(),
        problems,
    }
}
