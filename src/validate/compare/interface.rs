//! `interface`: every answer, verbatim. What historical-service-time measures
//! is compared as numbers: it hangs on the CPU, and on when the computer was
//! started.

use serde_json::Value;

use super::figure::{Figure, Tolerance};
use crate::formats::kernel_observation::{Interface, MessageStep, Observation, Observed};

/// By how much a measured service time may be off: the CPU's part in it.
const SERVICE_TIME: Tolerance = Tolerance::relative(0.02);

/// The figures of a case.
pub fn figures(observation: &Observation, ours: &Observed) -> Vec<Figure> {
    let runs: Vec<Vec<(String, String)>> = observation.runs().into_iter().map(answers).collect();
    let ours = answers(ours);
    let names = runs.iter().flatten().chain(&ours).map(|(name, _)| name);
    let mut all = Vec::new();
    let mut done: Vec<&String> = Vec::new();
    for name in names {
        if done.contains(&name) {
            continue;
        }
        done.push(name);
        let of = |run: &[(String, String)]| {
            let found = run.iter().find(|(n, _)| n == name);
            found.map_or(ABSENT.to_owned(), |(_, text)| text.clone())
        };
        let kernel: Vec<String> = runs.iter().map(|run| of(run)).collect();
        compare(name, &kernel, &of(&ours), &mut all);
    }
    all
}

/// What stands for an answer that was not given.
const ABSENT: &str = "(absent)";

/// All answers of a run, by name.
fn answers(run: &Observed) -> Vec<(String, String)> {
    let Interface { steps, .. } = &run.interface;
    let rest = Interface {
        steps: Vec::new(),
        ..run.interface.clone()
    };
    let mut all = fields(&rest, "");
    if let Some(log) = &run.kernel_log {
        all.push(("kernel_log".to_owned(), log.join("\n")));
    }
    for (number, step) in (1..).zip(steps) {
        let MessageStep { message, .. } = step;
        all.extend(fields(step, &format!("{number} `{message}` ")));
    }
    all
}

/// The members of `object` as texts, their names with `prefix` before them.
fn fields(object: &impl serde::Serialize, prefix: &str) -> Vec<(String, String)> {
    match serde_json::to_value(object) {
        Ok(Value::Object(members)) => members
            .into_iter()
            .map(|(name, value)| (format!("{prefix}{name}"), text(&value)))
            .collect(),
        _ => Vec::new(),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().map(text).collect::<Vec<_>>().join("\n"),
        other => other.to_string(),
    }
}

/// One answer: the text, without measured times, and these.
fn compare(name: &str, kernel: &[String], ours: &str, figures: &mut Vec<Figure>) {
    let (our_text, our_times) = without_times(ours);
    let (texts, times): (Vec<String>, Vec<Vec<Time>>) =
        kernel.iter().map(|run| without_times(run)).unzip();
    figures.push(Figure::text(name, &texts, &our_text));
    for (i, time) in our_times.iter().enumerate() {
        let runs: Vec<f64> = times
            .iter()
            .filter_map(|t| t.get(i))
            .map(|t| t.value)
            .collect();
        let tolerance = match time.what {
            "stale_after" => Tolerance::FREE,
            _ => SERVICE_TIME,
        };
        if runs.len() == times.len() {
            let name = format!("{name} {}", time.what);
            figures.push(Figure::new(name, &runs, time.value, tolerance));
        }
    }
}

/// A time that historical-service-time shows for a path.
struct Time {
    what: &'static str,
    value: f64,
}

/// `status` without what historical-service-time has measured, and that.
fn without_times(status: &str) -> (String, Vec<Time>) {
    let mut words: Vec<&str> = status.split(' ').collect();
    let mut times = Vec::new();
    for at in measured(&words).unwrap_or_default() {
        for (at, what) in [(at, "historical_service_time"), (at + 2, "stale_after")] {
            if let Some(value) = words.get(at).and_then(|w| w.parse().ok()) {
                words[at] = "*";
                times.push(Time { what, value });
            }
        }
    }
    (words.join(" "), times)
}

/// Where the figures of historical-service-time begin, for each of its paths:
/// it is the one selector that has three. None: this is no multipath status.
fn measured(words: &[&str]) -> Option<Vec<usize>> {
    const HISTORICAL: usize = 3;
    let number = |at: usize| words.get(at)?.parse::<usize>().ok();
    if *words.get(2)? != "multipath" {
        return None;
    }
    let mut found = Vec::new();
    let mut at = 3;
    at += 1 + number(at)?; // features
    at += 1 + number(at)?; // hardware handler
    let groups = number(at)?;
    at += 2;
    for _ in 0..groups.min(words.len()) {
        at += 1; // its state
        at += 1 + number(at)?; // the selector's own
        let (paths, figures) = (number(at)?, number(at + 1)?);
        at += 2;
        for _ in 0..paths.min(words.len()) {
            if figures == HISTORICAL {
                found.push(at + 3);
            }
            at = at.checked_add(3)?.checked_add(figures)?;
        }
    }
    Some(found)
}

/// `load 0, read 0, reload 1`, or how many messages were answered how.
pub fn summary(run: &Observed) -> String {
    let i = &run.interface;
    if !i.steps.is_empty() {
        let refused = i.steps.iter().filter(|step| step.rc != 0).count();
        return format!("{} messages, {refused} refused", i.steps.len());
    }
    let exits = [
        ("load", i.load_rc),
        ("read", i.read_16k_rc),
        ("reload", i.reload_rc),
    ];
    let words: Vec<String> = exits
        .iter()
        .filter_map(|(what, rc)| rc.map(|rc| format!("{what} {rc}")))
        .collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measured_times_are_taken_out_of_a_status() {
        let status = "0 8 multipath 2 0 0 0 2 1 A 2 972 0 2 3 253:0 A 0 1024 1 77 253:1 F 1 5 0 6 \
                      E 0 1 2 253:2 A 0 0 1";
        let (text, times) = without_times(status);
        assert_eq!(
            text,
            "0 8 multipath 2 0 0 0 2 1 A 2 972 0 2 3 253:0 A 0 * 1 * 253:1 F 1 * 0 * \
             E 0 1 2 253:2 A 0 0 1"
        );
        let values: Vec<f64> = times.iter().map(|t| t.value).collect();
        assert_eq!(values, [1024.0, 77.0, 5.0, 6.0]);
        for other in [
            "",
            "0 8 linear",
            "0 8 multipath 2 0",
            "0 8 multipath 0 0 1 1 round-robin",
        ] {
            assert_eq!(without_times(other).0, other);
        }
    }

    fn observed(status: &str) -> Observed {
        Observed {
            interface: Interface {
                load_rc: Some(0),
                status: Some(status.into()),
                ..Interface::default()
            },
            kernel_log: Some(Vec::new()),
            ..Observed::default()
        }
    }

    #[test]
    fn every_answer_counts() {
        let kernel = observed("0 8 linear");
        let same = answers(&kernel);
        assert_eq!(same.len(), 3);
        let mut figures = Vec::new();
        compare("status", &["0 8 linear".into()], "0 8 error", &mut figures);
        compare("status", &["0 8 linear".into()], "0 8 linear", &mut figures);
        assert!(!figures[0].agrees() && figures[1].exact());
        assert_eq!(
            figures[0].to_string(),
            "status: kernel `0 8 linear`, ours `0 8 error`"
        );
    }
}
