//! Files that are there whole or not at all.

use std::io::{self, Write};
use std::path::Path;

/// Writes `bytes` to `path`, as [`whole_file`] does.
///
/// # Errors
/// As there; also that `path` names no file.
pub fn file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| io::Error::other("not the name of a file"))?;
    whole_file(folder, name, bytes)
}

/// Writes `bytes` to `folder`/`name`: beside it first, then renamed. Folders
/// are made on the way.
///
/// # Errors
/// What the file system says; the old file is then untouched.
pub fn whole_file(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let beside = folder.join(format!(".{name}.{}", std::process::id()));
    let written = std::fs::File::create(&beside).and_then(|mut file| {
        file.write_all(bytes.as_ref())?;
        file.sync_all()
    });
    let renamed = written.and_then(|()| std::fs::rename(&beside, folder.join(name)));
    if renamed.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    renamed
}

/// Writes `files`, each a name and bytes, to `folder`: all of them beside their
/// places, and only once there was room for all, one after the other into them.
///
/// # Errors
/// What the file system says; as long as it is short of room, the old files are
/// then untouched.
pub fn whole_files<B: AsRef<[u8]>>(folder: &Path, files: &[(&str, B)]) -> io::Result<()> {
    let mut beside = Vec::with_capacity(files.len());
    for (name, bytes) in files {
        let mut file = Growing::create(folder, name)?;
        file.write_all(bytes.as_ref())?;
        file.settle()?;
        beside.push(file);
    }
    beside.into_iter().try_for_each(Growing::commit)
}

/// A file that grows beside its place, and is put there when it is whole.
#[derive(Debug)]
pub struct Growing {
    file: io::BufWriter<std::fs::File>,
    beside: std::path::PathBuf,
    place: std::path::PathBuf,
    /// Whether all that it has is durable.
    is_settled: bool,
    is_there: bool,
}

impl Growing {
    /// Begins `folder`/`name`.
    ///
    /// # Errors
    /// What the file system says.
    pub fn create(folder: &Path, name: &str) -> io::Result<Growing> {
        std::fs::create_dir_all(folder)?;
        let beside = folder.join(format!(".{name}.{}", std::process::id()));
        Ok(Growing {
            file: io::BufWriter::with_capacity(1 << 16, std::fs::File::create(&beside)?),
            beside,
            place: folder.join(name),
            is_settled: false,
            is_there: false,
        })
    }

    /// Makes all that it has durable, beside its place.
    ///
    /// # Errors
    /// What the file system says.
    pub fn settle(&mut self) -> io::Result<()> {
        if !self.is_settled {
            self.file.flush()?;
            self.file.get_ref().sync_all()?;
            self.is_settled = true;
        }
        Ok(())
    }

    /// Puts it in its place.
    ///
    /// # Errors
    /// What the file system says; what was there is then untouched.
    pub fn commit(mut self) -> io::Result<()> {
        self.settle()?;
        std::fs::rename(&self.beside, &self.place)?;
        self.is_there = true;
        Ok(())
    }
}

impl Write for Growing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.is_settled = false;
        self.file.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Growing {
    fn drop(&mut self) {
        if !self.is_there {
            let _ = std::fs::remove_file(&self.beside);
        }
    }
}
