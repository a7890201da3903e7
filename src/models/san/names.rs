//! Everything in a storage network has one name, in one space.

use super::SanError;

/// What a name stands for.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// An initiator port.
    Initiator(u16),
    /// A link between switches: its number among all links.
    Link(u16),
    /// A target port.
    Port(u16),
    /// A controller of an array.
    Controller(u16, u16),
    /// A LUN of an array.
    Lun(u16, u16),
    /// The link between controllers of an array.
    Interconnect(u16),
}

impl Place {
    /// What sort of thing it is.
    pub fn what(self) -> &'static str {
        match self {
            Place::Initiator(_) => "initiator",
            Place::Link(_) => "link",
            Place::Port(_) => "target port",
            Place::Controller(..) => "controller",
            Place::Lun(..) => "LUN",
            Place::Interconnect(_) => "interconnect",
        }
    }
}

/// All names.
#[derive(Clone, Debug, Default)]
pub struct Names {
    names: Vec<(String, Place)>,
}

impl Names {
    /// `name` stands for `place`.
    ///
    /// # Errors
    /// It stands for something else already.
    pub fn add(&mut self, name: String, place: Place) -> Result<(), SanError> {
        if self.names.iter().any(|(other, _)| *other == name) {
            return Err(SanError::Twice(name));
        }
        self.names.push((name, place));
        Ok(())
    }

    /// What `name` stands for, if `pick` takes it. `ctl0.p0` also finds
    /// `array.ctl0.p0`, if that is the only one.
    ///
    /// # Errors
    /// Nothing, or too much, has that name.
    pub fn find<T>(
        &self,
        what: &'static str,
        name: &str,
        pick: impl Fn(Place) -> Option<T>,
    ) -> Result<T, SanError> {
        let fits = |full: &str| {
            full == name
                || full
                    .strip_suffix(name)
                    .is_some_and(|rest| rest.ends_with('.'))
        };
        let picked = |(full, place): &(String, Place)| Some((full.clone(), pick(*place)?));
        let mut candidates: Vec<(String, T)> = self.names.iter().filter_map(picked).collect();
        if let Some(exact) = candidates.iter().position(|(full, _)| full == name) {
            return Ok(candidates.swap_remove(exact).1);
        }
        let all = candidates.iter().map(|(full, _)| full.clone()).collect();
        candidates.retain(|(full, _)| fits(full));
        match (candidates.pop(), candidates.is_empty()) {
            (Some((_, found)), true) => Ok(found),
            (Some(_), false) => Err(SanError::Twice(name.into())),
            (None, _) => Err(SanError::Unknown {
                what,
                name: name.into(),
                known: all,
            }),
        }
    }
}
