//! Figures as a person reads them, and their words in lines.

use crate::stats::Interval;

pub use super::columns::Columns;

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

/// `text`, its lines that are wider than `width` letters broken between words; what
/// follows is indented a little more than the line.
pub fn wrapped(text: &str, width: usize) -> String {
    let mut all = String::new();
    for line in text.lines() {
        if line.chars().count() <= width {
            all += line;
            all.push('\n');
            continue;
        }
        let indent = line.chars().take_while(|c| *c == ' ').count();
        let more = (indent + 2).min(width / 2);
        let lines = paragraph(line, more, width.saturating_sub(more));
        // The first begins where it did.
        all += &" ".repeat(indent.min(more));
        all += lines.trim_start();
    }
    all
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
    fn long_lines_are_broken_behind_their_indent() {
        let text = "short\n\n  one two three four\n";
        assert_eq!(wrapped(text, 40), text);
        assert_eq!(wrapped(text, 14), "short\n\n  one two\n    three four\n");
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
