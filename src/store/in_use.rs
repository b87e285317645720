//! The file of SQLite's that a service uses, and those beside it: which ones they are, however their names may be used
//! meanwhile.

use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::{Result, StoreError};

/// What a write-ahead log begins with, but for the last bit (<https://sqlite.org/fileformat.html#walformat>).
const LOG_MAGIC: u32 = 0x377f_0682;

/// The files by device and inode.
#[derive(Clone, Debug)]
pub(super) struct InUse {
    path: PathBuf,
    files: Files,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Files {
    file: Option<(u64, u64)>,
    /// The write-ahead log; none where the file system can have none.
    log: Option<(u64, u64)>,
}

impl Files {
    fn at(path: &Path) -> Self {
        let identity = |path: &Path| std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
        Self { file: identity(path), log: identity(&log_of(path)) }
    }
}

impl InUse {
    pub(super) fn of(path: &Path) -> Self {
        Self { path: path.to_owned(), files: Files::at(path) }
    }

    /// An error unless both names still lead there, and the log was not emptied. What is written to a file without a name
    /// is lost with the process. To be asked after a commit, and before the file is opened again.
    pub(super) fn check(&self) -> Result<()> {
        let Self { path, files } = self;
        let is_there =
            files.file.is_some() && *files == Files::at(path) && (files.log.is_none() || is_log(&log_of(path)));
        if is_there { Ok(()) } else { Err(StoreError::Replaced(path.clone())) }
    }
}

fn is_log(path: &Path) -> bool {
    let mut magic = [0; 4];
    let read = File::open(path).and_then(|file| file.read_exact_at(&mut magic, 0));
    read.is_ok() && u32::from_be_bytes(magic) | 1 == LOG_MAGIC | 1
}

/// The write-ahead log of a file.
pub(super) fn log_of(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

/// A file beside a database, which has its name and an ending.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(ending);
    name.into()
}
