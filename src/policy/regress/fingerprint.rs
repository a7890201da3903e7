//! Whether a scenario is still the one that a baseline was recorded with.

use std::path::Path;

use crate::scenario::ScenarioError;

/// The hash of the scenario at `path`: of its values, comments and layout aside, and
/// of the files that it names. It does not hang on the version of the program.
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
            part(hasher, b'{', &(table.len() as u64).to_le_bytes());
            let mut entries: Vec<_> = table.iter().collect();
            entries.sort_by_key(|(key, _)| key.as_str());
            for (key, value) in entries {
                part(hasher, b'k', key.as_bytes());
                add(hasher, folder, value);
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
}
