//! A configuration as a tree of blocks and options, with their places.

use super::error::At;

/// A whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conf {
    /// Its sections, in order.
    pub sections: Vec<Block>,
}

/// A section, or a block within one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// Its name.
    pub name: String,
    /// The place of the name.
    pub at: At,
    /// What is in it, in order.
    pub items: Vec<Item>,
}

/// Something within a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// An option.
    Setting(Setting),
    /// Another block.
    Block(Block),
}

/// An option and its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setting {
    /// The option.
    pub name: String,
    /// Its value, without quotes.
    pub value: String,
    /// The place of the option.
    pub at: At,
    /// The place of its value.
    pub value_at: At,
}

impl Conf {
    /// The same without places, as [`parse`](super::parse) gives it for any
    /// layout of the same options.
    pub fn without_places(&self) -> Conf {
        Conf {
            sections: self.sections.iter().map(Block::without_places).collect(),
        }
    }
}

impl Block {
    /// The options in it, in order.
    pub fn settings(&self) -> impl Iterator<Item = &Setting> {
        self.items.iter().filter_map(|item| match item {
            Item::Setting(setting) => Some(setting),
            Item::Block(_) => None,
        })
    }

    /// The blocks in it, in order.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.items.iter().filter_map(|item| match item {
            Item::Block(block) => Some(block),
            Item::Setting(_) => None,
        })
    }

    /// The last value of an option, which is the one that counts.
    pub fn get(&self, option: &str) -> Option<&str> {
        let named = self.settings().filter(|setting| setting.name == option);
        named.last().map(|setting| setting.value.as_str())
    }

    fn without_places(&self) -> Block {
        let item = |item: &Item| match item {
            Item::Block(block) => Item::Block(block.without_places()),
            Item::Setting(setting) => Item::Setting(Setting {
                name: setting.name.clone(),
                value: setting.value.clone(),
                ..Setting::default()
            }),
        };
        Block {
            name: self.name.clone(),
            at: At::default(),
            items: self.items.iter().map(item).collect(),
        }
    }
}
