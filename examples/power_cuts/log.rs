//! The log of a recording: what `recorder.c` has written down, and the marks of whoever made the load, in one order.

use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use serde::{Deserialize, Serialize};

/// Length, kind, file, place, thread, length of the name: as `struct head` in `recorder.c`.
const HEAD: usize = 32;

/// What happened to the folder, in the order of the log. Files are named by their inode, paths begin in the folder.
#[derive(Debug)]
pub enum Step {
    /// Made, if it was not there.
    Open {
        file: u64,
        is_emptied: bool,
        path: String,
    },
    Write {
        file: u64,
        at: usize,
        data: Range<usize>,
    },
    Truncate {
        file: u64,
        to: usize,
    },
    SyncOfFile {
        file: u64,
        thread: u32,
    },
    SyncOfFolder {
        path: String,
        thread: u32,
    },
    /// Of the one that this thread began.
    SyncEnds {
        thread: u32,
        is_done: bool,
    },
    Rename {
        from: String,
        to: String,
    },
    Link {
        from: String,
        to: String,
    },
    Remove {
        path: String,
    },
    MakeFolder {
        path: String,
    },
    Mark(Mark),
}

/// What somebody outside of the program knows by now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mark {
    /// Here cuts are made.
    Begins(String),
    Ends(String),
    /// The webhook with this version was answered 202, with its event's id; or it was a duplicate, which has none.
    Accepted {
        version: String,
        event_id: Option<String>,
    },
    /// The stand-in for WeCom has received a message about these versions.
    Received(Vec<String>),
}

pub struct Log {
    pub bytes: Vec<u8>,
    pub steps: Vec<Step>,
}

impl Log {
    pub fn read(file: &Path, folder: &Path) -> anyhow::Result<Self> {
        let bytes = std::fs::read(file)?;
        let (mut steps, mut place) = (Vec::new(), 0);
        while place < bytes.len() {
            let length = number(&bytes, place, 4) as usize;
            ensure!(length >= HEAD && place + length <= bytes.len(), "the log is broken at byte {place}");
            steps.push(step(&bytes, place..place + length, folder)?);
            place += length;
        }
        Ok(Self { bytes, steps })
    }
}

fn number(bytes: &[u8], at: usize, length: usize) -> u64 {
    let mut whole = [0; 8];
    whole[..length].copy_from_slice(&bytes[at..at + length]);
    u64::from_ne_bytes(whole)
}

fn step(bytes: &[u8], record: Range<usize>, folder: &Path) -> anyhow::Result<Step> {
    let begin = record.start;
    let (kind, file) = (number(bytes, begin + 4, 4) as u8, number(bytes, begin + 8, 8));
    let (at, thread) = (number(bytes, begin + 16, 8), number(bytes, begin + 24, 4) as u32);
    let name = begin + HEAD..begin + HEAD + number(bytes, begin + 28, 4) as usize;
    let data = name.end..record.end;
    let path = |range: &Range<usize>| {
        let path = Path::new(std::str::from_utf8(&bytes[range.clone()])?);
        let inside = path.strip_prefix(folder).with_context(|| path.display().to_string())?;
        anyhow::Ok(inside.to_string_lossy().into_owned())
    };
    Ok(match kind {
        b'O' => Step::Open { file, is_emptied: at == 1, path: path(&name)? },
        b'W' => Step::Write { file, at: at as usize, data },
        b'T' => Step::Truncate { file, to: at as usize },
        b'S' => Step::SyncOfFile { file, thread },
        b'D' => Step::SyncOfFolder { path: path(&name)?, thread },
        b'E' => Step::SyncEnds { thread, is_done: at == 0 },
        b'R' => Step::Rename { from: path(&name)?, to: path(&data)? },
        b'L' => Step::Link { from: path(&name)?, to: path(&data)? },
        b'U' => Step::Remove { path: path(&name)? },
        b'M' => Step::MakeFolder { path: path(&name)? },
        b'!' => Step::Mark(serde_json::from_slice(&bytes[data])?),
        other => bail!("the log has a record of an unknown kind: {other}"),
    })
}

/// The other end: whoever marks something knows it already, so it comes behind all that had to happen before.
#[derive(Clone)]
pub struct Marker {
    pub path: PathBuf,
    file: Arc<File>,
}

impl Marker {
    pub fn new(path: PathBuf) -> anyhow::Result<Self> {
        let file = File::options().append(true).create_new(true).open(&path)?;
        Ok(Self { path, file: Arc::new(file) })
    }

    pub fn mark(&self, mark: &Mark) -> anyhow::Result<()> {
        let said = serde_json::to_vec(mark)?;
        let mut record = vec![0; HEAD];
        record[..4].copy_from_slice(&u32::try_from(HEAD + said.len())?.to_ne_bytes());
        record[4..8].copy_from_slice(&u32::from(b'!').to_ne_bytes());
        record.extend(said);
        // One call, so that no other record comes in between.
        let written = (&*self.file).write(&record)?;
        ensure!(written == record.len(), "the log cannot be written");
        Ok(())
    }
}
