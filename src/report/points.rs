//! What a sweep comes to, a card a figure: how often each mode wins, or how far
//! its points reach.

use std::collections::BTreeMap;

use super::cards::Card;
use crate::plot::result::{Cell, SweepResult};
use crate::plot::{Metric, Verdict};
use crate::run::verdict::Sort;
use crate::sweep::Better;

/// Figures that have a card, if the sweep has them.
const HEADLINE: [&str; 5] = [
    "iops",
    "lat_mean_us",
    "lat_p99_us",
    "requests_per_io",
    "cpu_per_io_us",
];
/// Cards of a sweep that has none of them.
const OTHERS: usize = 4;

/// The cards of `sweep`.
pub fn cards(sweep: &SweepResult) -> Vec<Card> {
    let all = sweep.metrics();
    let mut names: Vec<&str> = HEADLINE.into_iter().filter(|n| all.contains(n)).collect();
    if names.is_empty() {
        names = all.into_iter().take(OTHERS).collect();
    }
    let metrics = names.iter().filter_map(|n| Metric::new(sweep, n).ok());
    metrics.filter_map(|metric| card(sweep, &metric)).collect()
}

fn card(sweep: &SweepResult, metric: &Metric) -> Option<Card> {
    let pairs = pairs(sweep, metric);
    match pairs.is_empty() {
        true => reach(sweep, metric),
        false => Some(modes(sweep, metric, &pairs)),
    }
}

