//! Answers at a glance: a few cards beside each other.

use super::markup::Html;

/// A card.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Card {
    /// How it is marked: `bio`, `request`, `equal`, `good`, `bad`, or nothing.
    pub class: &'static str,
    /// What it is about.
    pub what: String,
    /// The answer.
    pub told: String,
    /// What else belongs to it, a line each.
    pub more: Vec<String>,
}

impl Card {
    /// A card without more words.
    pub fn new(class: &'static str, what: &str, told: String) -> Card {
        Card {
            class,
            what: what.into(),
            told,
            more: Vec::new(),
        }
    }
}

/// Adds them; nothing if there are none.
pub fn write(body: &mut Html, cards: &[Card]) {
    if cards.is_empty() {
        return;
    }
    body.raw("<ul class=\"verdicts\">\n");
    for card in cards {
        body.raw(&format!("<li class=\"{}\">", card.class));
        body.element("span", &card.what).element("b", &card.told);
        for line in &card.more {
            body.element("span", line);
        }
        body.raw("</li>\n");
    }
    body.raw("</ul>\n");
}
