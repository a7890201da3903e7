//! A table and its rows, as CSV and as JSON Lines.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::record::Label;
use crate::run::write::Growing;

/// A value of a table; none is an empty field, and `null`.
pub(super) enum Cell<'a> {
    Label(&'a Label),
    Text(&'a str),
    Count(u64),
    Real(Option<f64>),
}

impl Cell<'_> {
    fn write_json(&self, out: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Cell::Label(label) => write_json(label, out),
            Cell::Text(text) => write_json(text, out),
            Cell::Count(n) => write_json(n, out),
            Cell::Real(x) => write_json(&x.filter(|x| x.is_finite()), out),
        }
    }

    fn write_text(&self, out: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Cell::Label(label) => write!(out, "{label}"),
            Cell::Text(text) => out.write_all(text.as_bytes()),
            Cell::Count(n) => write!(out, "{n}"),
            Cell::Real(x) => match x.filter(|x| x.is_finite()) {
                Some(x) => write!(out, "{x}"),
                None => Ok(()),
            },
        }
    }
}

/// The names of a table's columns.
pub(super) struct Columns {
    names: Vec<String>,
    /// What stands before a value in JSON: `{"name":` or `,"name":`.
    keys: Vec<String>,
}

impl Columns {
    pub(super) fn new(names: Vec<String>) -> io::Result<Columns> {
        let key = |(i, name): (usize, &String)| {
            let before = if i > 0 { "," } else { "{" };
            Ok(format!("{before}{}:", json(name)?))
        };
        let keys = names.iter().enumerate().map(key);
        Ok(Columns {
            keys: keys.collect::<io::Result<_>>()?,
            names,
        })
    }

    /// The first line of the CSV file.
    pub(super) fn head(&self) -> io::Result<Vec<u8>> {
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.write_record(&self.names)?;
        bytes_of(csv)
    }
}

/// Some rows.
pub(super) struct Rows {
    csv: csv::Writer<Vec<u8>>,
    jsonl: Vec<u8>,
    field: Vec<u8>,
}

impl Default for Rows {
    fn default() -> Self {
        Rows {
            csv: csv::Writer::from_writer(Vec::new()),
            jsonl: Vec::new(),
            field: Vec::new(),
        }
    }
}

impl Rows {
    /// Adds a row.
    pub(super) fn add<'a>(
        &mut self,
        columns: &Columns,
        cells: impl Iterator<Item = Cell<'a>>,
    ) -> io::Result<()> {
        for (key, cell) in columns.keys.iter().zip(cells) {
            self.jsonl.extend_from_slice(key.as_bytes());
            cell.write_json(&mut self.jsonl)?;
            self.field.clear();
            cell.write_text(&mut self.field)?;
            self.csv.write_field(&self.field)?;
        }
        self.csv.write_record(None::<&[u8]>)?;
        self.jsonl.extend_from_slice(b"}\n");
        Ok(())
    }

    /// As CSV and as JSON Lines.
    pub(super) fn into_bytes(self) -> io::Result<(Vec<u8>, Vec<u8>)> {
        Ok((bytes_of(self.csv)?, self.jsonl))
    }
}

/// The same table as CSV and as JSON Lines.
pub(super) struct Pair {
    csv: Growing,
    jsonl: Growing,
    /// Names of the columns.
    pub(super) columns: Columns,
}

impl Pair {
    pub(super) fn create(folder: &Path, name: &str, columns: Vec<String>) -> io::Result<Pair> {
        let columns = Columns::new(columns)?;
        let mut csv = Growing::create(folder, &format!("{name}.csv"))?;
        csv.write_all(&columns.head()?)?;
        Ok(Pair {
            csv,
            jsonl: Growing::create(folder, &format!("{name}.jsonl"))?,
            columns,
        })
    }

    pub(super) fn append(&mut self, rows: Rows) -> io::Result<()> {
        let (csv, jsonl) = rows.into_bytes()?;
        self.csv.write_all(&csv)?;
        self.jsonl.write_all(&jsonl)
    }

    pub(super) fn settle(&mut self) -> io::Result<()> {
        self.csv.settle()?;
        self.jsonl.settle()
    }

    pub(super) fn commit(self) -> io::Result<()> {
        self.csv.commit()?;
        self.jsonl.commit()
    }
}

fn bytes_of(csv: csv::Writer<Vec<u8>>) -> io::Result<Vec<u8>> {
    csv.into_inner()
        .map_err(|why| io::Error::other(why.to_string()))
}

fn write_json<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> io::Result<()> {
    serde_json::to_writer(out, value).map_err(io::Error::other)
}

/// `value` as JSON.
pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> io::Result<String> {
    serde_json::to_string(value).map_err(io::Error::other)
}
