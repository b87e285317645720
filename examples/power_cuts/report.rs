//! What the cuts of one situation came to.

use std::collections::BTreeMap;

use crate::check::{Fault, Kind};
use crate::disk::Cut;

/// Of so many cuts the first fault is told.
const TOLD: usize = 3;
const TOLD_CHARACTERS: usize = 200;

#[derive(Default)]
pub struct Report {
    pub name: &'static str,
    pub cuts: usize,
    by_program: usize,
    /// Webhooks that had been answered, summed over all cuts.
    promised: usize,
    left_out: Cut,
    faults: BTreeMap<Kind, usize>,
    told: Vec<String>,
    /// Cuts with a fault.
    failed: usize,
    pub seconds: f64,
}

impl Report {
    pub fn new(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    pub fn add(&mut self, cut: Cut, promised: usize, by_program: bool, faults: Vec<Fault>, place: &str) {
        self.cuts += 1;
        self.by_program += usize::from(by_program);
        self.promised += promised;
        self.left_out.open += cut.open;
        self.left_out.dropped += cut.dropped;
        self.left_out.torn += cut.torn;
        self.left_out.names += cut.names;
        self.failed += usize::from(!faults.is_empty());
        if let Some(Fault { kind, what }) = faults.first().filter(|_| self.told.len() < TOLD) {
            let what: String = what.lines().collect::<Vec<_>>().join(" ").chars().take(TOLD_CHARACTERS).collect();
            self.told.push(format!("{place}: {kind:?}: {what}"));
        }
        for fault in faults {
            *self.faults.entry(fault.kind).or_default() += 1;
        }
    }

    pub fn is_fine(&self) -> bool {
        self.faults.is_empty()
    }
}

const COLUMNS: [&str; 13] = [
    "at",
    "cuts",
    "by program",
    "202s",
    "writes open",
    "dropped",
    "torn",
    "names lost",
    "failed",
    "lost",
    "corrupt",
    "twice",
    "unrecorded",
];

pub fn print(what: &str, reports: &[Report]) {
    println!("\n{what}");
    line(&COLUMNS.map(str::to_owned));
    for report in reports {
        let Report { cuts, by_program, promised, left_out, failed, .. } = *report;
        let Cut { open, dropped, torn, names } = left_out;
        let of = |kind| report.faults.get(&kind).copied().unwrap_or_default();
        let faults = [Kind::Lost, Kind::Corrupt, Kind::Twice, Kind::Unrecorded].map(of);
        let figures = [cuts, by_program, promised, open, dropped, torn, names, failed].into_iter().chain(faults);
        let figures = figures.map(|figure| figure.to_string());
        line(&[report.name.to_owned()].into_iter().chain(figures).collect::<Vec<_>>());
        for told in &report.told {
            println!("    {told}");
        }
    }
    println!("in {:.0} s", reports.iter().map(|report| report.seconds).sum::<f64>());
}

fn line(cells: &[String]) {
    let cells = cells.iter().zip(COLUMNS).map(|(cell, column)| format!("{cell:>0$}", column.len().max(10)));
    println!("{}", cells.collect::<Vec<_>>().join("  "));
}
