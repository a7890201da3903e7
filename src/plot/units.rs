//! Figures with their units: SI prefixes for times and rates, IEC prefixes for
//! bytes.

/// What an axis or a value is measured in.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Unit {
    /// A plain number.
    Count,
    /// Something a second.
    PerSecond,
    /// Nanoseconds.
    Time,
    /// Bytes.
    Bytes,
    /// Bytes a second.
    ByteRate,
    /// A share of one.
    Share,
}

/// A prefix: its size and its letters.
type Prefix = (f64, &'static str);

const SI: [Prefix; 4] = [(1.0, ""), (1e3, "k"), (1e6, "M"), (1e9, "G")];
const TIME: [Prefix; 4] = [(1.0, "ns"), (1e3, "µs"), (1e6, "ms"), (1e9, "s")];
const BYTES: [Prefix; 5] = [
    (1.0, "B"),
    (1024.0, "KiB"),
    (1_048_576.0, "MiB"),
    (1_073_741_824.0, "GiB"),
    (1_099_511_627_776.0, "TiB"),
];
const BYTE_RATES: [Prefix; 5] = [
    (1.0, "B/s"),
    (1024.0, "KiB/s"),
    (1_048_576.0, "MiB/s"),
    (1_073_741_824.0, "GiB/s"),
    (1_099_511_627_776.0, "TiB/s"),
];

impl Unit {
    fn prefixes(self) -> &'static [Prefix] {
        match self {
            Unit::Count | Unit::PerSecond => &SI,
            Unit::Time => &TIME,
            Unit::Bytes => &BYTES,
            Unit::ByteRate => &BYTE_RATES,
            Unit::Share => &[(0.01, "%")],
        }
    }

    /// The largest prefix of which `value` has at least one.
    fn prefix(self, value: f64) -> Prefix {
        let all = self.prefixes();
        let fits = |p: &&Prefix| value.abs() >= p.0 * 0.9995;
        all.iter().rev().find(fits).copied().unwrap_or(all[0])
    }

    /// The unit in which an axis up to `most` is told: divisor and name.
    pub fn of_axis(self, most: f64) -> (f64, &'static str) {
        let (size, name) = self.prefix(most);
        match self {
            // 5000 is read as easily as 5 k.
            Unit::Count | Unit::PerSecond if most < 1e4 => (1.0, ""),
            _ => (size, name),
        }
    }

    /// Steps of a scale are multiples of powers of this.
    pub fn base(self) -> f64 {
        match self {
            Unit::Bytes | Unit::ByteRate => 2.0,
            _ => 10.0,
        }
    }

    /// A value with three figures and its unit: `4.02 ms`, `64 KiB`, `12.5 %`.
    pub fn tell(self, value: f64) -> String {
        self.tell_as(value, figures)
    }
    /// The same with two figures: `4 ms`.
    pub fn tell_short(self, value: f64) -> String {
        self.tell_as(value, few_figures)
    }
    fn tell_as(self, value: f64, figures: fn(f64) -> String) -> String {
        if value == 0.0 {
            return match self {
                Unit::Share => "0 %".into(),
                Unit::Bytes => "0 B".into(),
                _ => "0".into(),
            };
        }
        if self == Unit::Count && value.abs() < 1e4 && value.fract() == 0.0 {
            return format!("{value}");
        }
        let (size, name) = self.prefix(value);
        let gap = if name.is_empty() { "" } else { " " };
        format!("{}{gap}{name}", figures(value / size))
    }
}

/// Two figures, likewise.
fn few_figures(x: f64) -> String {
    let text = match x.abs() {
        a if a >= 9.95 => format!("{x:.0}"),
        a if a >= 0.995 => format!("{x:.1}"),
        a if a >= 0.0995 => format!("{x:.2}"),
        _ => format!("{x:.3}"),
    };
    trim(&text)
}

/// Three figures, without zeros that say nothing.
pub fn figures(x: f64) -> String {
    let text = match x.abs() {
        a if a >= 99.95 => format!("{x:.0}"),
        a if a >= 9.995 => format!("{x:.1}"),
        a if a >= 0.995 => format!("{x:.2}"),
        a if a >= 0.0995 => format!("{x:.3}"),
        _ => format!("{x:.4}"),
    };
    trim(&text)
}

/// `1.50` as `1.5`, `2.0` as `2`.
pub fn trim(text: &str) -> String {
    if !text.contains('.') {
        return text.into();
    }
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" {
        "0".into()
    } else {
        short.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_those_of_the_unit() {
        assert_eq!(Unit::Time.tell(4_024_000.0), "4.02 ms");
        assert_eq!(Unit::Time.tell(999_700.0), "1 ms");
        assert_eq!(Unit::Bytes.tell(65_536.0), "64 KiB");
        assert_eq!(Unit::ByteRate.tell(8_192_000.0), "7.81 MiB/s");
        assert_eq!(Unit::PerSecond.tell(32_100.0), "32.1 k");
        assert_eq!(Unit::Count.tell(30_001.0), "30 k");
        assert_eq!(Unit::Count.tell(317.0), "317");
        assert_eq!(Unit::Share.tell(0.125), "12.5 %");
        assert_eq!(Unit::Share.tell(0.0), "0 %");
        assert_eq!(Unit::Time.tell_short(4_024_000.0), "4 ms");
        assert_eq!(Unit::PerSecond.tell_short(32_149.0), "32 k");
    }
}
