//! How lines are broken and places hatched: what tells them apart where colours
//! do not.

use super::drawing::Rect;

/// How a line is broken.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Default)]
pub enum Dash {
    /// Not at all.
    #[default]
    Solid,
    /// Long dashes.
    Dashed,
    /// Dots.
    Dotted,
    /// Dashes with a dot between.
    DashDotted,
}

impl Dash {
    /// That of a mode, which is told by more than its colour.
    pub fn of_mode(mode: &str) -> Dash {
        match mode {
            "bio" => Dash::Solid,
            "request" => Dash::Dashed,
            _ => Dash::Dotted,
        }
    }
    /// Lengths of what is drawn and what is not, in turn; of what is whole, none.
    pub fn lengths(self) -> &'static [f64] {
        match self {
            Dash::Solid => &[],
            Dash::Dashed => &[9.0, 4.0],
            Dash::Dotted => &[2.0, 3.0],
            Dash::DashDotted => &[9.0, 3.0, 2.0, 3.0],
        }
    }
}

/// Lines over a filled place, so that it is told by more than its colour.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Default)]
pub enum Hatch {
    /// None.
    #[default]
    Plain,
    /// Rising to the right.
    Rising,
    /// Falling to the right.
    Falling,
}

impl Hatch {
    /// From one line to the next, pixels.
    const STEP: f64 = 6.0;

    /// The lines that fill `at`, in step with those of other places.
    pub(super) fn lines(self, at: Rect) -> Vec<[(f64, f64); 2]> {
        // Rising lines have one x + y each, falling ones one y - x.
        let (low, high) = match self {
            Hatch::Plain => return Vec::new(),
            Hatch::Rising => (at.x + at.y, at.right() + at.bottom()),
            Hatch::Falling => (at.y - at.right(), at.bottom() - at.x),
        };
        let first = (low / Hatch::STEP).floor() as i64 + 1;
        let last = (high / Hatch::STEP).ceil() as i64 - 1;
        let line = |n: i64| {
            let c = n as f64 * Hatch::STEP;
            let ends = match self {
                Hatch::Falling => [at.y - c, at.bottom() - c],
                _ => [c - at.bottom(), c - at.y],
            };
            ends.map(|x| {
                let x = x.clamp(at.x, at.right());
                let y = match self {
                    Hatch::Falling => c + x,
                    _ => c - x,
                };
                (x, y)
            })
        };
        (first..=last).map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::drawing::rect;

    #[test]
    fn hatches_stay_within_their_place() {
        let at = rect(3.0, 5.0, 40.0, 11.0);
        for hatch in [Hatch::Rising, Hatch::Falling] {
            let lines = hatch.lines(at);
            assert!(lines.len() > 5, "{hatch:?}");
            for (x, y) in lines.into_iter().flatten() {
                let inside = (at.x..=at.right()).contains(&x);
                assert!(inside && (at.y..=at.bottom()).contains(&y), "{x} {y}");
            }
        }
        assert!(Hatch::Plain.lines(at).is_empty());
    }
}
