//! A disk that forgets what was not synced: what is on it for certain, what may be on it, and what a cut leaves.
//!
//! Until a file is synced, any of its writes may be on the disk and any may not, in any order, and of each one any of its
//! sectors; likewise its size. Names are on the disk with the sync of their folder. Before that there are two models, and
//! each cut takes one by chance. *Any*: each creation, removal or renaming may be there or not. *Journal*: they come in
//! their order, and a sync of anything brings all before it, as ext4 and XFS have it.

use std::collections::{BTreeMap, HashMap};
use std::fs::DirBuilder;
use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

use anyhow::{Context, ensure};
use fastrand::Rng;

use crate::log::{Log, Step};
use crate::names::{NameChange, Names, Node};

const SECTOR: usize = 512;
/// How much of what was not synced survives. Where syncs are ignored, one of those by which most is damaged.
const SHARES: [f64; 5] = [0.0, 0.1, 0.5, 0.9, 0.98];
/// A drive that lies about syncs writes at last what is so many steps old.
const LIE: usize = 100;

#[derive(Clone)]
enum Change {
    Write { at: usize, data: Range<usize> },
    Truncate { to: usize },
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>, log: &Log) {
        match self {
            Self::Write { at, data } => write(bytes, *at, &log.bytes[data.clone()]),
            Self::Truncate { to } => bytes.resize(*to, 0),
        }
    }
}

#[derive(Clone, Default)]
struct File {
    certain: Vec<u8>,
    /// With their place in the log.
    open: Vec<(usize, Change)>,
}

#[derive(Clone)]
enum Target {
    File(usize),
    Folder(String),
}

/// What a cut left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cut {
    pub open: usize,
    pub dropped: usize,
    pub torn: usize,
    pub names: usize,
}

#[derive(Clone, Default)]
pub struct Disk {
    files: Vec<File>,
    by_inode: HashMap<u64, usize>,
    /// As the program sees them.
    now: BTreeMap<String, Node>,
    any: Names,
    journal: Names,
    syncs: HashMap<u32, (usize, Target)>,
    ignores_syncs: bool,
}

impl Disk {
    /// What is in the folder now is on the disk.
    pub fn of(folder: &Path) -> anyhow::Result<Self> {
        let mut disk = Self::default();
        disk.take(folder, "")?;
        disk.any.certain.clone_from(&disk.now);
        disk.journal.certain.clone_from(&disk.now);
        Ok(disk)
    }

    fn take(&mut self, root: &Path, folder: &str) -> anyhow::Result<()> {
        for entry in std::fs::read_dir(root.join(folder))? {
            let entry = entry?;
            let name = entry.file_name().into_string().ok().context("a name that is not UTF-8")?;
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if entry.file_type()?.is_dir() {
                self.now.insert(path.clone(), Node::Folder);
                self.take(root, &path)?;
            } else {
                self.files.push(File { certain: std::fs::read(entry.path())?, open: Vec::new() });
                let file = self.files.len() - 1;
                self.by_inode.insert(entry.metadata()?.ino(), file);
                self.now.insert(path, Node::File(file));
            }
        }
        Ok(())
    }

    /// The same disk, which may say of a sync that it is done when it is not.
    pub fn again(&self, ignores_syncs: bool) -> Self {
        Self { ignores_syncs, ..self.clone() }
    }

    /// An error where all of the log does not make what is in the folder: something was not recorded.
    pub fn check_all(mut self, log: &Log, folder: &Path) -> anyhow::Result<()> {
        for place in 0..log.steps.len() {
            self.apply(log, place)?;
        }
        let real = Self::of(folder)?;
        ensure!(self.now.keys().eq(real.now.keys()), "{:?} are there, not {:?}", real.now.keys(), self.now.keys());
        for (path, node) in &self.now {
            if let (Node::File(file), Node::File(other)) = (node, real.now[path]) {
                let File { certain, open } = &mut self.files[*file];
                open.drain(..).for_each(|(_, change)| change.apply(certain, log));
                ensure!(*certain == real.files[other].certain, "{path} has something else in it than was recorded");
            }
        }
        Ok(())
    }

    /// Whether something of this file is not on the disk for certain.
    pub fn is_open(&self, path: &str) -> bool {
        matches!(self.now.get(path), Some(Node::File(file)) if !self.files[*file].open.is_empty())
    }

    /// The step at this place of the log.
    pub fn apply(&mut self, log: &Log, place: usize) -> anyhow::Result<()> {
        match &log.steps[place] {
            Step::Open { file, is_emptied, path } => self.open(*file, *is_emptied, path, place),
            Step::Write { file, at, data } => {
                self.change(*file, place, Change::Write { at: *at, data: data.clone() })?;
            }
            Step::Truncate { file, to } => self.change(*file, place, Change::Truncate { to: *to })?,
            Step::SyncOfFile { file, thread } => {
                let target = Target::File(self.file(*file)?);
                self.syncs.insert(*thread, (place, target));
            }
            Step::SyncOfFolder { path, thread } => {
                self.syncs.insert(*thread, (place, Target::Folder(path.clone())));
            }
            Step::SyncEnds { thread, is_done } => {
                let (begun, target) = self.syncs.remove(thread).context("a sync that did not begin")?;
                if *is_done {
                    self.sync(if self.ignores_syncs { begun.saturating_sub(LIE) } else { begun }, &target, log);
                }
            }
            Step::Rename { from, to } => {
                let node = self.now.get(from).copied().with_context(|| format!("{from} is not known"))?;
                self.name(place, NameChange::Move { from: from.clone(), to: to.clone(), node });
            }
            Step::Link { from, to } => {
                let node = self.now.get(from).copied().with_context(|| format!("{from} is not known"))?;
                self.name(place, NameChange::Put { path: to.clone(), node });
            }
            Step::Remove { path } => self.name(place, NameChange::Remove { path: path.clone() }),
            Step::MakeFolder { path } => self.name(place, NameChange::Put { path: path.clone(), node: Node::Folder }),
            Step::Mark(_) => {}
        }
        Ok(())
    }

