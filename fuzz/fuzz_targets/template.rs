//! `MESSAGE_TEMPLATE`: whatever a person writes, it ends soon, and a message is sent; and what a payload says stays text.
#![no_main]

use std::sync::LazyLock;

use harborbell::model::delivery::Notice;
use harborbell::model::robot::Format;
use harborbell::render::Language;
use harborbell_fuzz::{NOW, notice, renderer};
use libfuzzer_sys::fuzz_target;

static NEWS: LazyLock<[Vec<Notice>; 3]> = LazyLock::new(|| {
    let nasty = "mars/<@evil><font color=\"evil\">`[x](https://evil.example)";
    let plain = notice("\u{1f}..\u{1f}mars/mars-api\u{1f}aliyun-acr\u{1f}阿里仓\u{1f}\u{1f}\u{1f}v1.2.3");
    let record = format!("f\u{1f}\u{1f}{nasty}\u{1f}{nasty}\u{1f}{nasty}\u{1f}{nasty}\u{1f}{nasty}\u{1f}{nasty}");
    let deleted = notice(&format!("d{record}"));
    [vec![plain.clone()], vec![notice(&record), plain.clone()], vec![deleted, plain]]
});

fuzz_target!(|source: &[u8]| {
    let Ok(source) = std::str::from_utf8(source) else { return };
    let Some(renderer) = renderer(Language::Zh, true, Some(source)) else { return };
    for notices in &*NEWS {
        let packed = renderer.render(&notices.iter().collect::<Vec<_>>(), NOW, Format::Markdown);
        assert!(packed.content.len() <= 4_096 && packed.deliveries >= 1 && !packed.content.trim().is_empty());
        // A template may have marks of its own.
        let acts = ["<@evil", "<font color=\"evil"].iter().any(|mark| packed.content.contains(mark));
        assert!(!acts || source.contains('<') || source.contains("evil"), "{}", packed.content);
    }
});
