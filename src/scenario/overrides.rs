//! `--set path.to.key=value`: the file with some values replaced.

use std::ops::Range;

use toml_edit::{DocumentMut, ImDocument, Item, Table, TableLike, Value};

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

    /// Where the key and the value stand in `document`.
    pub(super) fn span(&self, document: &ImDocument<String>) -> Option<Range<usize>> {
        let mut path = self.path.as_slice();
        let mut at: &dyn TableLike = document.as_table();
        loop {
            let [step, rest @ ..] = path else { return None };
            let (key, item) = at.get_key_value(step)?;
            if rest.is_empty() {
                let value = item.span()?;
                return Some(key.span().map_or(value.start, |key| key.start)..value.end);
            }
            path = rest;
            if let Some(table) = item.as_table_like() {
                at = table;
                continue;
            }
            let [step, rest @ ..] = path else { return None };
            path = rest;
            if let Some(tables) = item.as_array_of_tables() {
                at = tables.get(element(step, tables.iter().map(|t| name_of(t)))?)?;
            } else {
                let values = item.as_array()?;
                let names = values
                    .iter()
                    .map(|v| v.as_inline_table().and_then(|t| name_of(t)));
                let value = values.get(element(step, names)?)?;
                if path.is_empty() {
                    return value.span();
                }
                at = value.as_inline_table()?;
            }
        }
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
    let last = len.saturating_sub(1);
    format!("no element of `{key}` has the name `{step}` for itself; write {key}.0 to {key}.{last}")
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(&text[option.span(&document).unwrap()], "x = 4");
    }
}
