//! Better, worse, the same, or not enough runs: for many questions at once.

use serde::{Deserialize, Serialize};

use crate::stats::{Difference, Interval, Moments, bootstrap, holm};
use crate::sweep::Better;

/// Two samples of a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Of A.
    pub a: Vec<f64>,
    /// Of B.
    pub b: Vec<f64>,
    /// Whether they are pairs: run i of both met the same world.
    pub paired: bool,
    /// Which way the figure improves.
    pub better: Better,
    /// Differences up to this share of A's mean do not matter.
    pub margin: f64,
    /// How coarsely the figure is rounded, as a share of itself.
    pub rounding: f64,
}

/// What B is, beside A.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Better by more than the margin.
    Better,
    /// Worse by more than the margin.
    Worse,
    /// More by more than the margin, of a figure of which neither is better.
    More,
    /// Less by more than the margin, likewise.
    Less,
    /// Within the margin.
    Same,
    /// The runs do not tell.
    NotEnoughRuns,
}

impl Verdict {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Better => "better",
            Verdict::Worse => "worse",
            Verdict::More => "more",
            Verdict::Less => "less",
            Verdict::Same => "same within the margin",
            Verdict::NotEnoughRuns => "not enough runs",
        }
    }
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// A's runs.
    pub a: Moments,
    /// B's runs.
    pub b: Moments,
    /// B − A; none with fewer than two runs.
    pub difference: Option<Difference>,
    /// Student's interval of the difference over A's mean, at 95 %.
    pub relative: Option<Interval>,
    /// The bootstrap interval of the same.
    pub bootstrap: Option<Interval>,
    /// The verdict.
    pub verdict: Verdict,
    /// The p-value of it, corrected for all questions asked together; of the
    /// likeliest verdict if none is sure.
    pub p: f64,
}

/// Level of the intervals.
const LEVEL: f64 = 0.95;

/// Answers `questions` so that the chance that any verdict is wrong is at most
/// `alpha`.
///
/// Three claims a question: B is more by more than the margin, less by more, or
/// within it. The p-values of all claims of all questions are corrected
/// together (Holm).
pub fn judge(questions: &[Question], alpha: f64) -> Vec<Judged> {
    let differences: Vec<Option<Difference>> = questions.iter().map(Question::difference).collect();
    let mut p = Vec::with_capacity(3 * questions.len());
    for (question, difference) in questions.iter().zip(&differences) {
        p.extend(question.claims(difference.as_ref()));
    }
    let p = holm(&p);
    let answers = questions.iter().zip(differences).zip(p.chunks(3));
    answers
        .map(|((question, difference), p)| answer(question, difference, p, alpha))
        .collect()
}

impl Question {
    /// B − A; none with fewer than two runs.
    pub fn difference(&self) -> Option<Difference> {
        let step = self.rounding * self.mean_of_a().abs();
        let runs = self.a.len().min(self.b.len()) as u64;
        Some(self.exact_difference()?.rounded_to(step, runs))
    }

    fn exact_difference(&self) -> Option<Difference> {
        if self.paired {
            let (a, b) = (self.a.iter().copied(), self.b.iter().copied());
            return Difference::of_pairs(&a.zip(b).collect::<Vec<(f64, f64)>>());
        }
        let of = |samples: &[f64]| Moments::of(samples.iter().copied());
        Difference::of_samples(&of(&self.a), &of(&self.b))
    }

    fn mean_of_a(&self) -> f64 {
        Moments::of(self.a.iter().copied()).mean
    }

    /// p-values of: more by more than the margin, less by more, within it.
    pub fn claims(&self, difference: Option<&Difference>) -> [f64; 3] {
        let Some(difference) = difference else {
            return [1.0; 3];
        };
        let limit = self.margin * self.mean_of_a().abs();
        let within = difference
            .p_less_than(limit)
            .max(difference.p_more_than(-limit));
        // What does not differ at all is the same, whatever the margin.
        let is_equal = difference.error == 0.0 && difference.mean == 0.0;
        let within = if is_equal { 0.0 } else { within };
        [
            difference.p_more_than(limit),
            difference.p_less_than(-limit),
            within,
        ]
    }
}

