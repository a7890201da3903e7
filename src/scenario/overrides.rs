//! `--set path.to.key=value`: the file with some values replaced.

use std::ops::Range;

use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use super::error::ScenarioError;

/// One `--set` option, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    /// The text of the option.
    pub text: String,
    path: Vec<String>,
    value: String,
}

impl Override {
    /// Takes `path.to.key=value` apart. A step of the path is a key, an index
    /// of a list (from 0), or the `name` of one of its tables.
    ///
    /// # Errors
    /// [`ScenarioError::Option`] if there is no `=` or an empty step.
    pub fn parse(text: &str) -> Result<Override, ScenarioError> {
        let wrong = |message: &str| ScenarioError::Option {
            option: text.into(),
            message: message.into(),
            hint: "write for instance --set device.0.port.latency=4ms".into(),
            of_key: true,
        };
        let (path, value) = text
            .split_once('=')
            .ok_or_else(|| wrong("there is no `=`"))?;
        let path: Vec<String> = path.trim().split('.').map(str::to_owned).collect();
        if path.iter().any(String::is_empty) {
            return Err(wrong("a step of the path is empty"));
        }
        Ok(Override {
            text: text.into(),
            path,
            value: value.trim().into(),
        })
    }

    /// The value as TOML; what is not TOML is text.
    fn value(&self) -> Value {
        self.value
            .parse::<Value>()
            .unwrap_or_else(|_| Value::from(self.value.as_str()))
    }

    /// Sets the value in `document`, making tables on the way.
    ///
    /// # Errors
    /// [`ScenarioError::Option`] if a step leads nowhere.
    pub(super) fn apply(&self, document: &mut DocumentMut) -> Result<(), ScenarioError> {
        self.put(document.as_table_mut(), &self.path)
            .map_err(|hint| ScenarioError::Option {
                option: self.text.clone(),
                message: "the path leads nowhere".into(),
                hint,
                of_key: true,
            })
    }

    fn put(&self, table: &mut dyn TableLike, path: &[String]) -> Result<(), String> {
        let [key, rest @ ..] = path else {
            return Err("the path ends at a table; name one of its keys".into());
        };
        if rest.is_empty() {
            table.insert(key, Item::Value(self.value()));
            return Ok(());
        }
        let item = table
            .entry(key)
            .or_insert_with(|| Item::Table(Table::new()));
        self.put_in(item, key, rest)
    }

    fn put_in(&self, item: &mut Item, key: &str, path: &[String]) -> Result<(), String> {
        if let Some(table) = item.as_table_like_mut() {
            return self.put(table, path);
        }
        let [step, rest @ ..] = path else {
            return Err(format!("`{key}` is a list; name one of its elements"));
        };
        if let Some(tables) = item.as_array_of_tables_mut() {
            let names = tables.iter().map(|t| name_of(t));
            let index = element(step, names).ok_or_else(|| no_element(key, step, tables.len()))?;
            let table = tables.get_mut(index).ok_or("the list ends before")?;
            return self.put(table, rest);
        }
        if let Some(values) = item.as_array_mut() {
            let names = values
                .iter()
                .map(|v| v.as_inline_table().and_then(|t| name_of(t)));
            let index = element(step, names).ok_or_else(|| no_element(key, step, values.len()))?;
            let value = values.get_mut(index).ok_or("the list ends before")?;
            if rest.is_empty() {
                *value = self.value();
                return Ok(());
            }
            let table = value.as_inline_table_mut();
            let table = table.ok_or_else(|| format!("`{key}.{step}` is not a table"))?;
            return self.put(table, rest);
        }
        Err(format!("`{key}` is a value, not a table"))
    }

    /// Where its steps and its value stand below `root`.
    pub(super) fn place(&self, root: &Table) -> Place {
        let mut place = Place::default();
        // A path that ends early is one that is not there.
        let _ = self.walk(root, &mut place);
        place
    }

    fn walk(&self, root: &Table, place: &mut Place) -> Option<()> {
        let mut path = self.path.as_slice();
        let mut at: &dyn TableLike = root;
        while let [step, rest @ ..] = path {
            let (key, item) = at.get_key_value(step)?;
            place.step(step.clone(), key.span());
            path = rest;
            if path.is_empty() {
                place.value = item.span();
            } else if let Some(table) = item.as_table_like() {
                at = table;
            } else if let Some(tables) = item.as_array_of_tables() {
                let index = element(&path[0], tables.iter().map(|t| name_of(t)))?;
                let table = tables.get(index)?;
                place.step(index.to_string(), None);
                (path, at) = (&path[1..], table);
            } else {
                let values = item.as_array()?;
                let names = values
                    .iter()
                    .map(|v| v.as_inline_table().and_then(|t| name_of(t)));
                let index = element(&path[0], names)?;
                let value = values.get(index)?;
                place.step(index.to_string(), None);
                path = &path[1..];
                if path.is_empty() {
                    place.value = value.span();
                } else {
                    at = value.as_inline_table()?;
                }
            }
        }
        Some(())
    }

