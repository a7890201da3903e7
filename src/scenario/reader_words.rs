//! What serde and the TOML reader say of a text, in words of who wrote it.

use super::error::did_you_mean;
use super::units::HELP;

/// A table, where a list is wanted.
pub const NO_LIST: &str = "a list is wanted here, not a table";

/// What is wrong, and what would be right, of a reader's `message` on what is `written`.
pub fn explain(message: &str, written: &str) -> (String, Option<String>) {
    if let Some((what, hint)) = message.split_once(HELP) {
        return (what.into(), Some(hint.into()));
    }
    if let Some((unknown, known)) = unknown_word(message) {
        let what = message.split(", expected").next().unwrap_or(message);
        let what = what
            .replace("unknown field", "unknown key")
            .replace("unknown variant", "unknown word");
        return (
            what,
            Some(did_you_mean(&unknown, known.iter().map(String::as_str))),
        );
    }
    if let Some((found, wanted)) = another_type(message) {
        return of_type(found, wanted, written);
    }
    if let Some((what, expected)) = message.split_once(", expected ") {
        return (what.into(), Some(format!("expected {expected}")));
    }
    // As the TOML reader has it.
    if let Some((what, expected)) = message.split_once("\nexpected ") {
        return (what.into(), Some(format!("expected {expected}")));
    }
    if let Some(key) = message.strip_prefix("missing field ") {
        return (format!("the key {key} is missing"), None);
    }
    if message.starts_with("duplicate key ") {
        return (message.into(), Some("give it once".into()));
    }
    (message.into(), None)
}

/// The unknown word of serde's message, and the words that it knows.
fn unknown_word(message: &str) -> Option<(String, Vec<String>)> {
    let rest = message
        .strip_prefix("unknown field ")
        .or_else(|| message.strip_prefix("unknown variant "))?;
    let mut words = rest.split('`').skip(1).step_by(2).map(str::to_owned);
    let unknown = words.next()?;
    Some((unknown, words.collect()))
}

/// What is there, and what serde expected: `string "x"` and `a sequence`.
fn another_type(message: &str) -> Option<(&str, &str)> {
    let types = ["invalid type: ", "invalid value: "];
    let found = types.iter().find_map(|words| message.strip_prefix(words));
    // A list in place of a table: serde takes it for one without keys.
    let is_list = message.starts_with("invalid length ");
    let (_, wanted) = message.split_once(", expected ")?;
    match found {
        Some(found) => Some((found.split(", expected ").next()?, wanted)),
        None if is_list && wanted.starts_with("struct ") => Some(("sequence", wanted)),
        None => None,
    }
}

fn of_type(found: &str, wanted: &str, written: &str) -> (String, Option<String>) {
    let there = as_toml(found);
    let is_short = !written.is_empty() && written.len() <= 40 && !written.contains('\n');
    let (what, example) = match wanted {
        "a sequence" => {
            let example = match () {
                () if written.starts_with('[') && found == "map" => {
                    let head = written.lines().next().unwrap_or("");
                    format!("a list of tables: each begins with `[{head}]`")
                }
                () if is_short => format!("in brackets: `[{written}]`"),
                () => "in brackets: `[a, b]`".into(),
            };
            ("a list", example)
        }
        "a string" => {
            let is_plain = !matches!(found, "sequence" | "map");
            let example = match is_plain && is_short {
                true => format!("in quotes: `\"{written}\"`"),
                false => "in quotes: `\"…\"`".into(),
            };
            ("a text", example)
        }
        "a boolean" => ("yes or no", "`true` or `false`, without quotes".to_owned()),
        "a map" => ("a table", "`{ key = value }`".to_owned()),
        "f32" | "f64" => ("a number", "without quotes".to_owned()),
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" => {
            ("a whole number", "without quotes".to_owned())
        }
        other if other.starts_with("struct ") => ("a table", table(other)),
        // In words of this program already.
        other => match other.split_once(", for instance ") {
            Some((what, example)) => (what, format!("for instance {example}")),
            None => return (format!("{other} is wanted here, not {there}"), None),
        },
    };
    (format!("{what} is wanted here, not {there}"), Some(example))
}

/// serde's word for what it found, as TOML calls it.
fn as_toml(found: &str) -> String {
    let plain = |text: &str| text.replace('`', "");
    match found.split_once(' ') {
        Some(("integer" | "float", value)) => format!("the number {}", plain(value)),
        Some(("floating", rest)) => {
            format!("the number {}", plain(rest.trim_start_matches("point ")))
        }
        Some(("string", value)) => format!("the text {value}"),
        Some(("boolean", value)) => value.into(),
        _ if found == "sequence" => "a list".into(),
        _ if found == "map" => "a table".into(),
        _ => found.into(),
    }
}

/// An example of the table that serde calls `struct NAME`.
fn table(of: &str) -> String {
    let name = of.split_whitespace().nth(1).unwrap_or("");
    let example = match name.strip_prefix("Raw").unwrap_or(name) {
        "Range" => "{ from = 1, to = 64, steps = 7 }",
        "Sample" => "{ method = \"latin-hypercube\", points = 200 }",
        "Until" => "{ half_width_percent = 2, of = [\"iops\"] }",
        "Axis" => "[[sweep.axis]] with `key` and `values`, a line each",
        "Sweep" => "[sweep] with its keys below it, a line each",
        "Variant" => "{ name = \"slow\", set = { \"key\" = 1 } }",
        _ => "{ key = value }",
    };
    format!("for instance {example}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(message: &str, written: &str) -> String {
        let (what, hint) = explain(message, written);
        format!("{what}; {}", hint.unwrap_or_default())
    }

    #[test]
    fn types_have_their_names_of_toml() {
        let wanted = "a list is wanted here, not the number 3; in brackets: `[3]`";
        assert_eq!(
            told("invalid type: integer `3`, expected a sequence", "3"),
            wanted
        );
        let wanted = "a list is wanted here, not a table; a list of tables: each begins with \
                      `[[sweep.axis]]`";
        let found = "invalid type: map, expected a sequence";
        assert_eq!(told(found, "[sweep.axis]\nkey = 1"), wanted);
        let wanted = "a text is wanted here, not the number 1.5; in quotes: `\"1.5\"`";
        let found = "invalid type: floating point `1.5`, expected a string";
        assert_eq!(told(found, "1.5"), wanted);
        let wanted = "a table is wanted here, not a list; for instance { from = 1, to = 64, \
                      steps = 7 }";
        let found = "invalid length 2, expected struct RawRange with 6 elements";
        assert_eq!(told(found, "[1, 2]"), wanted);
        let wanted = "a whole number from 1 to 100000 is wanted here, not the text \"5\"; ";
        let found = "invalid type: string \"5\", expected a whole number from 1 to 100000";
        assert_eq!(told(found, "\"5\""), wanted);
        let wanted = "a time with its unit is wanted here, not the number 1; for instance \"1ms\"";
        let found =
            "invalid type: integer `1`, expected a time with its unit, for instance \"1ms\"";
        assert_eq!(told(found, "1"), wanted);
    }

    #[test]
    fn a_lists_of_words_is_no_type() {
        let told = told(
            "unknown variant `Bio`, expected `bio` or `request`",
            "\"Bio\"",
        );
        assert!(
            told.starts_with("unknown word `Bio`; did you mean `bio`?"),
            "{told}"
        );
    }
}