fn answer(question: &Question, difference: Option<Difference>, p: &[f64], alpha: f64) -> Judged {
    let of = |samples: &[f64]| Moments::of(samples.iter().copied());
    let (a, b) = (of(&question.a), of(&question.b));
    let directed = |more: bool| match (question.better, more) {
        (Better::More, true) | (Better::Less, false) => Verdict::Better,
        (Better::More, false) | (Better::Less, true) => Verdict::Worse,
        (Better::Neither, true) => Verdict::More,
        (Better::Neither, false) => Verdict::Less,
    };
    let names = [directed(true), directed(false), Verdict::Same];
    let least = (0..3).min_by(|x, y| p[*x].total_cmp(&p[*y])).unwrap_or(2);
    let verdict = match p[least] <= alpha {
        true => names[least],
        false => Verdict::NotEnoughRuns,
    };
    let scale = a.mean.abs();
    let over = |interval: Interval| Interval {
        low: interval.low / scale,
        high: interval.high / scale,
    };
    let resampled = question.paired.then(|| {
        let off: Vec<f64> = question
            .a
            .iter()
            .zip(&question.b)
            .map(|(a, b)| b - a)
            .collect();
        bootstrap(&off, LEVEL, |off| {
            off.iter().sum::<f64>() / off.len() as f64
        })
    });
    Judged {
        a,
        b,
        relative: difference
            .filter(|_| scale > 0.0)
            .map(|d| over(d.interval(LEVEL))),
        bootstrap: resampled.flatten().filter(|_| scale > 0.0).map(over),
        difference,
        verdict,
        p: p[least],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(a: &[f64], b: &[f64], better: Better) -> Question {
        Question {
            a: a.to_vec(),
            b: b.to_vec(),
            paired: true,
            better,
            margin: 0.01,
            rounding: 0.0,
        }
    }

    #[test]
    fn verdicts() {
        let a = [100.0, 101.0, 99.0, 100.5, 99.5];
        let up: Vec<f64> = a.iter().map(|x| x * 1.05).collect();
        let bit: Vec<f64> = a.iter().map(|x| x * 1.002).collect();
        let noisy = [120.0, 80.0, 110.0, 90.0, 104.0];
        let of = |b: &[f64], better| judge(&[question(&a, b, better)], 0.05)[0].verdict;
        assert_eq!(of(&up, Better::More), Verdict::Better);
        assert_eq!(of(&up, Better::Less), Verdict::Worse);
        assert_eq!(of(&up, Better::Neither), Verdict::More);
        assert_eq!(of(&bit, Better::More), Verdict::Same);
        assert_eq!(of(&a, Better::More), Verdict::Same);
        assert_eq!(of(&noisy, Better::More), Verdict::NotEnoughRuns);
        assert_eq!(of(&up[..1], Better::More), Verdict::NotEnoughRuns);
    }

    /// With a hundred questions about nothing, some uncorrected verdict would
    /// nearly always be wrong.
    #[test]
    fn many_questions_are_corrected() {
        use crate::sim::draw::{Draws, Purpose};
        let samples = |which| -> Vec<f64> {
            let mut stream = Draws::new(11).key(Purpose::Resample, [which, 0]);
            (0..8).map(|_| 100.0 + 10.0 * stream.unit()).collect()
        };
        let questions: Vec<Question> = (0..100)
            .map(|i| Question {
                margin: 0.0,
                ..question(&samples(2 * i), &samples(2 * i + 1), Better::More)
            })
            .collect();
        let wrong = |judged: &[Judged]| {
            judged
                .iter()
                .filter(|j| !matches!(j.verdict, Verdict::NotEnoughRuns))
                .count()
        };
        assert_eq!(wrong(&judge(&questions, 0.05)), 0);
        let alone: usize = questions
            .iter()
            .map(|q| wrong(&judge(std::slice::from_ref(q), 0.15)))
            .sum();
        assert!(
            alone > 0,
            "uncorrected verdicts of 100 questions are all right"
        );
    }
}