    fn open(&mut self, inode: u64, is_emptied: bool, path: &str, place: usize) {
        let file = match self.now.get(path) {
            Some(Node::File(file)) => *file,
            _ => {
                self.files.push(File::default());
                let node = Node::File(self.files.len() - 1);
                self.name(place, NameChange::Put { path: path.to_owned(), node });
                self.files.len() - 1
            }
        };
        // A number may have been another file's that is gone.
        self.by_inode.insert(inode, file);
        if is_emptied {
            self.files[file].open.push((place, Change::Truncate { to: 0 }));
        }
    }

    fn file(&self, inode: u64) -> anyhow::Result<usize> {
        self.by_inode.get(&inode).copied().context("a file that nobody opened")
    }

    fn change(&mut self, inode: u64, place: usize, change: Change) -> anyhow::Result<()> {
        let file = self.file(inode)?;
        self.files[file].open.push((place, change));
        Ok(())
    }

    fn name(&mut self, place: usize, change: NameChange) {
        change.apply(&mut self.now);
        self.any.open.push((place, change.clone()));
        self.journal.open.push((place, change));
    }

    fn sync(&mut self, before: usize, target: &Target, log: &Log) {
        match target {
            Target::File(file) => {
                let File { certain, open } = &mut self.files[*file];
                open.retain(|(place, change)| {
                    if *place < before {
                        change.apply(certain, log);
                    }
                    *place >= before
                });
            }
            Target::Folder(path) => self.any.settle(before, |change| change.folder() == path),
        }
        self.journal.settle(before, |_| true);
    }

    /// Makes in an empty folder what a cut leaves.
    pub fn cut(&self, log: &Log, chance: &mut Rng, folder: &Path) -> anyhow::Result<Cut> {
        let shares = if self.ignores_syncs { &SHARES[1..4] } else { &SHARES };
        let share = shares[chance.usize(..shares.len())];
        let (mut cut, mut names) = (Cut::default(), BTreeMap::new());
        let survivors: Vec<&NameChange> = if chance.bool() {
            names.clone_from(&self.any.certain);
            self.any.open.iter().filter(|_| chance.f64() < share).map(|(_, change)| change).collect()
        } else {
            names.clone_from(&self.journal.certain);
            let first = chance.usize(..=self.journal.open.len());
            self.journal.open[..first].iter().map(|(_, change)| change).collect()
        };
        survivors.iter().for_each(|change| change.apply(&mut names));
        cut.names = self.now.iter().filter(|(path, node)| names.get(*path) != Some(node)).count();
        for (path, node) in &names {
            let path = folder.join(path);
            // Where the folder itself was lost, so is what is in it.
            if path.parent().is_none_or(|parent| !parent.is_dir()) {
                continue;
            }
            match node {
                Node::Folder => DirBuilder::new().mode(0o700).create(path)?,
                Node::File(file) => std::fs::write(path, self.files[*file].after_cut(log, chance, share, &mut cut))?,
            }
        }
        Ok(cut)
    }
}

impl File {
    fn after_cut(&self, log: &Log, chance: &mut Rng, share: f64, cut: &mut Cut) -> Vec<u8> {
        let mut bytes = self.certain.clone();
        cut.open += self.open.len();
        for (_, change) in &self.open {
            let survives = chance.f64() < share;
            match change {
                Change::Truncate { to } if survives => bytes.resize(*to, 0),
                Change::Truncate { .. } => cut.dropped += 1,
                Change::Write { at, data } => {
                    let (end, data) = (*at + data.len(), &log.bytes[data.clone()]);
                    if chance.f64() < 0.2 {
                        cut.torn += 1;
                        for_each_sector(*at, end, |sector| {
                            if chance.bool() {
                                write(&mut bytes, sector.start, &data[sector.start - at..sector.end - at]);
                            }
                        });
                    } else if survives {
                        write(&mut bytes, *at, data);
                        continue;
                    } else {
                        cut.dropped += 1;
                    }
                    // The new size may be on the disk without what is in there.
                    if bytes.len() < end && chance.bool() {
                        bytes.resize(end, 0);
                    }
                }
            }
        }
        bytes
    }
}

fn for_each_sector(begin: usize, end: usize, mut each: impl FnMut(Range<usize>)) {
    let mut at = begin;
    while at < end {
        let next = (at / SECTOR + 1) * SECTOR;
        each(at..next.min(end));
        at = next;
    }
}

fn write(bytes: &mut Vec<u8>, at: usize, data: &[u8]) {
    if bytes.len() < at + data.len() {
        bytes.resize(at + data.len(), 0);
    }
    bytes[at..at + data.len()].copy_from_slice(data);
}
