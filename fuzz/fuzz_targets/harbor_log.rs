//! A task's log: any text is read, what it says of versions holds together, and reasons are short lines.
#![no_main]

use harborbell::harbor::log::{read, reason};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|log: &[u8]| {
    let text = String::from_utf8_lossy(log);
    let log = read(&text);
    let references = log.references.as_deref().unwrap_or_default();
    let failed = log.failed.iter().map(|(version, _)| version);
    for version in log.copied.iter().chain(&log.deleted).chain(failed) {
        assert!(references.contains(version), "{version:?} is none of {references:?}");
    }
    assert!(log.deleted.is_empty() || log.copied.is_empty(), "a task copies or deletes");
    assert!(
        !log.copied.iter().any(|version| log.failed.iter().any(|(failed, _)| failed == version))
            || has_twice(references)
    );
    let reasons = log.failed.iter().filter_map(|(_, reason)| reason.as_ref());
    for shown in reasons.chain(&log.reason).chain([&reason(&text)]) {
        assert!(shown.len() <= 300 && !shown.contains(char::is_control), "{shown:?}");
    }
});

/// Of a version that is named twice, one copy may have arrived.
fn has_twice(references: &[String]) -> bool {
    references.iter().enumerate().any(|(index, name)| references[..index].contains(name))
}
