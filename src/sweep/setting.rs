//! What a point changes in its scenario.

use std::ops::Range;

use crate::scenario::Override;

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

/// A setting of all points.
#[derive(Clone, PartialEq, Debug)]
pub struct Common {
    /// The setting.
    pub what: Setting,
    /// Where it stands in the file of the sweep; none if it is an option.
    pub at: Option<Range<usize>>,
}

/// `text` as one word of a shell.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.,:/=@%+".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}
