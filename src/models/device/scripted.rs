//! Faults that are set by hand: what the next commands to a range of sectors
//! come to.

/// A fault of commands that touch a range of sectors.
#[derive(Clone, Debug, PartialEq)]
pub struct Scripted<A> {
    /// First sector.
    pub first: u64,
    /// Last sector.
    pub last: u64,
    /// How many more commands it strikes.
    pub times: u32,
    /// What they come to.
    pub answer: A,
}

/// Faults in the order in which they are looked at.
pub type Script<A> = Vec<Scripted<A>>;

/// Whether a command touches the sectors `first` to `last`.
#[inline]
pub fn touches(sector: u64, sectors: u32, first: u64, last: u64) -> bool {
    sector <= last && sector + u64::from(sectors) > first
}

/// The first fault that strikes a command.
pub fn strike<A: Clone>(script: &mut Script<A>, sector: u64, sectors: u32) -> Option<A> {
    let hit = |f: &&mut Scripted<A>| f.times > 0 && touches(sector, sectors, f.first, f.last);
    let fault = script.iter_mut().find(hit)?;
    fault.times -= 1;
    Some(fault.answer.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_what_touches_its_sectors_as_often_as_it_says() {
        let mut script = vec![Scripted {
            first: 8,
            last: 15,
            times: 2,
            answer: 'x',
        }];
        assert_eq!(strike(&mut script, 0, 8), None);
        assert_eq!(strike(&mut script, 15, 1), Some('x'));
        assert_eq!(strike(&mut script, 16, 8), None);
        assert_eq!(strike(&mut script, 0, 9), Some('x'));
        assert_eq!(strike(&mut script, 8, 8), None);
    }
}
