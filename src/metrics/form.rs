//! The two forms in which metrics are written: a scraper gets the one that it accepts.

use std::collections::HashMap;

/// The two forms that scrapers read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Text,
    OpenMetrics,
}

impl Form {
    /// By what a scraper says that it accepts.
    pub fn accepted(header: &str) -> Self {
        if header.contains("application/openmetrics-text") { Self::OpenMetrics } else { Self::Text }
    }

    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// OpenMetrics as the older text form: a counter's name has its end also where it is described, an info is a gauge, and
/// there are neither units nor an end.
pub(super) fn as_text(open_metrics: &str) -> String {
    let kinds = open_metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let kinds: HashMap<&str, &str> = kinds.collect();
    let mut text = String::with_capacity(open_metrics.len());
    for line in open_metrics.lines().filter(|line| *line != "# EOF" && !line.starts_with("# UNIT ")) {
        let described = ["# HELP ", "# TYPE "].iter().find_map(|begin| Some((*begin, line.strip_prefix(begin)?)));
        let described = described.and_then(|(begin, rest)| Some((begin, rest.split_once(' ')?)));
        match described {
            Some((begin, (name, rest))) => {
                let (end, rest) = match (kinds.get(name), begin) {
                    (Some(&"counter"), _) => ("_total", rest),
                    (Some(&"info"), "# TYPE ") => ("_info", "gauge"),
                    (Some(&"info"), _) => ("_info", rest),
                    _ => ("", rest),
                };
                text.push_str(&format!("{begin}{name}{end} {rest}"));
            }
            None => text.push_str(line),
        }
        text.push('\n');
    }
    text
}
