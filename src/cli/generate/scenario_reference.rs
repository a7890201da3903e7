//! The reference of scenario files, as Markdown, from their JSON Schema.

use serde_json::{Map, Value};

use super::cli_reference::cell;

/// The page.
pub fn page(schema: &Value) -> String {
    let mut text = String::from(
        "# Every key of a scenario\n\nGenerated from the schema: `mpathsim reference scenario`. What the \
         keys mean together is told in [Scenarios](../scenario.md).\n",
    );
    section(&mut text, "The file", schema);
    let definitions = schema.get("definitions").and_then(Value::as_object);
    for (name, definition) in definitions.into_iter().flatten() {
        section(&mut text, name, definition);
    }
    text
}

fn section(text: &mut String, name: &str, schema: &Value) {
    *text += &format!("\n## {}\n", cell(name));
    if let Some(about) = described(schema) {
        *text += &format!("\n{}\n", about.replace('<', "&lt;"));
    }
    if let Some(keys) = schema.get("properties").and_then(Value::as_object) {
        table(text, keys, schema);
    }
    let choices: Vec<&Value> = ["oneOf", "anyOf"]
        .iter()
        .filter_map(|key| schema.get(*key)?.as_array())
        .flatten()
        .collect();
    if !choices.is_empty() {
        *text += "\nOne of:\n\n";
    }
    for choice in choices {
        let about = described(choice).map_or_else(String::new, |a| format!(": {}", cell(a)));
        *text += &format!("- {}{about}\n", sort(choice));
    }
    if schema.get("properties").is_none() && schema.get("enum").is_some() {
        *text += &format!("\n{}\n", sort(schema));
    }
}

fn described(schema: &Value) -> Option<&str> {
    schema.get("description").and_then(Value::as_str)
}

fn table(text: &mut String, keys: &Map<String, Value>, schema: &Value) {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|list| list.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    *text += "\n| key | is | |\n|---|---|---|\n";
    for (key, value) in keys {
        let must = if required.contains(&key.as_str()) {
            ", required"
        } else {
            ""
        };
        let about = described(value).unwrap_or_default();
        *text += &format!("| `{key}` | {}{must} | {} |\n", sort(value), cell(about));
    }
}

/// What sort of value a schema allows.
fn sort(schema: &Value) -> String {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let name = name.rsplit('/').next().unwrap_or(name);
        return format!("[{}](#{})", cell(name), address(name));
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let all: Vec<String> = values.iter().map(|v| format!("`{}`", plain(v))).collect();
        return all.join(", ");
    }
    if let Some(value) = schema.get("const") {
        return format!("`{}`", plain(value));
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        if let Some(parts) = schema.get(key).and_then(Value::as_array) {
            let parts = parts
                .iter()
                .filter(|part| part.get("type") != Some(&Value::from("null")));
            let all: Vec<String> = parts.map(sort).collect();
            return all.join(" or ");
        }
    }
    if let Some(keys) = schema.get("properties").and_then(Value::as_object) {
        let keys: Vec<String> = keys.keys().map(|key| format!("`{key}`")).collect();
        return format!("a table of {}", keys.join(", "));
    }
    match schema.get("type") {
        Some(Value::String(name)) if name == "array" => {
            format!(
                "a list of {}",
                schema.get("items").map_or("anything".into(), sort)
            )
        }
        Some(Value::String(name)) => name.clone(),
        Some(Value::Array(names)) => {
            let names = names
                .iter()
                .filter_map(Value::as_str)
                .filter(|name| *name != "null");
            names.collect::<Vec<_>>().join(" or ")
        }
        _ => "anything".into(),
    }
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// The address of a heading, as mdBook and GitHub make it.
fn address(heading: &str) -> String {
    let lower = heading.to_lowercase().replace(' ', "-");
    lower
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
        .collect()
}
