//! Which experiments there are.

use std::path::{Path, PathBuf};

use super::ValidateError;
use crate::formats::kernel_observation::{self, Observation};

/// The experiments in `paths`, in that order; the files of a folder, and of the
/// folders in it, by name.
///
/// # Errors
/// A path that cannot be read, a file that is not an observation, a folder
/// without any.
pub fn observations<P: AsRef<Path>>(paths: &[P]) -> Result<Vec<Observation>, ValidateError> {
    let mut all = Vec::new();
    for path in paths {
        for file in files(path.as_ref())? {
            all.extend(kernel_observation::read_file(&file)?);
        }
    }
    Ok(all)
}

/// `path`, or the `*.json` below it.
fn files(path: &Path) -> Result<Vec<PathBuf>, ValidateError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    walk(path, &mut found)?;
    if found.is_empty() {
        return Err(ValidateError::Nothing(path.to_owned()));
    }
    Ok(found)
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), ValidateError> {
    let failed = |source| ValidateError::Folder {
        path: folder.to_owned(),
        source,
    };
    let mut entries = std::fs::read_dir(folder)
        .map_err(failed)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<Vec<PathBuf>, _>>()
        .map_err(failed)?;
    entries.sort();
    for entry in entries {
        // A link to a folder could lead back here.
        if entry.is_dir() && !entry.is_symlink() {
            walk(&entry, found)?;
        } else if entry.extension().is_some_and(|e| e == "json") && entry.is_file() {
            found.push(entry);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A new folder for the test `name`; gone at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let name = format!("mpathsim-gather-{name}-{}", std::process::id());
            let path = std::env::temp_dir().join(name);
            fs::create_dir_all(path.join("a/b")).unwrap();
            Folder(path)
        }
        fn write(&self, file: &str, ids: &[&str]) {
            let objects: Vec<String> = ids
                .iter()
                .map(|id| {
                    format!(
                        r#"{{"format": "kernel-observation/1", "id": "{id}",
                            "group": "interface", "observed": {{}}}}"#
                    )
                })
                .collect();
            let text = format!("[{}]", objects.join(","));
            fs::write(self.0.join(file), text).unwrap();
        }
        fn ids(&self) -> Vec<String> {
            let all = observations(&[&self.0]).unwrap();
            all.into_iter().map(|o| o.id).collect()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn folders_by_name_files_in_them_too() {
        let folder = Folder::new("order");
        folder.write("z.json", &["last"]);
        folder.write("a/b/1.json", &["first", "second"]);
        folder.write("a/c.json", &["third"]);
        fs::write(folder.0.join("README.md"), "not one").unwrap();
        assert_eq!(folder.ids(), ["first", "second", "third", "last"]);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let folder = Folder::new("errors");
        let error = |path: &Path| observations(&[path]).unwrap_err();
        assert!(matches!(error(&folder.0), ValidateError::Nothing(_)));
        let missing = folder.0.join("missing.json");
        assert!(matches!(error(&missing), ValidateError::Observation(_)));
        fs::write(folder.0.join("bad.json"), "{").unwrap();
        let bad = error(&folder.0).to_string();
        assert!(bad.contains("bad.json:1:"), "{bad}");
    }
}
