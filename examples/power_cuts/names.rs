//! The names on the disk: which are there for certain, and what has happened to them since.

use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    File(usize),
    Folder,
}

#[derive(Clone)]
pub enum NameChange {
    Put { path: String, node: Node },
    Move { from: String, to: String, node: Node },
    Remove { path: String },
}

impl NameChange {
    pub fn folder(&self) -> &str {
        let (Self::Put { path, .. } | Self::Move { to: path, .. } | Self::Remove { path }) = self;
        path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    pub fn apply(&self, names: &mut BTreeMap<String, Node>) {
        match self {
            Self::Put { path, node } => drop(names.insert(path.clone(), *node)),
            Self::Move { from, to, node } => {
                names.remove(from);
                names.insert(to.clone(), *node);
            }
            Self::Remove { path } => drop(names.remove(path)),
        }
    }
}

/// The names of one model.
#[derive(Clone, Default)]
pub struct Names {
    pub certain: BTreeMap<String, Node>,
    /// With their place in the log.
    pub open: Vec<(usize, NameChange)>,
}

impl Names {
    /// What happened before this is certain from now on, as far as it is meant.
    pub fn settle(&mut self, before: usize, is_meant: impl Fn(&NameChange) -> bool) {
        let certain = &mut self.certain;
        self.open.retain(|(place, change)| {
            let settles = *place < before && is_meant(change);
            if settles {
                change.apply(certain);
            }
            !settles
        });
    }
}
