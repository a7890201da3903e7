//! A policy's tunables: words `key=value` of the table line or the scenario.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// What a policy was given to be tuned by.
#[derive(Clone, Debug, Default)]
pub struct Tunables {
    words: Vec<(String, String)>,
    read: Vec<String>,
}

impl Tunables {
    /// From the selector's arguments.
    ///
    /// # Errors
    /// A word that is not `key=value`.
    pub fn parse(args: &[&str]) -> Result<Self, String> {
        let pair = |word: &&str| match word.split_once('=') {
            Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
            None => Err(format!("tunable `{word}` is not of the form key=value")),
        };
        Ok(Tunables {
            words: args.iter().map(pair).collect::<Result<_, _>>()?,
            read: Vec::new(),
        })
    }
    /// The value of `key`, or `default` if it was not given.
    ///
    /// # Errors
    /// It is not a value, or out of `range`.
    pub fn get<T>(&mut self, key: &str, default: T, range: RangeInclusive<T>) -> Result<T, String>
    where
        T: FromStr + PartialOrd + Display,
    {
        self.read.push(key.into());
        let Some((_, text)) = self.words.iter().find(|(word, _)| word == key) else {
            return Ok(default);
        };
        let wrong = || {
            let (least, most) = (range.start(), range.end());
            format!("tunable {key}={text} is not between {least} and {most}")
        };
        let value: T = text.parse().map_err(|_| wrong())?;
        match range.contains(&value) {
            true => Ok(value),
            false => Err(wrong()),
        }
    }
    /// The value of `key` as it was written; none if it was not given.
    pub fn text(&mut self, key: &str) -> Option<&str> {
        self.read.push(key.into());
        let word = self.words.iter().find(|(word, _)| word == key);
        word.map(|(_, text)| text.as_str())
    }
    /// Whether all that was given has been read.
    ///
    /// # Errors
    /// A tunable that the policy does not have, and those that it has.
    pub fn finish(&self) -> Result<(), String> {
        let unknown = |(key, _): &&(String, String)| !self.read.contains(key);
        match self.words.iter().find(unknown) {
            None => Ok(()),
            Some((key, _)) if self.read.is_empty() => {
                Err(format!("there is no tunable `{key}`; it has none"))
            }
            Some((key, _)) => Err(format!(
                "there is no tunable `{key}`; there are: {}",
                self.read.join(", ")
            )),
        }
    }
}
