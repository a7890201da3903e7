//! Aligned columns, and figures as a person reads them.

use crate::stats::Interval;

/// Rows of cells, aligned: the first column to the left, all others to the
/// right.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    rows: Vec<Vec<String>>,
}

impl Columns {
    /// Adds a row; an empty one is a blank line.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// The rows as text, one a line, no blanks at the ends.
    pub fn render(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter(|row| row.len() > 1);
            let cells = cells.filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let pad = " ".repeat(width.saturating_sub(cell.chars().count()));
                match column {
                    0 => line += &format!("{cell}{pad}"),
                    _ => line += &format!("  {pad}{cell}"),
                }
            }
            text += line.trim_end();
            text.push('\n');
        }
        text
    }
}

/// `text` in lines of at most `width` letters behind `indent` blanks.
pub fn paragraph(text: &str, indent: usize, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + word.chars().count() < width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    let blanks = " ".repeat(indent);
    let lines = lines.iter().map(|line| format!("{blanks}{line}\n"));
    lines.collect()
}

/// `1234567` as `1,234,567`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time in its natural unit, three figures or more: `4.02 ms`.
pub fn time(ns: f64) -> String {
    match ns {
        0.0 => "0 ns".into(),
        ns if ns < 1e3 => format!("{ns:.0} ns"),
        ns if ns < 1e6 => format!("{} µs", three(ns / 1e3)),
        ns if ns < 1e9 => format!("{} ms", three(ns / 1e6)),
        ns => format!("{} s", three(ns / 1e9)),
    }
}

/// A number of bytes in its natural unit: `64.0 KiB`.
pub fn bytes(bytes: f64) -> String {
    match bytes {
        b if b < 1024.0 => format!("{b:.0} B"),
        b if b < 1_048_576.0 => format!("{} KiB", three(b / 1024.0)),
        b if b < 1_073_741_824.0 => format!("{} MiB", three(b / 1_048_576.0)),
        b => format!("{} GiB", three(b / 1_073_741_824.0)),
    }
}

/// A share of one as percent.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// At least three figures.
pub fn three(x: f64) -> String {
    match x.abs() {
        x if x < 9.995 => format!("{:.2}", x),
        x if x < 99.95 => format!("{:.1}", x),
        _ => format!("{x:.0}"),
    }
}

/// A mean and its interval: half its width where the mean is in the middle of it, both
/// ends where it is not.
pub fn with_interval(mean: f64, interval: Interval) -> String {
    let Interval { low, high } = interval;
    let half = interval.half_width();
    match (mean - (low + high) / 2.0).abs() <= 0.01 * half {
        true => format!("{} ± {}", three(mean), three(half)),
        false => format!("{} ({} to {})", three(mean), three(low), three(high)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align() {
        let mut columns = Columns::default();
        columns.row(["a", "bio"]);
        columns.row(["long", "1"]);
        columns.row(["a line of its own that is not counted"]);
        columns.row(Vec::<String>::new());
        let want = "a     bio\nlong    1\na line of its own that is not counted\n\n";
        assert_eq!(columns.render(), want);
    }

    #[test]
    fn figures_are_short() {
        let (low, high) = (116_392.0, 184_549.0);
        let told = with_interval(128_451.0, Interval { low, high });
        assert_eq!(told, "128451 (116392 to 184549)");
        let even = Interval {
            low: 4.0,
            high: 6.0,
        };
        assert_eq!(with_interval(5.0, even), "5.00 ± 1.00");
        assert_eq!(count(0), "0");
        assert_eq!(count(1234567), "1,234,567");
        assert_eq!(count(123), "123");
        assert_eq!(time(4_024_000.0), "4.02 ms");
        assert_eq!(time(999.6), "1000 ns");
        assert_eq!(time(123_456.0), "123 µs");
        assert_eq!(bytes(65536.0), "64.0 KiB");
        assert_eq!(percent(0.5), "50.0 %");
    }
}
