//! Whether a scenario is still the one that a baseline was recorded with.
//!
//! The policy of its maps is what is checked, not what it is checked in: it does not
//! count.

use std::path::Path;

use crate::scenario::{ScenarioError, with_selector};

/// Keys of a map, or of a group of it, that are its policy; no other table has them.
const POLICY: [&str; 2] = ["selector", "selector_args"];
/// The words of a path of it.
const PATH: [&str; 2] = ["device", "args"];
/// The line of `dmsetup`.
const TABLE: &str = "table";

/// The hash of the scenario at `path`: of its values, comments, layout and the policy of
/// its maps aside, and of the files that it names. It does not hang on the version of the
/// program.
///
/// # Errors
/// The file cannot be read.
pub fn fingerprint(path: &Path) -> Result<String, ScenarioError> {
    let text = std::fs::read_to_string(path).map_err(|why| ScenarioError::Unreadable {
        path: path.display().to_string(),
        why,
    })?;
    let mut hasher = blake3::Hasher::new();
    match text.parse::<toml::Table>() {
        Ok(table) => {
            let folder = path.parent().unwrap_or(Path::new("."));
            add(&mut hasher, folder, &toml::Value::Table(table));
        }
        // What is wrong with it is told when it is run.
        Err(_) => part(&mut hasher, b't', text.as_bytes()),
    }
    let hash = hasher.finalize().to_hex();
    Ok(hash.as_str()[..32].to_owned())
}

/// Adds a value, keys in order of the alphabet; and the file that it names, if it does.
fn add(hasher: &mut blake3::Hasher, folder: &Path, value: &toml::Value) {
    match value {
        toml::Value::Table(table) => {
            if let Some(device) = path(table) {
                return add(hasher, folder, device);
            }
            let counts = |(key, _): &(&String, _)| !POLICY.contains(&key.as_str());
            let mut entries: Vec<_> = table.iter().filter(counts).collect();
            part(hasher, b'{', &(entries.len() as u64).to_le_bytes());
            entries.sort_by_key(|(key, _)| key.as_str());
            for (key, value) in entries {
                part(hasher, b'k', key.as_bytes());
                match value {
                    toml::Value::String(line) if key == TABLE => {
                        let any = toml::Value::String(with_selector(line, "any", &[]));
                        add(hasher, folder, &any);
                    }
                    value => add(hasher, folder, value),
                }
            }
        }
        toml::Value::Array(list) => {
            part(hasher, b'[', &(list.len() as u64).to_le_bytes());
            list.iter().for_each(|value| add(hasher, folder, value));
        }
        toml::Value::String(text) => {
            part(hasher, b's', text.as_bytes());
            let file = folder.join(text);
            if !text.is_empty() && file.is_file() {
                part(hasher, b'f', &std::fs::read(file).unwrap_or_default());
            }
        }
        other => part(hasher, b'v', other.to_string().as_bytes()),
    }
}

/// The device of a path with words for its selector, if `table` is one.
fn path(table: &toml::Table) -> Option<&toml::Value> {
    let is_path = table.keys().all(|key| PATH.contains(&key.as_str()));
    table.get(PATH[0]).filter(|_| is_path)
}

/// Adds some bytes, so that no two lists of parts are one.
fn part(hasher: &mut blake3::Hasher, kind: u8, bytes: &[u8]) {
    hasher.update(&[kind]);
    hasher.update(&(bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_count_and_layout_does_not() {
        let folder = std::env::temp_dir().join(format!("mpathsim-print-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("x.conf"), "a").unwrap();
        let of = |text: &str| {
            let path = folder.join("s.toml");
            std::fs::write(&path, text).unwrap();
            fingerprint(&path).unwrap()
        };
        let one = of("a = 1\n[b]\nfile = \"x.conf\"\n");
        assert_eq!(one, of("# told\nb = { file = \"x.conf\" }\na   = 1\n"));
        assert_ne!(one, of("a = 2\n[b]\nfile = \"x.conf\"\n"));
        std::fs::write(folder.join("x.conf"), "b").unwrap();
        assert_ne!(one, of("a = 1\n[b]\nfile = \"x.conf\"\n"));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    /// What is checked is not what it is checked in.
    #[test]
    fn the_policy_of_a_map_does_not_count() {
        let folder = std::env::temp_dir().join(format!("mpathsim-map-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let of = |text: &str| {
            let path = folder.join("s.toml");
            std::fs::write(&path, text).unwrap();
            fingerprint(&path).unwrap()
        };
        let fields =
            |policy: &str, paths: &str| of(&format!("[[map]]\n{policy}\npaths = {paths}\n"));
        let one = fields("selector = \"round-robin\"", "[\"sda\", \"sdb\"]");
        let other = "selector = \"ewma-latency\"\nselector_args = [\"shift=2\"]";
        assert_eq!(
            one,
            fields(other, "[\"sda\", { device = \"sdb\", args = [\"4\"] }]")
        );
        assert_ne!(one, fields(other, "[\"sda\", \"sdc\"]"));
        let line = |policy: &str, paths: &str| {
            of(&format!(
                "[[map]]\ntable = \"0 8 multipath 0 0 1 1 {policy} 0 {paths}\"\n"
            ))
        };
        let one = line("round-robin", "2 1 sda 1000 sdb 1000");
        assert_eq!(one, line("queue-length", "2 0 sda sdb"));
        assert_ne!(one, line("round-robin", "2 1 sda 1000 sdc 1000"));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
