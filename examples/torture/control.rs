//! The disk and the clock of the service: a C shim before its libc does what a file says.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::built;

/// How the disk fails for the database's files. As in `shim.c`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disk {
    Fine,
    Full,
    WritesFail,
    SyncsFail,
    /// Half of each write is there, and then the disk is full.
    HalfWritten,
}

pub struct Control {
    file: File,
    pub path: PathBuf,
    pub shim: PathBuf,
}

impl Control {
    /// Compiles the shim.
    pub fn new(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("control");
        let shim = built::library("examples/torture/shim.c", folder)?;
        let control = Self { file: File::create(&path)?, path, shim };
        control.file.set_len(16)?;
        Ok(control)
    }

    /// From now on the service's clock is wrong by so many milliseconds.
    pub fn set_clock(&self, by: i64) -> std::io::Result<()> {
        self.file.write_all_at(&by.to_ne_bytes(), 0)
    }

    pub fn set_disk(&self, disk: Disk) -> std::io::Result<()> {
        self.file.write_all_at(&(disk as i64).to_ne_bytes(), 8)
    }
}
