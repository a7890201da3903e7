//! Media, and ports that name them.

use super::Checker;
use crate::scenario::error::did_you_mean;
use crate::scenario::raw::{RawMedia, RawPort};

impl Checker<'_> {
    pub(super) fn media(&mut self, media: &[RawMedia]) {
        for (index, entry) in media.iter().enumerate() {
            if media[..index]
                .iter()
                .any(|other| *other.name == *entry.name)
            {
                let message = format!("media `{}` stand above already", *entry.name);
                self.wrong(&entry.name, message, "give them a name of their own");
            }
        }
    }

    pub(super) fn port_refers(&mut self, port: &RawPort, media: &[RawMedia]) {
        if let Some(name) = &port.media
            && !media.iter().any(|media| *media.name == **name)
        {
            let known = media.iter().map(|media| media.name.as_str());
            let hint = format!(
                "{}; add a [[media]] of this name",
                did_you_mean(name, known)
            );
            self.wrong(name, format!("there are no media `{}`", **name), hint);
        }
    }
}
