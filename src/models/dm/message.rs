//! Messages to a device-mapper device (`dmsetup message`;
//! `dm-ioctl.c:target_message`, 6.1).

use super::table::{Table, Target};
use crate::models::mpath::{DeviceLookup, Effects, Errno, split_args};

/// Sends a message to the target at `sector`, or, if it begins with `@`, to
/// the core (`dm-ioctl.c:target_message`). Kernel log lines go to `log`.
///
/// # Errors
/// As `Multipath::message`; `EINVAL` for other targets, for an empty message
/// and for one the core does not know.
pub fn message(
    table: &mut Table,
    sector: u64,
    text: &str,
    lookup: &dyn DeviceLookup,
    log: &mut Vec<String>,
) -> Result<Effects, Errno> {
    let words = split_args(text);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let refuse = |text: &str, log: &mut Vec<String>| {
        log.push(format!("device-mapper: ioctl: {text}"));
        Err(Errno::Einval)
    };
    match words.first() {
        None => return refuse("Empty message received.", log),
        Some(&"@cancel_deferred_remove") if words.len() == 1 => return Ok(Default::default()),
        Some(word) if word.starts_with('@') => {
            let text = format!("Unsupported message sent to DM core: {word}");
            return refuse(&text, log);
        }
        Some(_) => {}
    }
    let target = table.find(sector).map(|index| &mut table.targets[index]);
    match target.map(|t| &mut t.target) {
        None => refuse("Target message sector outside device.", log),
        Some(Target::Multipath(m)) => {
            let result = m.message(&words, lookup);
            log.append(&mut m.log);
            result
        }
        Some(_) => refuse("Target type does not support messages", log),
    }
}
