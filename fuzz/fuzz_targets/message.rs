//! Messages in both formats, about one event and about many: within WeCom's limit, and nothing of a payload acts, neither
//! in the group nor on the page. Records are separated by U+001E: the first one is of letters that choose the renderer,
//! each other one is an event.
#![no_main]

use std::sync::LazyLock;

use harborbell::admin::wecom_html::to_html;
use harborbell::model::delivery::Notice;
use harborbell::model::robot::Format;
use harborbell::render::{Language, Renderer};
use harborbell_fuzz::{NOW, check_html, check_message, notice, renderer};
use libfuzzer_sys::fuzz_target;

static RENDERERS: LazyLock<[Renderer; 4]> = LazyLock::new(|| {
    [(Language::Zh, false), (Language::Zh, true), (Language::En, false), (Language::En, true)]
        .map(|(language, linked)| renderer(language, linked, None).unwrap())
});

fuzz_target!(|input: &[u8]| {
    let Ok(input) = std::str::from_utf8(input) else { return };
    // Any text at all may be on record as a message.
    check_html(&to_html(input, Format::Markdown, &[]));
    let mut records = input.split('\u{1e}');
    let letters = records.next().unwrap_or_default();
    let notices: Vec<Notice> = records.map(notice).take(128).collect();
    if notices.is_empty() {
        return;
    }
    let renderer = &RENDERERS[usize::from(letters.contains('e')) * 2 + usize::from(letters.contains('l'))];
    for format in [Format::Markdown, Format::Text] {
        let packed = renderer.render(&notices.iter().collect::<Vec<_>>(), NOW, format);
        check_message(&packed, &notices, format);
        check_html(&to_html(&packed.content, format, &packed.mentions));
    }
});
