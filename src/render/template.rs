//! The template engine, fenced in: fuel and recursion are limited, unknown variables are errors, and every
//! value is text unless the program itself made it markup.

use minijinja::value::{Serde, ValueKind};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};

use super::context::Context;
use super::{Language, text};
use crate::model::robot::Format;

/// Steps after which a template of a user's own is stopped; the built-in one takes about a tenth of it for
/// the largest message, and is not stopped, because there is no other template for it.
const FUEL: u64 = 500_000;
const RECURSION: usize = 50;
const NAME: &str = "message";

#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error("{0}")]
    Template(String),
    #[error("it makes a message of {0} bytes for a single event; WeCom takes {1}")]
    TooLong(usize, usize),
    #[error("it makes an empty message")]
    Empty,
    #[error("it leaves {0} out; a message names each of its images, or they would count as notified")]
    LeavesOut(String),
}

#[derive(Debug)]
pub struct Template {
    environment: Environment<'static>,
    /// Whether it tells apart what was done: `operation` is named in it.
    pub(super) knows_operations: bool,
}

impl Template {
    /// Compiles `MESSAGE_TEMPLATE`, which is Markdown; the error says in which line it is wrong.
    pub fn custom(source: &str) -> Result<Self, RenderError> {
        let mut template = Self::new("MESSAGE_TEMPLATE", source, Format::Markdown)?;
        template.environment.set_fuel(Some(FUEL));
        Ok(template)
    }

    fn new(name: &str, source: &str, format: Format) -> Result<Self, RenderError> {
        let mut environment = Environment::new();
        environment.set_recursion_limit(RECURSION);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::Custom("wecom".into()));
        environment.set_formatter(move |out, _, value| {
            let safe = value.is_safe() || matches!(value.kind(), ValueKind::Number | ValueKind::Bool);
            let shown = value.to_string();
            out.write_str(&if safe { shown } else { text::escape(&shown, format) })?;
            Ok(())
        });
        environment.add_filter("code", move |value: Value| {
            let value = value.to_string();
            Value::from_safe_string(match format {
                Format::Markdown => text::code(&value),
                Format::Text => text::escape(&value, format),
            })
        });
        // What a payload says is text in a template of the user's own, too.
        environment.remove_filter("safe");
        environment
            .add_template_owned(NAME, source.to_owned())
            .map_err(|error| RenderError::Template(describe(name, &error)))?;
        Ok(Self { environment, knows_operations: source.contains("operation") })
    }

    /// The same words in both formats; only the marks differ.
    pub fn built_in(language: Language, format: Format) -> Self {
        let marks = match format {
            Format::Markdown => include_str!("templates/marks.markdown.jinja"),
            Format::Text => include_str!("templates/marks.text.jinja"),
        };
        let words = match language {
            Language::Zh => include_str!("templates/zh.jinja"),
            Language::En => include_str!("templates/en.jinja"),
        };
        Self::new("built-in", &format!("{marks}{words}"), format).expect("the built-in templates compile")
    }

    pub fn render(&self, context: &Context) -> Result<String, RenderError> {
        let failed = |error: minijinja::Error| RenderError::Template(describe("template", &error));
        let rendered = self
            .environment
            .get_template(NAME)
            .and_then(|template| template.render(Value::from(Serde(context))))
            .map_err(failed)?;
        let rendered = rendered.trim_end();
        if rendered.trim().is_empty() {
            return Err(RenderError::Empty);
        }
        match context.image_missing_in(rendered) {
            Some(image) => Err(RenderError::LeavesOut(image.to_owned())),
            None => Ok(rendered.to_owned()),
        }
    }
}

fn describe(name: &str, error: &minijinja::Error) -> String {
    let place = error.line().map(|line| format!(", line {line}")).unwrap_or_default();
    let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    format!("{name}{place}: {}{detail}", error.kind())
}
