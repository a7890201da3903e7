//! What is varied.

use super::range::Range;
use super::record::Label;
use crate::scenario::raw::{Any, RawAxis};
use crate::scenario::{At, Override, Problem, Source};

/// The key that stands for the path selector of every map.
pub const POLICY: &str = "policy";

/// Something that a point sets.
#[derive(Clone, PartialEq, Debug)]
pub enum Setting {
    /// A key of the scenario.
    Key(Override),
    /// The path selector of every map, with its arguments.
    Policy(String),
}

impl Setting {
    /// `key` set to `value`.
    ///
    /// # Errors
    /// The key has no steps.
    pub fn new(key: &str, value: &toml::Value) -> Result<Setting, String> {
        if key == POLICY {
            let text = value.as_str();
            return match text {
                Some(text) => Ok(Setting::Policy(text.into())),
                None => Err(format!("a policy is a text, not {value}")),
            };
        }
        let parsed = Override::parse(&format!("{key}={value}"));
        parsed.map(Setting::Key).map_err(|why| why.to_string())
    }

    /// As an option of `mpathsim run` that does the same.
    pub fn to_option(&self) -> String {
        match self {
            Setting::Key(set) => format!("--set {}", quoted(&set.text)),
            Setting::Policy(policy) => format!("--policy {}", quoted(policy)),
        }
    }
}

/// `text` as one word of a shell.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.,:/=@%+".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// One value of an axis: what the tables show in each of its columns, and what
/// it sets.
#[derive(Clone, PartialEq, Debug)]
pub struct Choice {
    /// A label a column.
    pub labels: Vec<Label>,
    /// What it sets.
    pub settings: Vec<Setting>,
}

/// An axis.
#[derive(Clone, PartialEq, Debug)]
pub struct Axis {
    /// Names of its columns.
    pub columns: Vec<String>,
    /// What is varied.
    pub values: Values,
}

/// The values of an axis.
#[derive(Clone, PartialEq, Debug)]
pub enum Values {
    /// These.
    List(Vec<Choice>),
    /// Any of a range; only samples are drawn from it.
    Range(String, Range),
}

impl Axis {
    /// The axis that a file describes.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(source: &Source, raw: &At<RawAxis>) -> Result<Axis, Problem> {
        let wrong = |message: String, hint: &str| {
            source.problem(raw.span.clone(), message, hint.to_owned())
        };
        match (&raw.values, &raw.range, &raw.zip, &raw.variant) {
            (Some(_), None, None, None) | (None, Some(_), None, None) => {
                let key = key(source, raw, raw.span.clone())?;
                Axis::of_key(source, raw, &key)
            }
            (None, None, Some(zip), None) => zipped(source, raw, zip),
            (None, None, None, Some(variants)) => {
                let Some(name) = &raw.name else {
                    return Err(wrong(
                        "an axis of variants has no name".into(),
                        "name = \"array\"",
                    ));
                };
                if variants.is_empty() {
                    return Err(source.problem(
                        variants.span.clone(),
                        "the axis is empty",
                        EMPTY.to_owned(),
                    ));
                }
                let choice = |variant: &crate::scenario::raw::RawVariant| {
                    let settings = variant
                        .set
                        .iter()
                        .map(|(key, any)| setting(source, variants, key, any));
                    Ok(Choice {
                        labels: vec![Label::Text(variant.name.clone())],
                        settings: settings.collect::<Result<_, Problem>>()?,
                    })
                };
                Ok(Axis {
                    columns: vec![name.value.clone()],
                    values: Values::List(variants.iter().map(choice).collect::<Result<_, _>>()?),
                })
            }
            (None, None, None, None) => Err(wrong(
                "the axis has no values".into(),
                "add values = [1, 2, 4], range, zip or variant",
            )),
            _ => Err(wrong(
                "`values`, `range`, `zip` and `variant` exclude each other".into(),
                "give each an axis of its own",
            )),
        }
    }

    /// An axis over one key.
    fn of_key(source: &Source, raw: &RawAxis, key: &At<String>) -> Result<Axis, Problem> {
        let name = raw
            .name
            .as_ref()
            .map_or_else(|| short(key), |name| name.value.clone());
        let columns = vec![name];
        let one = |value: &toml::Value, at: &std::ops::Range<usize>| {
            let settings = vec![Setting::new(key, value).map_err(|why| {
                source.problem(
                    at.clone(),
                    why,
                    "key = \"device.0.port.latency\"".to_owned(),
                )
            })?];
            let labels = vec![Label::of(value)];
            Ok(Choice { labels, settings })
        };
        if let Some(values) = &raw.values {
            if values.is_empty() {
                return Err(source.problem(
                    values.span.clone(),
                    "the axis is empty",
                    EMPTY.to_owned(),
                ));
            }
            for any in values.iter() {
                finite(source, values, any)?;
            }
            let choices = values.iter().map(|any| one(&any.0, &values.span));
            let values = Values::List(choices.collect::<Result<_, Problem>>()?);
            return Ok(Axis { columns, values });
        }
        let Some(at) = &raw.range else {
            return Err(source.problem(
                key.span.clone(),
                "the axis has no values",
                EMPTY.to_owned(),
            ));
        };
        let range =
            Range::new(at).map_err(|(what, hint)| source.problem(at.span.clone(), what, hint))?;
        let values = match range.values() {
            None => Values::Range(key.value.clone(), range),
            Some(values) => {
                let choices = values.iter().map(|value| one(value, &at.span));
                Values::List(choices.collect::<Result<_, Problem>>()?)
            }
        };
        Ok(Axis { columns, values })
    }

    /// The value at `u` of the way through the axis, 0 to 1.
    pub fn at(&self, u: f64) -> Choice {
        match &self.values {
            Values::List(choices) => {
                let index = (u * choices.len() as f64) as usize;
                choices[index.min(choices.len() - 1)].clone()
            }
            Values::Range(key, range) => {
                let value = range.at(u);
                Choice {
                    labels: vec![Label::of(&value)],
                    settings: Setting::new(key, &value).into_iter().collect(),
                }
            }
        }
    }
}

