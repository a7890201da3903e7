//! Files that are there whole or not at all.

use std::io::{self, Write};
use std::path::Path;

/// Writes `text` to `folder`/`name`: beside it first, then renamed. Folders
/// are made on the way.
///
/// # Errors
/// What the file system says; the old file is then untouched.
pub fn whole_file(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let beside = folder.join(format!(".{name}.{}", std::process::id()));
    let written = std::fs::File::create(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let renamed = written.and_then(|()| std::fs::rename(&beside, folder.join(name)));
    if renamed.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    renamed
}
