//! The template engine, fenced in: fuel and recursion are limited, unknown variables are errors, and every
//! value is text unless the program itself made it markup.

use minijinja::value::{Serde, ValueKind};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};

use super::context::Context;
use super::{Language, text};

/// Steps after which a template of a user's own is stopped; the built-in one takes about a tenth of it for
/// the largest message, and is not stopped, because nothing could stand in for it.
const FUEL: u64 = 500_000;
const RECURSION: usize = 50;
const NAME: &str = "message";

#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error("{0}")]
    Template(String),
    #[error("it makes a message of {0} bytes for a single event; WeCom takes 4096")]
    TooLong(usize),
    #[error("it makes an empty message")]
    Empty,
    #[error("it leaves {0} out; a message names each of its images, or they would count as told")]
    LeavesOut(String),
}

#[derive(Debug)]
pub struct Template(Environment<'static>);

impl Template {
    /// Compiles `MESSAGE_TEMPLATE`; the error says in which line it is wrong.
    pub fn custom(source: &str) -> Result<Self, RenderError> {
        let mut template = Self::new("MESSAGE_TEMPLATE", source)?;
        template.0.set_fuel(Some(FUEL));
        Ok(template)
    }

    fn new(name: &str, source: &str) -> Result<Self, RenderError> {
        let mut environment = Environment::new();
        environment.set_recursion_limit(RECURSION);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::Custom("wecom".into()));
        environment.set_formatter(|out, _, value| {
            let safe = value.is_safe() || matches!(value.kind(), ValueKind::Number | ValueKind::Bool);
            let shown = value.to_string();
            out.write_str(&if safe { shown } else { text::plain(&shown) })?;
            Ok(())
        });
        environment.add_filter("code", |value: Value| Value::from_safe_string(text::code(&value.to_string())));
        // What a payload says is text in a template of the user's own, too.
        environment.remove_filter("safe");
        environment
            .add_template_owned(NAME, source.to_owned())
            .map_err(|error| RenderError::Template(describe(name, &error)))?;
        Ok(Self(environment))
    }

    pub fn built_in(language: Language) -> Self {
        let source = match language {
            Language::Zh => include_str!("templates/zh.md.jinja"),
            Language::En => include_str!("templates/en.md.jinja"),
        };
        Self::new("built-in", source).expect("the built-in templates compile")
    }

    pub fn render(&self, context: &Context) -> Result<String, RenderError> {
        let failed = |error: minijinja::Error| RenderError::Template(describe("template", &error));
        let rendered = self
            .0
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
