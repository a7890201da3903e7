//! Which points are left out.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::axis::{Axis, Values};
use super::quantity::Quantity;
use super::record::Label;
use crate::scenario::raw::Any;
use crate::scenario::{At, Mode, Problem, Source, did_you_mean};

/// Conditions of which all have to hold.
#[derive(Clone, PartialEq, Debug)]
pub struct Exclusion {
    conditions: Vec<(usize, Test)>,
    /// Where it stands in the file of the sweep.
    pub at: std::ops::Range<usize>,
}

/// What conditions are about: the columns of the tables, and what may stand there.
pub struct Columns<'a> {
    pub axes: &'a [Axis],
    pub modes: &'a [Mode],
}

#[derive(Clone, PartialEq, Debug)]
enum Test {
    /// Equal to one of these.
    OneOf(Vec<Written>),
    /// Compared with a quantity.
    Compare(Vec<Ordering>, Quantity),
    /// Not equal.
    Not(Written),
}

/// A value as a condition has it: `1ms` is `1000us`.
#[derive(Clone, PartialEq, Debug)]
struct Written {
    text: String,
    quantity: Option<Quantity>,
}

impl Exclusion {
    /// The conditions of a table of `exclude`, by the names of `columns`.
    ///
    /// # Errors
    /// There is no such column, a condition is not understood, or no value of the
    /// column could make a difference to it.
    pub fn new(
        source: &Source,
        raw: &At<BTreeMap<String, At<Any>>>,
        columns: &Columns<'_>,
    ) -> Result<Exclusion, Problem> {
        if raw.is_empty() {
            return Err(source.problem(
                raw.span.clone(),
                "an empty condition would leave out every point",
                "{ depth = \">= 64\", mode = \"bio\" }".to_owned(),
            ));
        }
        let mut conditions = Vec::new();
        for (name, any) in &raw.value {
            let wrong = |what: String, hint| source.problem(any.span.clone(), what, hint);
            let Some(column) = columns.names().position(|column| column == name) else {
                let hint = did_you_mean(name, columns.names());
                return Err(wrong(format!("there is no axis `{name}`"), hint));
            };
            let test = Test::new(&any.0).ok_or_else(|| {
                wrong(
                    format!("{} cannot be compared with", any.0),
                    "write a value, a list of values, or a comparison: \">= 64\", \"< 1ms\", \"!= bio\"".into(),
                )
            })?;
            if let Some(idle) = columns.idle(column, &test) {
                let hint = columns.hint(column, &idle);
                return Err(wrong(format!("no value of `{name}` is {idle}"), hint));
            }
            conditions.push((column, test));
        }
        Ok(Exclusion {
            conditions,
            at: raw.span.clone(),
        })
    }

    /// Whether a point with these values is left out.
    pub fn holds(&self, values: &[Label]) -> bool {
        self.conditions
            .iter()
            .all(|(column, test)| values.get(*column).is_some_and(|label| test.holds(label)))
    }
}

