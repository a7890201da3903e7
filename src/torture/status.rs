//! Reads what `dmsetup status` says of a multipath target back, and compares
//! it with the target.

use crate::models::mpath::Multipath;
use crate::models::mpath::selector::{PathSelector, StatusType};

/// A path, as the status shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathShown {
    /// Its device.
    pub device: String,
    /// Whether it is in use.
    pub is_active: bool,
    /// How often it failed.
    pub fail_count: u32,
    /// Words of the selector.
    pub words: Vec<String>,
}

/// A group, as the status shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupShown {
    /// `A`, `E` or `D`: in use, enabled, disabled.
    pub letter: char,
    /// Its paths.
    pub paths: Vec<PathShown>,
}

/// A target, as the status shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Whether I/O is held until the group is initialised.
    pub queue_io: bool,
    /// Rounds of initialisation.
    pub pg_init_count: u32,
    /// The group to be used next, from 1.
    pub next_group: usize,
    /// Its groups.
    pub groups: Vec<GroupShown>,
}

/// The target that the line `text` of `dmsetup status` shows; none if it
/// follows no multipath status's grammar.
pub fn read(text: &str) -> Option<Shown> {
    let mut words = text.split_whitespace();
    words.next()?.parse::<u64>().ok()?;
    words.next()?.parse::<u64>().ok()?;
    if words.next()? != "multipath" {
        return None;
    }
    let number = |words: &mut std::str::SplitWhitespace<'_>| words.next()?.parse::<usize>().ok();
    if number(&mut words)? != 2 {
        return None;
    }
    let queue_io = number(&mut words)? != 0;
    let pg_init_count = number(&mut words)? as u32;
    for _ in 0..number(&mut words)? {
        words.next()?; // of the hardware handler
    }
    let (groups, next_group) = (number(&mut words)?, number(&mut words)?);
    let mut shown = Vec::new();
    for _ in 0..groups {
        let letter = words.next()?.parse().ok()?;
        for _ in 0..number(&mut words)? {
            words.next()?; // of the selector
        }
        let (paths, args) = (number(&mut words)?, number(&mut words)?);
        let mut list = Vec::new();
        for _ in 0..paths {
            list.push(PathShown {
                device: words.next()?.into(),
                is_active: match words.next()? {
                    "A" => true,
                    "F" => false,
                    _ => return None,
                },
                fail_count: number(&mut words)? as u32,
                words: (0..args)
                    .map(|_| words.next().map(str::to_owned))
                    .collect::<Option<_>>()?,
            });
        }
        shown.push(GroupShown {
            letter,
            paths: list,
        });
    }
    words.next().is_none().then_some(Shown {
        queue_io,
        pg_init_count,
        next_group,
        groups: shown,
    })
}

/// Compares `text` with the target that it is to show; devices are called as
/// `name` says.
///
/// # Errors
/// What it shows otherwise.
pub fn check(text: &str, target: &Multipath, name: impl Fn(u16) -> String) -> Result<(), String> {
    let Some(shown) = read(text) else {
        return Err(format!("status: not understood: {text}"));
    };
    let differs = |what: &str| Err(format!("status: {what} is another: {text}"));
    if shown.queue_io != target.queue_io() || shown.pg_init_count != target.pg_init_count() {
        return differs("the initialisation");
    }
    if shown.groups.len() != target.groups().len() {
        return differs("the number of groups");
    }
    for (group, is) in shown.groups.iter().zip(target.groups()) {
        if (group.letter == 'D') != is.bypassed {
            return differs("which group is bypassed");
        }
        let args = is.selector.status_args(StatusType::Info) as usize;
        if group.paths.len() != is.paths().len() {
            return differs("the number of paths");
        }
        for (path, at) in group.paths.iter().zip(is.paths()) {
            let is = &target.paths()[usize::from(at.0)];
            if path.device != name(is.dev.0) {
                return differs("a device");
            }
            if path.is_active != is.active || path.fail_count != is.fail_count {
                return differs("the state of a path");
            }
            if path.words.len() != args {
                return differs("the number of a selector's words");
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read() {
        let text = "0 16384 multipath 2 0 1 0 2 2 A 0 1 2 p0 A 0 512 1 D 0 2 0 p1 F 3 p2 A 1";
        let shown = read(text).unwrap();
        assert_eq!((shown.next_group, shown.groups.len()), (2, 2));
        assert_eq!(shown.groups[0].paths[0].words, ["512", "1"]);
        assert_eq!(shown.groups[1].letter, 'D');
        let failed = &shown.groups[1].paths[0];
        assert!(!failed.is_active && failed.fail_count == 3);
        assert_eq!(read(&format!("{text} 1")), None);
        assert_eq!(read(&text.replace(" F ", " X ")), None);
    }
}
