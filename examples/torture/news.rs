//! What a group reads in a message: which version of which repository arrived, failed or was deleted, and where. Each
//! version is a name of its own, `tt` with a number, so it is found wherever it stands.

use crate::payloads::PROJECT;
use crate::robots::DESTINATIONS;

/// What a message says of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    Arrived,
    Failed,
    Deleted,
    Unconfirmed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    pub version: u32,
    pub said: Said,
    pub repository: String,
    pub destination: Option<usize>,
    /// Whether it was found by asking Harbor, because no webhook of it had come in.
    pub is_late: bool,
}

/// Reads a message in either format. A line with an outcome is about those below it, and so is a repository.
pub fn read(content: &str) -> Vec<News> {
    let (mut said, mut destination, mut is_late, mut repository) = (Said::Unconfirmed, None, false, String::new());
    let mut news = Vec::new();
    for line in content.lines().map(without_addresses) {
        repository = name(&line).unwrap_or(repository);
        let versions = versions(&line);
        if let Some(outcome) = outcome(&line).filter(|_| versions.is_empty()) {
            said = outcome;
            destination = DESTINATIONS.iter().position(|(_, label)| line.contains(label));
            is_late = line.contains("补报");
        }
        let news_of = |version| News { version, said, repository: repository.clone(), destination, is_late };
        news.extend(versions.into_iter().map(news_of));
    }
    news.sort_by_key(|news| news.version);
    news
}

/// A link may have the version in its address, too.
fn without_addresses(line: &str) -> String {
    let mut parts = line.split("http://");
    let before = parts.next().unwrap_or_default().to_owned();
    parts.fold(before, |line, rest| line + &rest[rest.find([' ', ')']).unwrap_or(rest.len())..])
}

fn outcome(line: &str) -> Option<Said> {
    // The facts of a single message, which may quote anybody.
    if line.contains('：') && !line.contains("成功") && !line.contains("失败") {
        return None;
    }
    let has = |words: &str| line.contains(words);
    match () {
        () if has("失败") => Some(Said::Failed),
        () if has("未确认") => Some(Said::Unconfirmed),
        () if has("成功") && has("镜像删除") => Some(Said::Deleted),
        () if has("成功") => Some(Said::Arrived),
        () => None,
    }
}

fn name(line: &str) -> Option<String> {
    let (_, rest) = line.split_once(&format!("{PROJECT}/"))?;
    Some(format!("{PROJECT}/{}", &rest[..rest.find(['`', ' ']).unwrap_or(rest.len())]))
}

/// The numbers of the versions that a text names.
pub fn versions(text: &str) -> Vec<u32> {
    let digits = |rest: &str| rest[..rest.find(|one: char| !one.is_ascii_digit()).unwrap_or(rest.len())].parse().ok();
    text.match_indices("tt").filter_map(|(at, _)| digits(&text[at + 2..])).collect()
}
