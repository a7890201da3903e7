//! The file of a sweep: the table `[sweep]`, and where the scenario is.

use std::collections::BTreeMap;
use std::path::Path;

use toml_edit::{ImDocument, Item, Key, TableLike};

use super::SweepError;
use super::setting::{Common, Setting};
use crate::models::mpath::policy::Registry;
use crate::scenario::raw::{Any, RawSweep, RawSweepFile};
use crate::scenario::{At, Problem, Source, Template};

/// What a file holds: the table, and where the scenario is.
pub(super) struct File {
    pub name: String,
    pub about: String,
    pub template: Template,
    pub common: Vec<Common>,
    pub raw: RawSweep,
}

impl File {
    pub fn read(source: &Source, policies: &Registry) -> Result<File, SweepError> {
        let invalid = |problem| SweepError::Invalid {
            name: source.name.clone(),
            problems: vec![problem],
        };
        let path = Path::new(&source.name);
        let stem = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or("sweep");
        let table: Result<toml::Table, _> = toml::from_str(&source.text);
        let table = table.map_err(|why| invalid(source.toml_problem(&why)))?;
        if table.contains_key("scenario") {
            if let Some(problem) = bare_keys(source) {
                return Err(invalid(problem));
            }
            let raw: RawSweepFile =
                toml::from_str(&source.text).map_err(|why| invalid(source.toml_problem(&why)))?;
            let folder = path.parent().unwrap_or(Path::new("."));
            let file = folder.join(raw.scenario.value.as_str());
            let template = Template::load(&file, policies)?.without("sweep");
            let common = settings(source, &raw.set).map_err(invalid)?;
            return File {
                name: raw
                    .name
                    .as_ref()
                    .map_or(stem, |name| name.as_str())
                    .to_owned(),
                about: raw.about.clone().unwrap_or_default(),
                template,
                common,
                raw: raw.sweep,
            }
            .checked(source, raw.name.as_ref());
        }
        let template = Template::new(&source.name, &source.text, policies).without("sweep");
        let scenario = template.with(&[])?;
        let raw: ScenarioWithSweep =
            toml::from_str(&source.text).map_err(|why| invalid(source.toml_problem(&why)))?;
        let Some(raw) = raw.sweep else {
            return Err(invalid(source.problem(
                0..0,
                "the scenario has no table [sweep]",
                "add one, or write a file that names the scenario: scenario = \"FILE.toml\" (docs/sweeps.md)".to_owned(),
            )));
        };
        Ok(File {
            name: scenario.name.clone(),
            about: scenario.about.clone(),
            template,
            common: Vec::new(),
            raw,
        })
    }

    fn checked(self, source: &Source, name: Option<&At<String>>) -> Result<File, SweepError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if let Some(name) = name
            && (name.is_empty() || name.starts_with('.') || !name.chars().all(plain))
        {
            return Err(SweepError::Invalid {
                name: source.name.clone(),
                problems: vec![source.problem(
                    name.span.clone(),
                    format!("`{}` cannot be the name of a folder of results", name.value),
                    "use letters, digits, `-`, `_` and `.`".to_owned(),
                )],
            });
        }
        Ok(self)
    }
}

/// A scenario file as far as its sweep goes.
#[derive(serde::Deserialize)]
struct ScenarioWithSweep {
    sweep: Option<RawSweep>,
}

/// What is wrong with a key of `[set]` that is not in quotes: to TOML its dots are tables
/// in tables.
fn bare_keys(source: &Source) -> Option<Problem> {
    let document = ImDocument::parse(source.text.as_ref()).ok()?;
    let set = document.get("set")?.as_table_like()?;
    let is_bare = |item: &Item| item.as_table_like().is_some_and(TableLike::is_dotted);
    let (key, _) = set.iter().find(|(_, item)| is_bare(item))?;
    let span = set.key(key).and_then(Key::span).unwrap_or(0..0);
    Some(source.problem(
        span,
        format!("`{key}.…` is not in quotes"),
        "a key of [set] is a path in quotes: \"device.0.port.latency\" = \"4ms\"".to_owned(),
    ))
}

fn settings(source: &Source, set: &BTreeMap<String, At<Any>>) -> Result<Vec<Common>, Problem> {
    let setting = |(key, any): (&String, &At<Any>)| {
        let hint = "a key is a path, as --set takes it: \"device.0.port.latency\" = \"4ms\"";
        let what = Setting::new(key, &any.0)
            .map_err(|why| source.problem(any.span.clone(), why, hint.to_owned()))?;
        let at = Some(any.span.clone());
        Ok(Common { what, at })
    };
    set.iter().map(setting).collect()
}