impl Columns<'_> {
    fn names(&self) -> impl Iterator<Item = &str> {
        let axes = self.axes.iter().flat_map(|axis| &axis.columns);
        axes.map(String::as_str).chain(["mode"])
    }

    /// Values that stand in a column; of a range, its ends.
    fn labels(&self, column: usize) -> Vec<Label> {
        let mut first = 0;
        for axis in self.axes {
            let at = column - first;
            if at < axis.columns.len() {
                return match &axis.values {
                    Values::List(list) => list.iter().map(|c| c.labels[at].clone()).collect(),
                    Values::Range(range) => [0.0, 1.0].map(|u| Label::of(&range.at(u))).into(),
                };
            }
            first += axis.columns.len();
        }
        let modes = self.modes.iter();
        modes.map(|mode| Label::Text(mode.name().into())).collect()
    }

    /// The part of `test` that asks for what no value of the column is.
    fn idle(&self, column: usize, test: &Test) -> Option<String> {
        let labels = self.labels(column);
        let is_drawn = |axis: &Axis| matches!(axis.values, Values::Range(_));
        let of_axis = |axis: &Axis| std::iter::repeat_n(is_drawn(axis), axis.columns.len());
        let mut drawn = self.axes.iter().flat_map(of_axis);
        let is_there = match drawn.nth(column) {
            Some(true) => Written::lies_between,
            _ => Written::is_one_of,
        };
        match test {
            Test::OneOf(all) => all.iter().find(|one| !is_there(one, &labels)),
            Test::Not(other) => Some(other).filter(|one| !is_there(one, &labels)),
            Test::Compare(_, _) if labels.iter().any(|label| test.holds(label)) => None,
            Test::Compare(accepted, bound) => {
                let sign = if accepted.contains(&Ordering::Less) {
                    "<"
                } else {
                    ">"
                };
                let equal = if accepted.len() > 1 { "=" } else { "" };
                let bound = Label::of(&bound.to_value());
                return Some(format!("{sign}{equal} {bound}"));
            }
        }
        .map(|written| format!("`{}`", written.text))
    }

    fn hint(&self, column: usize, word: &str) -> String {
        let labels = self.labels(column);
        let mut texts: Vec<String> = labels.iter().take(12).map(Label::to_string).collect();
        if labels.len() > texts.len() {
            texts.push(format!("… ({} values)", labels.len()));
        }
        did_you_mean(word.trim_matches('`'), texts.iter().map(String::as_str))
    }
}

impl Written {
    fn new(text: &str) -> Written {
        Written {
            text: text.trim().to_owned(),
            quantity: Quantity::parse(text),
        }
    }

    fn is(&self, label: &Label) -> bool {
        let text = label.to_string();
        let same = |own: Quantity| Quantity::parse(&text)?.compare(own);
        text == self.text || self.quantity.and_then(same) == Some(Ordering::Equal)
    }

    fn is_one_of(&self, labels: &[Label]) -> bool {
        labels.iter().any(|label| self.is(label))
    }

    fn lies_between(&self, ends: &[Label]) -> bool {
        let side = |end: &Label| Quantity::parse(&end.to_string())?.compare(self.quantity?);
        let sides: Option<Vec<Ordering>> = ends.iter().map(side).collect();
        sides.is_some_and(|sides| sides.contains(&Ordering::Equal) || sides.first() != sides.last())
    }
}

impl Test {
    fn new(value: &toml::Value) -> Option<Test> {
        let written = |value: &toml::Value| Written::new(&Label::of(value).to_string());
        if let Some(list) = value.as_array() {
            let all: Vec<Written> = list.iter().map(written).collect();
            return (!all.is_empty()).then_some(Test::OneOf(all));
        }
        let Some(text) = value.as_str().map(str::trim) else {
            return Some(Test::OneOf(vec![written(value)]));
        };
        let rest = text.trim_start_matches(['<', '>', '=', '!']);
        use Ordering::{Equal, Greater, Less};
        let accepted: &[Ordering] = match &text[..text.len() - rest.len()] {
            "" | "==" => return Some(Test::OneOf(vec![Written::new(rest)])),
            "!=" => return Some(Test::Not(Written::new(rest))),
            ">=" => &[Greater, Equal],
            "<=" => &[Less, Equal],
            ">" => &[Greater],
            "<" => &[Less],
            _ => return None,
        };
        Some(Test::Compare(accepted.to_vec(), Quantity::parse(rest)?))
    }

    fn holds(&self, label: &Label) -> bool {
        match self {
            Test::OneOf(all) => all.iter().any(|one| one.is(label)),
            Test::Not(other) => !other.is(label),
            Test::Compare(accepted, bound) => Quantity::parse(&label.to_string())
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
        assert!(holds("1ms", "1000us") && !holds("!= 1ms", "1000us"));
        assert!(holds("== 1000", "1000") && !holds("1000", "1001"));
        for wrong in ["> much", "=> 1000", "= 1000", "<> 3"] {
            assert_eq!(Test::new(&toml::Value::String(wrong.into())), None);
        }
        assert_eq!(Test::new(&toml::Value::Array(Vec::new())), None);
    }
}
