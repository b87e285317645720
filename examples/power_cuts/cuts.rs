//! The cuts of one recording: points of its log by chance, what the disk has then, and what is wrong with it.

use std::path::{Path, PathBuf};

use fastrand::Rng;
use tempfile::TempDir;

use crate::check::{Checker, Known};
use crate::disk::Disk;
use crate::log::{Mark, Step};
use crate::recordings::{CUTS, DATABASE, Recording};
use crate::report::Report;
use crate::service::Tools;

/// One of so many results is opened by the program instead of its store.
const BY_PROGRAM: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    Anywhere,
    /// While the database's own file is written and not synced.
    AtCheckpoint,
}

pub struct Cuts<'a> {
    pub tools: &'a Tools,
    pub recording: &'a Recording,
    pub at: Where,
    pub ignores_syncs: bool,
    pub number: usize,
}

impl Cuts<'_> {
    pub async fn make(&self, chance: &mut Rng, report: &mut Report) -> anyhow::Result<()> {
        let Recording { log, before, .. } = self.recording;
        let places = self.places(chance)?;
        let mut next = places.iter().peekable();
        let (mut disk, mut known) = (before.again(self.ignores_syncs), Known::default());
        for (place, step) in log.steps.iter().enumerate() {
            while next.next_if_eq(&&place).is_some() {
                self.cut(place, &disk, &known, chance, report).await?;
            }
            if next.peek().is_none() {
                break;
            }
            disk.apply(log, place)?;
            if let Step::Mark(mark) = step {
                known.learn(mark);
            }
        }
        Ok(())
    }

    /// Before which steps the power is cut.
    fn places(&self, chance: &mut Rng) -> anyhow::Result<Vec<usize>> {
        let Recording { log, before, name, .. } = self.recording;
        let (mut disk, mut is_within, mut fitting) = (before.again(false), false, Vec::new());
        for (place, step) in log.steps.iter().enumerate() {
            if is_within && (self.at == Where::Anywhere || disk.is_open(DATABASE)) {
                fitting.push(place);
            }
            disk.apply(log, place)?;
            match step {
                Step::Mark(Mark::Begins(what)) if what == CUTS => is_within = true,
                Step::Mark(Mark::Ends(what)) if what == CUTS => is_within = false,
                _ => {}
            }
        }
        anyhow::ensure!(!fitting.is_empty(), "the recording of {name} has no place for a cut {:?}", self.at);
        let mut places: Vec<_> = (0..self.number).map(|_| fitting[chance.usize(..fitting.len())]).collect();
        places.sort_unstable();
        Ok(places)
    }

    async fn cut(
        &self,
        place: usize,
        disk: &Disk,
        known: &Known,
        chance: &mut Rng,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let folder = TempDir::with_prefix_in("power-cut-", memory())?;
        let mut same = chance.clone();
        let cut = disk.cut(&self.recording.log, chance, folder.path())?;
        let by_program = !self.ignores_syncs && report.cuts % BY_PROGRAM == BY_PROGRAM - 1;
        let checker = Checker { tools: self.tools, wanted: &self.recording.wanted, by_program };
        let faults = checker.check(folder.path(), known).await;
        let mut at = format!("{}, cut before step {place} of {}", self.recording.name, self.recording.log.steps.len());
        if !faults.is_empty() && !self.ignores_syncs {
            // As it was before anybody opened it.
            let kept = TempDir::with_prefix("power-cut-")?.keep();
            disk.cut(&self.recording.log, &mut same, &kept)?;
            at = format!("{at}, kept in {}", kept.display());
        }
        report.add(cut, known.accepted.len(), by_program, faults, &at);
        Ok(())
    }
}

/// Where what a cut leaves is made: it need not be on a real disk.
fn memory() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() }
}
