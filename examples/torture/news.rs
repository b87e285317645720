//! What a group reads in a message: which version arrived, failed or was deleted. Each version is a name of its own,
//! `tt` with a number, so it is found wherever it stands.

/// What a message says of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Said {
    Arrived,
    Failed,
    Deleted,
    Unconfirmed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct News {
    pub version: u32,
    pub said: Said,
}

/// Reads a message in either format. A line with an outcome is about those below it.
pub fn read(content: &str) -> Vec<News> {
    let (mut said, mut news) = (Said::Unconfirmed, Vec::new());
    for line in content.lines() {
        let versions = versions(line);
        if versions.is_empty() {
            said = outcome(line).unwrap_or(said);
        }
        news.extend(versions.into_iter().map(|version| News { version, said }));
    }
    news.sort_unstable();
    news.dedup();
    news
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

/// The numbers of the versions that a text names.
pub fn versions(text: &str) -> Vec<u32> {
    let digits = |rest: &str| rest[..rest.find(|one: char| !one.is_ascii_digit()).unwrap_or(rest.len())].parse().ok();
    text.match_indices("tt").filter_map(|(at, _)| digits(&text[at + 2..])).collect()
}
