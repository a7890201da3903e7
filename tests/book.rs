//! The pages of `docs/` make a book: every page is in its contents, and every link
//! leads to something in it.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

/// All pages, as paths from `docs/`.
fn pages(folder: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            pages(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "md") {
            found.insert(path.strip_prefix(docs()).unwrap().to_owned());
        }
    }
}

/// What the links and pictures of a page name, without what is elsewhere.
fn links(text: &str) -> Vec<String> {
    let parts = text.split("](").skip(1);
    let targets = parts.filter_map(|rest| rest.split(')').next());
    targets
        .filter(|target| !target.contains("://") && !target.starts_with('#'))
        .map(|target| target.split('#').next().unwrap().to_owned())
        .collect()
}

#[test]
fn every_link_leads_to_a_file_of_the_book() {
    let mut all = BTreeSet::new();
    pages(&docs(), &mut all);
    assert!(all.len() > 10, "{all:?}");
    for page in &all {
        let folder = docs().join(page.parent().unwrap());
        let text = std::fs::read_to_string(docs().join(page)).unwrap();
        for link in links(&text) {
            let file = folder.join(&link);
            let file = file
                .canonicalize()
                .unwrap_or_else(|why| panic!("{}: {link}: {why}", page.display()));
            let is_inside = file.starts_with(docs().canonicalize().unwrap());
            assert!(is_inside, "{}: {link} is not in docs/", page.display());
        }
    }
}

#[test]
fn every_page_is_in_the_contents_once() {
    let mut all = BTreeSet::new();
    pages(&docs(), &mut all);
    all.remove(Path::new("SUMMARY.md"));
    let contents = std::fs::read_to_string(docs().join("SUMMARY.md")).unwrap();
    let listed: Vec<PathBuf> = links(&contents).iter().map(PathBuf::from).collect();
    let once: BTreeSet<PathBuf> = listed.iter().cloned().collect();
    assert_eq!(once.len(), listed.len(), "a page is listed twice");
    assert_eq!(once, all);
    // Where upper and lower case are the same, so are such names.
    let lower: BTreeSet<String> = all
        .iter()
        .map(|page| page.display().to_string().to_lowercase())
        .chain(["summary.md".to_owned()])
        .collect();
    assert_eq!(lower.len(), all.len() + 1);
}
