//! What the `dmsetup` program prints where it fails (LVM2 2.03.16,
//! `dmsetup.c`); its exit status is then 1.

use super::table::LoadError;
use crate::models::mpath::Errno;

/// The letters of its options (`_process_switches`).
const OPTIONS: &str = "cCfGhjmMnoOrSuUvy";

/// An option that `dmsetup` knows and this module does not.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("option `{0}` of dmsetup is not supported")]
pub struct UnknownOption(pub String);

/// The ioctl behind `command` (`reload`, `resume`, `message`) has failed for
/// the device called `name`.
pub fn failure(command: &str, name: &str, errno: Errno) -> String {
    format!("device-mapper: {command} ioctl on {name}  failed: {errno}\nCommand failed.")
}

/// `dmsetup reload NAME`, with the table on its standard input, has failed.
pub fn load_failure(name: &str, error: LoadError) -> String {
    match error {
        LoadError::Kernel(errno) => failure("reload", name, errno),
        LoadError::Syntax(line) => {
            format!("Invalid format on line {line} of table on stdin.\nCommand failed.")
        }
    }
}

/// `dmsetup message NAME 0 TEXT` has failed with `errno`.
pub fn message_failure(name: &str, text: &str, errno: Errno) -> String {
    let answer = failure("message", name, errno);
    if text.trim().is_empty() {
        // It complains, and sends nothing as a message all the same.
        return format!("No message supplied.\n{answer}");
    }
    answer
}

/// What `dmsetup` says of the words of a command line that it takes for options
/// and does not know; none: it carries the command out.
///
/// # Errors
/// An option that it does know.
pub fn refused_option(command_line: &str) -> Result<Option<String>, UnknownOption> {
    for word in command_line.split_whitespace() {
        match word.strip_prefix('-') {
            Some("-") => return Ok(None), // everything behind it is no option
            None | Some("") => continue,
            Some(letters) => match letters.chars().next() {
                Some(c) if !OPTIONS.contains(c) && c != '-' => {
                    return Ok(Some(format!(
                        "dmsetup: invalid option -- '{c}'\nCouldn't process command line."
                    )));
                }
                _ => return Err(UnknownOption(word.to_owned())),
            },
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_begin_with_a_dash_are_options() {
        let invalid = "dmsetup: invalid option -- '1'\nCouldn't process command line.";
        assert_eq!(
            refused_option("switch_group -1"),
            Ok(Some(invalid.to_owned()))
        );
        assert_eq!(refused_option("fail_path - a-b"), Ok(None));
        assert_eq!(refused_option("switch_group -- -1"), Ok(None));
        assert!(refused_option("fail_path -v").is_err());
        assert!(refused_option("fail_path --verbose").is_err());
    }

    #[test]
    fn failures() {
        assert_eq!(
            load_failure("t", LoadError::Syntax(2)),
            "Invalid format on line 2 of table on stdin.\nCommand failed."
        );
        let nothing = message_failure("mp", " ", Errno::Einval);
        assert!(nothing.starts_with("No message supplied.\ndevice-mapper: message ioctl on mp  "));
    }
}
