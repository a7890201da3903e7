//! What is varied.

use std::collections::BTreeSet;
use std::ops;

use super::range::Range;
use super::record::Label;
use super::setting::Setting;
pub(super) use super::setting::quoted;
use crate::scenario::raw::{RawAxis, RawVariant};
use crate::scenario::{At, Problem, Source};

/// Something that a value of an axis sets.
#[derive(Clone, PartialEq, Debug)]
pub struct Set {
    /// What.
    pub what: Setting,
    /// Which of the axis' keys that is.
    pub key: usize,
    /// Where the value stands in the file of the sweep.
    pub at: ops::Range<usize>,
}

/// One value of an axis: what the tables show in each of its columns, and what
/// it sets.
#[derive(Clone, PartialEq, Debug)]
pub struct Choice {
    /// A label a column.
    pub labels: Vec<Label>,
    /// What it sets.
    pub settings: Vec<Set>,
}

impl Choice {
    /// Its labels in one line.
    pub fn name(&self) -> String {
        let labels: Vec<String> = self.labels.iter().map(Label::to_string).collect();
        labels.join(", ")
    }
}

/// An axis.
#[derive(Clone, PartialEq, Debug)]
pub struct Axis {
    /// Names of its columns.
    pub columns: Vec<String>,
    /// The keys that it varies, each with its place in the file of the sweep.
    pub keys: Vec<At<String>>,
    /// Whether its values are named sets of these keys.
    pub named: bool,
    /// What is varied.
    pub values: Values,
}

/// The values of an axis.
#[derive(Clone, PartialEq, Debug)]
pub enum Values {
    /// These.
    List(Vec<Choice>),
    /// Any of a range; only samples are drawn from it.
    Range(At<Range>),
}

impl Axis {
    /// The axis that a file describes.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(source: &Source, raw: &At<RawAxis>) -> Result<Axis, Problem> {
        let axis = match (&raw.zip, &raw.variant) {
            (None, None) => Some(of_key(source, raw, &raw.span)),
            _ if raw.values.is_some() || raw.range.is_some() => None,
            (Some(zip), None) => Some(zipped(source, raw, zip)),
            (None, Some(variants)) => Some(varied(source, raw, variants)),
            _ => None,
        };
        let axis = axis.unwrap_or_else(|| Err(several_forms(source, &raw.span)))?;
        distinct(source, &axis)?;
        Ok(axis)
    }

    /// How many values it has; those of a range are not counted.
    pub fn size(&self) -> Option<usize> {
        match &self.values {
            Values::List(list) => Some(list.len()),
            Values::Range(_) => None,
        }
    }

    /// Which value of its list is at `u` of the way through it, 0 to 1; none of a
    /// range.
    pub fn index(&self, u: f64) -> Option<usize> {
        let n = self.size()?;
        Some(((u * n as f64) as usize).min(n - 1))
    }

    /// The value at `u` of the way through the axis, 0 to 1.
    pub fn at(&self, u: f64) -> Choice {
        match &self.values {
            Values::List(choices) => choices[self.index(u).unwrap_or(0)].clone(),
            Values::Range(range) => {
                let value = range.at(u);
                let set = |key: &At<String>| {
                    Some(Set {
                        what: Setting::new(key, &value).ok()?,
                        key: 0,
                        at: range.span.clone(),
                    })
                };
                Choice {
                    labels: vec![Label::of(&value)],
                    settings: self.keys.first().and_then(set).into_iter().collect(),
                }
            }
        }
    }
}

const EMPTY: &str = "give it at least one value: values = [1, 2, 4]";

fn several_forms(source: &Source, span: &ops::Range<usize>) -> Problem {
    source.problem(
        span.clone(),
        "`values`, `range`, `zip` and `variant` exclude each other",
        "give each an axis of its own".to_owned(),
    )
}

/// An axis over one key, from its `values` or its `range`.
fn of_key(source: &Source, raw: &RawAxis, span: &ops::Range<usize>) -> Result<Axis, Problem> {
    let key = match (&raw.values, &raw.range) {
        (Some(_), Some(_)) => return Err(several_forms(source, span)),
        (None, None) => {
            return Err(source.problem(
                span.clone(),
                "the axis has no values",
                "add values = [1, 2, 4], range, zip or variant".to_owned(),
            ));
        }
        _ => key(source, raw, span)?,
    };
    let choice = |value: &toml::Value, at: &ops::Range<usize>| {
        let set = setting(source, &key, value, at, 0)?;
        Ok(Choice {
            labels: vec![Label::of(value)],
            settings: vec![set],
        })
    };
    let mut list = Vec::new();
    if let Some(values) = &raw.values {
        for any in values.iter() {
            list.push(choice(&any.0, &any.span)?);
        }
        not_empty(source, &list, &values.span)?;
    }
    let mut values = Values::List(list);
    if let Some(at) = &raw.range {
        let range =
            Range::new(at).map_err(|(what, hint)| source.problem(at.span.clone(), what, hint))?;
        values = match range.values() {
            Some(values) => {
                let choices = values.iter().map(|value| choice(value, &at.span));
                Values::List(choices.collect::<Result<_, Problem>>()?)
            }
            None => Values::Range(At {
                value: range,
                span: at.span.clone(),
            }),
        };
    }
    let name = raw.name.as_ref().map(|name| name.value.clone());
    Ok(Axis {
        columns: vec![name.unwrap_or_else(|| short(&key))],
        keys: vec![key],
        named: false,
        values,
    })
}