    /// The first `n` steps of its path.
    pub(super) fn head(&self, n: usize) -> String {
        self.path[..n.min(self.path.len())].join(".")
    }

    /// Its path; steps that name an element of a list below `root` become that
    /// element's index.
    pub(super) fn resolved(&self, root: &Table) -> Vec<String> {
        let mut steps = self.place(root).steps;
        steps.extend_from_slice(&self.path[steps.len()..]);
        steps
    }
}

/// How far a path leads, and where that is in the text.
#[derive(Default)]
pub(super) struct Place {
    /// The steps that are there; elements of lists by their index.
    steps: Vec<String>,
    /// The keys that these are; elements of lists have none.
    keys: Vec<Option<Range<usize>>>,
    /// The value at the end.
    value: Option<Range<usize>>,
}

impl Place {
    fn step(&mut self, step: String, key: Option<Range<usize>>) {
        self.steps.push(step);
        self.keys.push(key);
    }

    /// How many steps are there.
    pub(super) fn depth(&self) -> usize {
        self.steps.len()
    }

    /// The last key.
    pub(super) fn key(&self) -> Option<&Range<usize>> {
        self.keys.last()?.as_ref()
    }

    /// The value.
    pub(super) fn value(&self) -> Option<&Range<usize>> {
        self.value.as_ref()
    }

    /// Keys on the way, the first `known` left out: the step, and where it stands.
    pub(super) fn keys_after(&self, known: usize) -> impl Iterator<Item = (usize, &Range<usize>)> {
        let keys = self.keys.iter().enumerate().skip(known);
        keys.filter_map(|(step, key)| Some((step, key.as_ref()?)))
    }
}

/// The `name` of a table of a list.
fn name_of(table: &dyn TableLike) -> Option<String> {
    table.get("name")?.as_str().map(str::to_owned)
}

/// The element that `step` means: by name, or by index.
fn element(step: &str, names: impl Iterator<Item = Option<String>>) -> Option<usize> {
    let names: Vec<_> = names.collect();
    names
        .iter()
        .position(|name| name.as_deref() == Some(step))
        .or_else(|| step.parse().ok().filter(|index| *index < names.len()))
}

fn no_element(key: &str, step: &str, len: usize) -> String {
    let write = match len.saturating_sub(1) {
        0 => format!("{key}.0"),
        last => format!("{key}.0 to {key}.{last}"),
    };
    format!("no element of `{key}` has the name `{step}` for itself; write {write}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use toml_edit::ImDocument;

    fn after(file: &str, option: &str) -> String {
        let mut document: DocumentMut = file.parse().unwrap();
        Override::parse(option)
            .unwrap()
            .apply(&mut document)
            .unwrap();
        document.to_string()
    }

    #[test]
    fn values_are_toml_or_else_text() {
        assert_eq!(after("seed = 1\n", "seed=7"), "seed = 7\n");
        assert_eq!(after("", "name=a b"), "name = \"a b\"\n");
        assert_eq!(after("", "host.profile=lab"), "[host]\nprofile = \"lab\"\n");
    }

    #[test]
    fn elements_are_found_by_name_and_by_index() {
        let file = "[[device]]\nname = \"sda\"\n[[device]]\nname = \"sdb\"\n";
        let want = "[[device]]\nname = \"sda\"\n[[device]]\nname = \"sdb\"\nx = 1\n";
        assert_eq!(after(file, "device.sdb.x=1"), want);
        assert_eq!(after(file, "device.1.x=1"), want);
        let mut document: DocumentMut = file.parse().unwrap();
        let option = Override::parse("device.sdc.x=1").unwrap();
        assert!(option.apply(&mut document).is_err());
    }

    #[test]
    fn the_place_of_a_value_is_found_again() {
        let option = Override::parse("device.sda.port.x=4").unwrap();
        let mut document: DocumentMut = "[[device]]\nname = \"sda\"\n".parse().unwrap();
        option.apply(&mut document).unwrap();
        let text = document.to_string();
        let document = ImDocument::parse(text.clone()).unwrap();
        let place = option.place(document.as_table());
        assert_eq!(&text[place.key().unwrap().clone()], "x");
        assert_eq!(&text[place.value().unwrap().clone()], "4");
        assert_eq!(
            option.resolved(document.as_table()).join("."),
            "device.0.port.x"
        );
    }
}
