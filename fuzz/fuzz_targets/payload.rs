//! Harbor's webhooks in both formats. Whatever the body is, reading it ends, and what it gives can be stored and shown.
#![no_main]

use harborbell::model::harbor::{Ignored, Reading, Unreadable, read};
use harborbell_fuzz::{NOW, check_webhook};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fuzz_target!(|body: &[u8]| {
    let Ok(body) = std::str::from_utf8(body) else { return };
    let tags_only = read(body, NOW, false);
    let all = read(body, NOW, true);
    if let Ok(Reading::Event(webhook)) = &all {
        check_webhook(webhook);
    }
    match tags_only {
        // Whoever wants digests, too, gets the others as before.
        Ok(Reading::Ignored(Ignored::DigestOnly)) => assert!(!matches!(all, Ok(Reading::Ignored(_)))),
        other => assert_eq!(other, all),
    }
    assert_ne!(all, Ok(Reading::Ignored(Ignored::DigestOnly)));

    let Ok(value) = serde_json::from_str::<Value>(body) else { return };
    let told = value.pointer("/event_data/replication").or_else(|| value.pointer("/data/replication"));
    let Some(told) = told else { return };
    let default = json!({ "type": "REPLICATION", "event_data": { "replication": told } }).to_string();
    let cloud = "harbor.replication.status.changed";
    let cloud = json!({ "specversion": "1.0", "type": cloud, "data": { "replication": told } }).to_string();
    match (read(&default, NOW, false), read(&cloud, NOW, false)) {
        (
            Err(Unreadable::Malformed { pointer, detail }),
            Err(Unreadable::Malformed { pointer: other, detail: of_other }),
        ) => {
            assert_eq!(pointer.strip_prefix("/event_data"), other.strip_prefix("/data"));
            // The end of the library's own sentences is the place in the text.
            assert_eq!(detail.split(" at line").next(), of_other.split(" at line").next());
        }
        (Err(Unreadable::NotJson(_)), Err(Unreadable::NotJson(_))) => {}
        (one, other) => assert_eq!(one, other, "both formats say the same"),
    }
});