/// Bio mode's and request mode's cell of each point that has both.
fn pairs<'s>(sweep: &'s SweepResult, metric: &Metric) -> Vec<(&'s Cell, &'s Cell)> {
    let Some(mode) = sweep.mode_axis() else {
        return Vec::new();
    };
    let mut points: BTreeMap<Vec<&str>, [Option<&Cell>; 2]> = BTreeMap::new();
    for cell in sweep.of(&metric.key) {
        let slot = match cell.values[mode].as_str() {
            "bio" => 0,
            "request" => 1,
            _ => continue,
        };
        let others = cell.values.iter().enumerate().filter(|(i, _)| *i != mode);
        let point = others.map(|(_, value)| value.as_str()).collect();
        points.entry(point).or_default()[slot] = Some(cell);
    }
    let both = |pair: &[Option<&'s Cell>; 2]| pair[0].zip(pair[1]);
    points.values().filter_map(both).collect()
}

/// How often each mode wins, and where by most.
fn modes(sweep: &SweepResult, metric: &Metric, pairs: &[(&Cell, &Cell)]) -> Card {
    let judged = pairs.iter().map(|(bio, request)| {
        let verdict = Verdict::new(bio, request, metric.better);
        (verdict, *bio, *request)
    });
    let judged: Vec<_> = judged.collect();
    let count = |is: fn(&Verdict) -> bool| judged.iter().filter(|(v, ..)| is(v)).count();
    let bio = count(|v| matches!(v, Verdict::Bio(_)));
    let request = count(|v| matches!(v, Verdict::Request(_)));
    let equal = count(|v| matches!(v, Verdict::Equal));
    let unsure = count(|v| matches!(v, Verdict::Unsure));
    let all = judged.len();
    let is = match metric.better {
        Better::Neither => "has more",
        _ => "is better",
    };
    let (class, told) = match (bio, request) {
        (0, 0) if unsure == 0 => ("equal", "equal within 2 % everywhere".into()),
        (0, 0) => ("equal", "neither mode wins anywhere".into()),
        (0, n) => ("request", format!("request mode {is} at {}", of(n, all))),
        (n, 0) => ("bio", format!("bio mode {is} at {}", of(n, all))),
        (b, r) => (
            if b > r { "bio" } else { "request" },
            format!("bio mode {is} at {b}, request mode at {r} of {all} points"),
        ),
    };
    let mut more = Vec::new();
    if (bio, request) != (0, 0) && equal > 0 {
        more.push(format!("equal within 2 % at {equal}"));
    }
    if unsure > 0 {
        more.push(format!("not told apart by these runs at {unsure}"));
    }
    let factor = |(verdict, ..): &&(Verdict, &Cell, &Cell)| match verdict {
        Verdict::Bio(factor) | Verdict::Request(factor) => *factor,
        _ => 1.0,
    };
    let most = judged.iter().max_by(|a, b| factor(a).total_cmp(&factor(b)));
    if let Some(most) = most.filter(|most| factor(most) > 1.0) {
        more.extend(widest(sweep, metric, most, factor(&most)));
    }
    let more_of = metric.subject.as_str();
    Card {
        class,
        what: more_of.into(),
        told,
        more,
    }
}

fn of(n: usize, all: usize) -> String {
    match n == all {
        true => format!("all {all} points"),
        false => format!("{n} of {all} points"),
    }
}

/// Where the modes are furthest apart.
fn widest(
    sweep: &SweepResult,
    metric: &Metric,
    (verdict, bio, request): &(Verdict, &Cell, &Cell),
    factor: f64,
) -> Vec<String> {
    let mode = match verdict {
        Verdict::Bio(_) => "bio mode",
        _ => "request mode",
    };
    // Beyond this it is nothing against something.
    let factor = if factor < 1e9 { factor } else { f64::INFINITY };
    let sort = match (metric.better, metric.key.as_str()) {
        (Better::Less, "requests_per_io") => Sort::Number,
        (Better::Less, _) => Sort::Amount,
        _ => Sort::Rate,
    };
    let by = sort.better_by(factor);
    let place = place(sweep, bio);
    let place = if place.is_empty() {
        String::new()
    } else {
        format!(" at {place}")
    };
    vec![
        format!("by most{place}: {mode}, {by}"),
        format!(
            "there bio {}, request {}",
            metric.tell_cell(bio),
            metric.tell_cell(request)
        ),
    ]
}

/// The values of the axes that have several, but for the mode.
fn place(sweep: &SweepResult, cell: &Cell) -> String {
    let told = cell.values.iter().enumerate().filter_map(|(i, value)| {
        let several = sweep.values(i).len() > 1 && Some(i) != sweep.mode_axis();
        let name = sweep.axes[i].rsplit('.').next()?;
        several.then(|| format!("{name} = {}", super::told::value(value)))
    });
    told.collect::<Vec<_>>().join(", ")
}

/// From the least to the most, and where they are.
fn reach(sweep: &SweepResult, metric: &Metric) -> Option<Card> {
    let cells = || sweep.of(&metric.key);
    let least = cells().min_by(|a, b| a.mean.total_cmp(&b.mean))?;
    let most = cells().max_by(|a, b| a.mean.total_cmp(&b.mean))?;
    let at = |word: &str, cell: &Cell| match place(sweep, cell) {
        place if place.is_empty() => format!("{word}: {}", metric.tell_cell(cell)),
        place => format!("{word} at {place}: {}", metric.tell_cell(cell)),
    };
    if least.mean == most.mean {
        let what = metric.subject.as_str();
        return Some(Card::new("", what, metric.tell_cell(most)));
    }
    let (least_words, most_words) = match metric.better {
        Better::More => ("worst", "best"),
        Better::Less => ("best", "worst"),
        Better::Neither => ("least", "most"),
    };
    Some(Card {
        class: "",
        what: metric.subject.clone(),
        told: format!("{} to {}", metric.tell(least.mean), metric.tell(most.mean)),
        more: vec![at(least_words, least), at(most_words, most)],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sweep(rows: &[(&str, &str, f64)]) -> SweepResult {
        let cell = |(depth, mode, mean): &(&str, &str, f64)| Cell {
            values: [(*depth).into(), (*mode).into()].into(),
            metric: "iops".into(),
            mean: *mean,
            low: mean - 1.0,
            high: mean + 1.0,
            runs: 3,
            method: "student-t".into(),
        };
        SweepResult {
            axes: vec!["workload.depth".into(), "mode".into()],
            cells: rows.iter().map(cell).collect(),
            ..SweepResult::default()
        }
    }

    #[test]
    fn wins_are_counted_and_the_widest_is_told() {
        let cards = cards(&sweep(&[
            ("1", "bio", 100.0),
            ("1", "request", 101.0),
            ("4", "bio", 100.0),
            ("4", "request", 300.0),
            ("8", "bio", 120.0),
            ("8", "request", 100.0),
        ]));
        assert_eq!(cards.len(), 1);
        let card = &cards[0];
        assert_eq!(card.what, "throughput");
        assert_eq!(
            card.told,
            "bio mode is better at 1, request mode at 1 of 3 points"
        );
        assert_eq!(card.more[0], "equal within 2 % at 1");
        assert_eq!(
            card.more[1],
            "by most at depth = 4: request mode, 3.0 times as much"
        );
        assert_eq!(card.more[2], "there bio 100 ± 1, request 300 ± 1");
    }

    #[test]
    fn one_mode_tells_how_far_it_reaches() {
        let cards = cards(&sweep(&[("1", "bio", 100.0), ("4", "bio", 300.0)]));
        assert_eq!(cards[0].told, "100 to 300");
        assert_eq!(cards[0].more[1], "best at depth = 4: 300 ± 1");
    }
}