fn key(source: &Source, raw: &RawAxis, span: &ops::Range<usize>) -> Result<At<String>, Problem> {
    let Some(key) = &raw.key else {
        return Err(source.problem(
            span.clone(),
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

/// `key` set to `value`; a NaN is no value of anything.
fn setting(
    source: &Source,
    key: &str,
    value: &toml::Value,
    at: &ops::Range<usize>,
    index: usize,
) -> Result<Set, Problem> {
    if let Some(x) = value.as_float().filter(|x| !x.is_finite()) {
        let what = format!("{x} is no value");
        let hint = "give numbers that are finite".to_owned();
        return Err(source.problem(at.clone(), what, hint));
    }
    let hint = "a key is a path, as --set takes it: key = \"device.0.port.latency\"";
    Ok(Set {
        what: Setting::new(key, value)
            .map_err(|why| source.problem(at.clone(), why, hint.to_owned()))?,
        key: index,
        at: at.clone(),
    })
}

fn not_empty<T>(source: &Source, list: &[T], at: &ops::Range<usize>) -> Result<(), Problem> {
    match list.is_empty() {
        true => Err(source.problem(at.clone(), "the axis is empty", EMPTY.to_owned())),
        false => Ok(()),
    }
}

/// Points are told from each other by the labels of their values.
fn distinct(source: &Source, axis: &Axis) -> Result<(), Problem> {
    let Values::List(list) = &axis.values else {
        return Ok(());
    };
    let mut seen = BTreeSet::new();
    let again = list.iter().find(|choice| !seen.insert(choice.name()));
    let Some(again) = again else { return Ok(()) };
    let at = again.settings.first().map_or(0..0, |set| set.at.clone());
    Err(source.problem(
        at,
        format!("{} stands in the axis twice", again.name()),
        "give each value once; to run points more often: replications = 5".to_owned(),
    ))
}

/// Named sets of keys.
fn varied(
    source: &Source,
    raw: &At<RawAxis>,
    variants: &At<Vec<RawVariant>>,
) -> Result<Axis, Problem> {
    let Some(name) = &raw.name else {
        return Err(source.problem(
            raw.span.clone(),
            "an axis of variants has no name",
            "name = \"array\"".to_owned(),
        ));
    };
    not_empty(source, variants, &variants.span)?;
    let mut keys: Vec<At<String>> = Vec::new();
    let mut names = BTreeSet::new();
    let mut list = Vec::new();
    for variant in variants.iter() {
        if !names.insert(variant.name.as_str()) {
            return Err(source.problem(
                variant.name.span.clone(),
                format!("a variant `{}` stands above already", *variant.name),
                "give each a name of its own".to_owned(),
            ));
        }
        let mut settings = Vec::new();
        for (key, any) in &variant.set {
            let known = keys.iter().position(|known| known.value == *key);
            let index = known.unwrap_or(keys.len());
            settings.push(setting(source, key, &any.0, &any.span, index)?);
            if known.is_none() {
                keys.push(At {
                    value: key.clone(),
                    span: key_before(source, key, &any.span),
                });
            }
        }
        list.push(Choice {
            labels: vec![Label::Text(variant.name.value.clone())],
            settings,
        });
    }
    Ok(Axis {
        columns: vec![name.value.clone()],
        keys,
        named: true,
        values: Values::List(list),
    })
}

/// Where `key` stands before its value at `at`; the value's place if it is written in
/// another way.
fn key_before(source: &Source, key: &str, at: &ops::Range<usize>) -> ops::Range<usize> {
    let before = source.text.get(..at.start).unwrap_or("");
    match before.rfind(key) {
        Some(start) => start..start + key.len(),
        None => at.clone(),
    }
}

/// Several keys whose lists go together.
fn zipped(source: &Source, raw: &At<RawAxis>, zip: &At<Vec<RawAxis>>) -> Result<Axis, Problem> {
    let wrong = |message: String, hint: &str| {
        Err(source.problem(zip.span.clone(), message, hint.to_owned()))
    };
    const INSIDE: &str = "zip = [{ key = \"…\", values = […] }, …]";
    if raw.key.is_some() {
        return wrong("a zip has its keys inside".into(), INSIDE);
    }
    let mut columns = Vec::new();
    let mut keys = Vec::new();
    let mut list: Vec<Choice> = Vec::new();
    for (index, part) in zip.iter().enumerate() {
        if part.zip.is_some() || part.variant.is_some() {
            return wrong("a zip holds lists and ranges only".into(), INSIDE);
        }
        let axis = of_key(source, part, &zip.span)?;
        let Values::List(mut own) = axis.values else {
            let what = "a range in a zip does not say how many values";
            return wrong(what.into(), "add steps");
        };
        own.iter_mut()
            .flat_map(|choice| &mut choice.settings)
            .for_each(|set| set.key = index);
        if index == 0 {
            list = own;
        } else if list.len() != own.len() {
            let (a, b) = (&columns[0], &axis.columns[0]);
            let (n, m) = (list.len(), own.len());
            return wrong(
                format!("`{a}` has {n} values, `{b}` has {m}"),
                "what is zipped has as many values each; for all combinations write two axes",
            );
        } else {
            for (choice, own) in list.iter_mut().zip(own) {
                choice.labels.extend(own.labels);
                choice.settings.extend(own.settings);
            }
        }
        columns.extend(axis.columns);
        keys.extend(axis.keys);
    }
    if list.is_empty() {
        return wrong("the zip is empty".into(), EMPTY);
    }
    Ok(Axis {
        columns,
        keys,
        named: false,
        values: Values::List(list),
    })
}

/// The last step of a key that says something: not the index of a list.
fn short(key: &str) -> String {
    key.rsplit('.')
        .find(|step| step.parse::<u32>().is_err())
        .unwrap_or(key)
        .to_owned()
}
