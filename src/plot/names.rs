//! Names beside figures: where they are too long, what all of them have in common
//! goes first, so that they can still be told apart.

use super::font::{self, Weight};

/// `names` within `most` pixels each: whole if all of them fit; else without the
/// begin that all share, then without the end; and in the worst case cut in their
/// middle, with a number if they would not differ.
pub fn short_names(names: &[&str], size: f64, weight: Weight, most: f64) -> Vec<String> {
    let fits = |name: &String| font::width(name, size, weight) <= most / 1.1;
    let (head, tail) = (common_head(names), common_tail(names));
    let cut = |head: usize, tail: usize| -> Vec<String> {
        names.iter().map(|name| without(name, head, tail)).collect()
    };
    let forms = [cut(0, 0), cut(head, 0), cut(head, tail)];
    if let Some(found) = forms.iter().find(|form| form.iter().all(fits)) {
        return found.clone();
    }
    let [.., shortest] = forms;
    let middle = |name: &String| font::fit_middle(name, size, weight, most);
    let found: Vec<String> = shortest.iter().map(middle).collect();
    let numbered =
        |(n, name): (usize, &String)| font::fit(&format!("{}: {name}", n + 1), size, weight, most);
    match all_differ(&found) {
        true => found,
        false => shortest.iter().enumerate().map(numbered).collect(),
    }
}

fn all_differ(names: &[String]) -> bool {
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort();
    sorted.dedup();
    sorted.len() == names.len()
}

/// A name without so many letters at its begin and its end.
fn without(name: &str, head: usize, tail: usize) -> String {
    let letters: Vec<char> = name.chars().collect();
    if head + tail >= letters.len() {
        return name.into();
    }
    let kept: String = letters[head..letters.len() - tail].iter().collect();
    let mark = |cut: usize| if cut > 0 { "…" } else { "" };
    format!("{}{kept}{}", mark(head), mark(tail))
}

/// Letters that all names begin with, up to a mark between words; of names without
/// any, up to their number.
fn common_head(names: &[&str]) -> usize {
    let Some((first, others)) = names.split_first().filter(|(_, others)| !others.is_empty()) else {
        return 0;
    };
    let same = |other: &&str| {
        let pairs = first.chars().zip(other.chars());
        pairs.take_while(|(a, b)| a == b).count()
    };
    let most = others.iter().map(same).min().unwrap_or(0);
    let letters: Vec<char> = first.chars().take(most).collect();
    let mark = letters.iter().rposition(|c| !c.is_alphanumeric());
    let before_digits = letters.iter().rposition(|c| !c.is_ascii_digit());
    mark.or(before_digits).map_or(0, |at| at + 1)
}

/// Letters that all names end with, likewise.
fn common_tail(names: &[&str]) -> usize {
    let turned: Vec<String> = names.iter().map(|n| n.chars().rev().collect()).collect();
    let turned: Vec<&str> = turned.iter().map(String::as_str).collect();
    common_head(&turned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(names: &[&str], most: f64) -> Vec<String> {
        short_names(names, 13.0, Weight::Bold, most)
    }

    #[test]
    fn what_is_common_goes_first() {
        let names = ["device-with-a-name-00-abc", "device-with-a-name-15-abc"];
        assert_eq!(short(&names, 400.0), names);
        assert_eq!(short(&names, 100.0), ["…00-abc", "…15-abc"]);
        assert_eq!(short(&names, 45.0), ["…00…", "…15…"]);
    }

    #[test]
    fn names_stay_different() {
        let names: Vec<String> = (0..16)
            .map(|n| format!("{n:02}{}z", "x".repeat(60)))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        for most in [60.0, 90.0, 200.0] {
            let short = short(&names, most);
            assert!(all_differ(&short), "{short:?}");
        }
        // One alone has nothing in common with others.
        assert!(short(&["a-rather-long-name-of-a-device"], 90.0)[0].starts_with("a-r"));
    }
}
