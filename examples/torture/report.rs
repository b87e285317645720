//! The report: a plain table of what was done, what was seen, and what must be zero.

use std::time::Duration;

use crate::ledger::{Books, End};
use crate::reckoning::Reckoning;
use crate::robots::ROBOTS;

pub fn print(books: &Books, reckoning: &Reckoning, took: Duration) {
    let row = |what: &str, value: String| println!("  {what:<46}{value:>10}");
    let count = |what: &str, value: usize| row(what, value.to_string());
    println!("webhooks, by how they were answered");
    books.door.iter().for_each(|(what, number)| row(what, number.to_string()));
    row("slowest answer", format!("{:.2} s", books.slowest_answer.as_secs_f64()));
    println!("messages, by how WeCom answered");
    books.ways.iter().for_each(|(what, number)| row(what, number.to_string()));
    println!("messages, by robot");
    for (index, robot) in ROBOTS.iter().enumerate() {
        count(robot.name, books.messages.iter().filter(|message| message.robot == index).count());
    }
    println!("what was done to the service");
    for (what, end) in [("killed", End::Killed), ("told to stop", End::Stopped), ("ended by itself", End::Died)] {
        count(what, books.ends.iter().filter(|(_, how)| *how == end).count());
    }
    count("clock set", books.clock_sets.len());
    count("disk failed", books.disk.len());
    count("Harbor in trouble", books.harbor.len());
    row("all of it", format!("{:.0} s", took.as_secs_f64()));
    println!("the reckoning");
    count("versions that Harbor replicated or failed at", books.truths.len());
    count("of these, no webhook came in", reckoning.by_api_alone);
    count("told once", reckoning.once);
    count("told again after a doubtful answer", reckoning.after_doubt);
    count("told again after a crash", reckoning.after_crash);
    count("refused by WeCom, alone", reckoning.refused);
    count("deletions told as arrivals, Harbor silent", reckoning.deletions_as_arrivals);
    count("told as unconfirmed, Harbor silent", reckoning.unconfirmed);
    count("early after a start with another clock", reckoning.early_after_clock);
    println!("what must be zero");
    count("told more than once without a reason", reckoning.repeated.len());
    count("lost", reckoning.lost.len());
    count("pace broken", reckoning.too_soon.len());
    let seen = |what: &str| books.faults.iter().filter(|fault| fault.starts_with(what)).count();
    count("too long", seen("too long"));
    count("invalid UTF-8", seen("invalid UTF-8"));
    count("secret seen", books.leaks.len());
    count("false news", reckoning.false_news.len());
    count("other faults", books.faults.len() - seen("too long") - seen("invalid UTF-8"));
}
