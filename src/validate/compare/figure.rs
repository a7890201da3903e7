//! One figure: what the kernel had, what we have, how far apart they may be.

use std::fmt;

/// How far a figure may be off: by the larger of a part of the kernel's figure
/// and a fixed amount.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Tolerance {
    /// Part of the kernel's figure; 0.02 = 2 %.
    pub relative: f64,
    /// In the unit of the figure.
    pub absolute: f64,
}

impl Tolerance {
    /// Not at all.
    pub const EXACT: Tolerance = Tolerance::absolute(0.0);
    /// Shown, and counted where exactness is asked for, but free to differ.
    pub const FREE: Tolerance = Tolerance::absolute(f64::INFINITY);

    /// By `part` of the kernel's figure.
    pub const fn relative(part: f64) -> Tolerance {
        Tolerance {
            relative: part,
            absolute: 0.0,
        }
    }
    /// By `amount`.
    pub const fn absolute(amount: f64) -> Tolerance {
        Tolerance {
            relative: 0.0,
            absolute: amount,
        }
    }
    /// By `part` of the kernel's figure or by `amount`.
    pub const fn either(part: f64, amount: f64) -> Tolerance {
        Tolerance {
            relative: part,
            absolute: amount,
        }
    }
    /// How far from the kernel's figure `x` one may be.
    fn of(self, x: f64) -> f64 {
        // Shares and counts are sums of few floats: forgive their rounding.
        (self.relative * x.abs()).max(self.absolute) + 1e-9 * x.abs().min(1.0)
    }
}

/// A figure of one case.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What it is, with its unit.
    pub name: String,
    /// The kernel's, in its two runs; the same twice if there was one run.
    pub kernel: (f64, f64),
    /// Ours.
    pub ours: f64,
    /// How far apart they may be.
    pub tolerance: Tolerance,
    /// Where they part, if that can be said better in words.
    pub detail: Option<String>,
    /// The kernel's text and ours, where the figure is whether they are the
    /// same.
    pub texts: Option<(String, String)>,
}

impl Figure {
    /// A figure of `runs`, one or two, against `ours`.
    pub fn new(name: impl Into<String>, runs: &[f64], ours: f64, tolerance: Tolerance) -> Figure {
        let first = runs.first().copied().unwrap_or(f64::NAN);
        Figure {
            name: name.into(),
            kernel: (first, runs.get(1).copied().unwrap_or(first)),
            ours,
            tolerance,
            detail: None,
            texts: None,
        }
    }
    /// Whether `ours` is the text of one of `runs`: 1 if so, else 0.
    pub fn text(name: impl Into<String>, runs: &[String], ours: &str) -> Figure {
        let same = runs.iter().any(|run| run == ours);
        let kernel = runs.first().cloned().unwrap_or_default();
        Figure {
            texts: Some((kernel, ours.to_owned())),
            ..Figure::new(name, &[1.0], f64::from(u8::from(same)), Tolerance::EXACT)
        }
    }
    /// Whether ours is within the tolerance of either run, or between them.
    pub fn agrees(&self) -> bool {
        let (low, high) = self.range();
        self.ours >= low - self.tolerance.of(low) && self.ours <= high + self.tolerance.of(high)
    }
    /// Whether ours is that of one of the runs.
    pub fn exact(&self) -> bool {
        self.ours == self.kernel.0 || self.ours == self.kernel.1
    }
    fn range(&self) -> (f64, f64) {
        let (a, b) = self.kernel;
        if a <= b { (a, b) } else { (b, a) }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((kernel, ours)) = &self.texts {
            return write!(f, "{}: kernel `{kernel}`, ours `{ours}`", self.name);
        }
        let (a, b) = self.kernel;
        write!(f, "{}: kernel {}", self.name, Short(a))?;
        if a != b {
            write!(f, " or {}", Short(b))?;
        }
        write!(f, ", ours {}", Short(self.ours))?;
        match &self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}

/// A number with as many decimals as it is worth: about four digits.
struct Short(f64);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let x = self.0;
        if x == libm::trunc(x) || x.abs() >= 1000.0 {
            write!(f, "{x:.0}")
        } else if x.abs() >= 10.0 {
            write!(f, "{x:.2}")
        } else {
            write!(f, "{x:.4}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agrees(runs: &[f64], ours: f64, tolerance: Tolerance) -> bool {
        Figure::new("x", runs, ours, tolerance).agrees()
    }

    #[test]
    fn near_either_or_between() {
        let t = Tolerance::relative(0.02);
        for ours in [98.0, 100.0, 130.0, 200.0, 204.0] {
            assert!(agrees(&[100.0, 200.0], ours, t), "{ours}");
            assert!(agrees(&[200.0, 100.0], ours, t), "{ours}");
        }
        for ours in [97.9, 204.1, f64::NAN] {
            assert!(!agrees(&[100.0, 200.0], ours, t), "{ours}");
        }
        assert!(!agrees(&[], 1.0, t));
    }

    #[test]
    fn part_or_amount() {
        let t = Tolerance::either(0.02, 2.0);
        assert!(agrees(&[10.0], 12.0, t));
        assert!(!agrees(&[10.0], 12.5, t));
        assert!(agrees(&[1000.0], 1020.0, t));
        assert!(!agrees(&[1000.0], 1021.0, t));
        assert!(agrees(&[0.5], 0.51, Tolerance::absolute(0.01)));
        assert!(!agrees(&[0.5], 0.5101, Tolerance::absolute(0.01)));
        assert!(agrees(&[1.0], 1e9, Tolerance::FREE));
        assert!(agrees(&[7.0], 7.0, Tolerance::EXACT));
        assert!(!agrees(&[7.0], 8.0, Tolerance::EXACT));
    }

    #[test]
    fn exact_is_one_of_the_runs() {
        let figure = |ours| Figure::new("x", &[1.0, 3.0], ours, Tolerance::EXACT);
        assert!(figure(1.0).exact() && figure(3.0).exact());
        assert!(!figure(2.0).exact() && figure(2.0).agrees());
    }

    #[test]
    fn figures_in_words() {
        let mut figure = Figure::new("IOPS", &[0.51234, 1234.56], 17.0, Tolerance::EXACT);
        assert_eq!(figure.to_string(), "IOPS: kernel 0.5123 or 1235, ours 17");
        figure.detail = Some("why".into());
        assert!(figure.to_string().ends_with("ours 17 (why)"));
    }
}
