//! Which points are left out.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::quantity::Quantity;
use super::record::Label;
use crate::scenario::raw::Any;
use crate::scenario::{At, Problem, Source, did_you_mean};

/// Conditions of which all have to hold.
#[derive(Clone, PartialEq, Debug)]
pub struct Exclusion {
    conditions: Vec<(usize, Test)>,
}

#[derive(Clone, PartialEq, Debug)]
enum Test {
    /// Equal to one of these.
    OneOf(Vec<String>),
    /// Compared with a quantity.
    Compare(Vec<Ordering>, Quantity),
    /// Not equal.
    Not(String),
}

impl Exclusion {
    /// The conditions of a table of `exclude`, by the names of `columns`.
    ///
    /// # Errors
    /// There is no such column, or a comparison is not understood.
    pub fn new(
        source: &Source,
        raw: &At<BTreeMap<String, Any>>,
        columns: &[String],
    ) -> Result<Exclusion, Problem> {
        let mut conditions = Vec::new();
        if raw.is_empty() {
            return Err(source.problem(
                raw.span.clone(),
                "an empty condition would leave out every point",
                "{ depth = \">= 64\", mode = \"bio\" }".to_owned(),
            ));
        }
        for (name, any) in &raw.value {
            let Some(column) = columns.iter().position(|column| column == name) else {
                let hint = did_you_mean(name, columns.iter().map(String::as_str));
                return Err(source.problem(
                    raw.span.clone(),
                    format!("there is no axis `{name}`"),
                    hint,
                ));
            };
            let test = Test::new(&any.0).ok_or_else(|| {
                source.problem(
                    raw.span.clone(),
                    format!("{} cannot be compared with", any.0),
                    "write a value, a list of values, or a comparison: \">= 64\", \"< 1ms\", \"!= bio\"".to_owned(),
                )
            })?;
            conditions.push((column, test));
        }
        Ok(Exclusion { conditions })
    }

    /// Whether a point with these values is left out.
    pub fn holds(&self, values: &[Label]) -> bool {
        self.conditions
            .iter()
            .all(|(column, test)| values.get(*column).is_some_and(|label| test.holds(label)))
    }
}

impl Test {
    fn new(value: &toml::Value) -> Option<Test> {
        let text = |value: &toml::Value| Label::of(value).to_string();
        if let Some(list) = value.as_array() {
            return Some(Test::OneOf(list.iter().map(text).collect()));
        }
        let Some(written) = value.as_str() else {
            return Some(Test::OneOf(vec![text(value)]));
        };
        use Ordering::{Equal, Greater, Less};
        let operators: [(&str, &[Ordering]); 4] = [
            (">=", &[Greater, Equal]),
            ("<=", &[Less, Equal]),
            (">", &[Greater]),
            ("<", &[Less]),
        ];
        if let Some(other) = written.strip_prefix("!=") {
            return Some(Test::Not(other.trim().to_owned()));
        }
        for (operator, accepted) in operators {
            if let Some(bound) = written.strip_prefix(operator) {
                return Some(Test::Compare(accepted.to_vec(), Quantity::parse(bound)?));
            }
        }
        Some(Test::OneOf(vec![written.to_owned()]))
    }

    fn holds(&self, label: &Label) -> bool {
        let text = label.to_string();
        match self {
            Test::OneOf(all) => all.contains(&text),
            Test::Not(other) => *other != text,
            Test::Compare(accepted, bound) => Quantity::parse(&text)
                .and_then(|own| own.compare(*bound))
                .is_some_and(|order| accepted.contains(&order)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_know_units() {
        let holds = |test: &str, label: &str| {
            Test::new(&toml::Value::String(test.into()))
                .unwrap()
                .holds(&Label::Text(label.into()))
        };
        assert!(holds(">= 1ms", "1000us") && !holds("> 1ms", "1ms") && holds("< 64", "8"));
        assert!(
            !holds("< 64", "8us"),
            "a time is not compared with a number"
        );
        assert!(holds("!= bio", "request") && holds("bio", "bio"));
        assert_eq!(Test::new(&toml::Value::String("> much".into())), None);
    }
}
