//! The known word that a mistyped one is nearest to.

/// The one of `known` that `word` is most like, if it is like any.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let near = |candidate: &str| 1 + candidate.chars().count() / 3;
    known
        .into_iter()
        .map(|candidate| (edits(word, candidate), candidate))
        .min()
        .filter(|(edits, candidate)| *edits <= near(candidate))
        .map(|(_, candidate)| candidate.to_owned())
}

/// A hint that names it.
pub(crate) fn did_you_mean(nearest: &str) -> String {
    format!("did you mean `{nearest}`?")
}

/// Letters to insert, delete or replace (Levenshtein's distance).
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let known = ["failback", "features"];
        assert_eq!(nearest("failbak", known).as_deref(), Some("failback"));
        assert_eq!(nearest("prio", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest("x", []), None);
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("größe", "grösse"), 2);
    }
}