const EMPTY: &str = "give it at least one value: values = [1, 2, 4]";

fn key(
    source: &Source,
    raw: &RawAxis,
    span: std::ops::Range<usize>,
) -> Result<At<String>, Problem> {
    let Some(key) = &raw.key else {
        return Err(source.problem(
            span,
            "the axis does not say what it varies",
            "add key = \"workload.job.0.iodepth\", or key = \"policy\"".to_owned(),
        ));
    };
    if matches!(key.as_str(), "mode" | "modes") {
        return Err(source.problem(
            key.span.clone(),
            "modes are no key of the scenario",
            "write modes = [\"bio\", \"request\"] in [sweep]".to_owned(),
        ));
    }
    Ok(key.clone())
}

/// A NaN is no value of anything.
fn finite<T>(source: &Source, at: &At<T>, any: &Any) -> Result<(), Problem> {
    match any.0.as_float() {
        Some(x) if !x.is_finite() => Err(source.problem(
            at.span.clone(),
            format!("{x} is no value"),
            "give numbers that are finite".to_owned(),
        )),
        _ => Ok(()),
    }
}

fn setting<T>(source: &Source, at: &At<T>, key: &str, any: &Any) -> Result<Setting, Problem> {
    finite(source, at, any)?;
    Setting::new(key, &any.0)
        .map_err(|why| source.problem(at.span.clone(), why, "see docs/sweeps.md".to_owned()))
}

/// Several keys whose lists go together.
fn zipped(source: &Source, raw: &At<RawAxis>, zip: &At<Vec<RawAxis>>) -> Result<Axis, Problem> {
    let wrong =
        |message: String, hint: &str| source.problem(zip.span.clone(), message, hint.to_owned());
    if raw.key.is_some() {
        return Err(wrong(
            "a zip has its keys inside".into(),
            "zip = [{ key = \"…\", values = […] }, …]",
        ));
    }
    let mut axes = Vec::new();
    for part in zip.iter() {
        if part.zip.is_some() || part.variant.is_some() {
            return Err(wrong(
                "a zip holds lists and ranges only".into(),
                "zip = [{ key = \"…\", values = […] }, …]",
            ));
        }
        let key = key(source, part, zip.span.clone())?;
        axes.push(Axis::of_key(source, part, &key)?);
    }
    let mut lists = Vec::new();
    for axis in &axes {
        match &axis.values {
            Values::List(list) => lists.push(list),
            Values::Range(..) => {
                return Err(wrong(
                    "a range in a zip does not say how many values".into(),
                    "add steps",
                ));
            }
        }
    }
    let Some(first) = lists.first() else {
        return Err(wrong("the zip is empty".into(), EMPTY));
    };
    if let Some(other) = lists.iter().position(|list| list.len() != first.len()) {
        let (a, b) = (&axes[0].columns[0], &axes[other].columns[0]);
        return Err(wrong(
            format!(
                "`{a}` has {} values, `{b}` has {}",
                first.len(),
                lists[other].len()
            ),
            "what is zipped has as many values each; for all combinations write two axes",
        ));
    }
    let choices = (0..first.len()).map(|i| {
        let parts = || lists.iter().map(|list| &list[i]);
        Choice {
            labels: parts().flat_map(|c| c.labels.clone()).collect(),
            settings: parts().flat_map(|c| c.settings.clone()).collect(),
        }
    });
    let values = Values::List(choices.collect());
    Ok(Axis {
        columns: axes.into_iter().flat_map(|axis| axis.columns).collect(),
        values,
    })
}

/// The last step of a key that says something: not the index of a list.
fn short(key: &str) -> String {
    key.rsplit('.')
        .find(|step| step.parse::<u32>().is_err())
        .unwrap_or(key)
        .to_owned()
}
