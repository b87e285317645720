//! The page's templates, words and files; all of it is part of the program.

use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::render::Language;
use crate::render::fit::middle;

pub const STYLE: &str = include_str!("page/style.css");
pub const SCRIPT: &str = include_str!("page/live.js");

/// Templates and words.
pub struct Pages {
    pub templates: Environment<'static>,
    pub words: [(Language, Value); 2],
    pub assets: Value,
}

impl Default for Pages {
    fn default() -> Self {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.set_auto_escape_callback(|_| AutoEscape::Html);
        templates.add_filter("middle", |text: &str, most: usize| middle(text, most).into_owned());
        for (name, source) in [
            ("base.html", include_str!("page/base.html")),
            ("macros.html", include_str!("page/macros.html")),
            ("board.html", include_str!("page/board.html")),
            ("image.html", include_str!("page/image.html")),
            ("fresh.html", include_str!("page/fresh.html")),
            ("retention.html", include_str!("page/retention.html")),
            ("pager.html", include_str!("page/pager.html")),
            ("period.html", include_str!("page/period.html")),
            ("span.html", include_str!("page/span.html")),
            ("deliveries.html", include_str!("page/deliveries.html")),
            ("delivery.html", include_str!("page/delivery.html")),
            ("webhooks.html", include_str!("page/webhooks.html")),
            ("confirm.html", include_str!("page/confirm.html")),
            ("sign_in.html", include_str!("page/sign_in.html")),
            ("problem.html", include_str!("page/problem.html")),
        ] {
            templates.add_template(name, source).expect("the page's templates compile");
        }
        let words = |source: &str| serde_json::from_str(source).expect("the page's words are JSON");
        let versioned = |path: &str, content: &str| format!("{path}?v={:.16x}", Sha256::digest(content));
        Self {
            templates,
            words: [
                (Language::Zh, words(include_str!("page/words.zh.json"))),
                (Language::En, words(include_str!("page/words.en.json"))),
            ],
            assets: json!({
                "style": versioned("/assets/style.css", STYLE), "script": versioned("/assets/live.js", SCRIPT),
            }),
        }
    }
}
