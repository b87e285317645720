//! A message as WeCom shows it, as HTML for the page. WeCom knows a few marks only: headings, quotes, bold, code,
//! links, three colours, mentions. All else is text, and text is escaped: nothing of a payload acts here.

use crate::model::robot::Format;

/// What may be in a message and becomes a tag; each of these ends what it begins.
enum Span<'a> {
    Bold(&'a str),
    Code(&'a str),
    Colour(&'a str, &'a str),
    Link(&'a str, &'a str),
    Mention(&'a str),
}

/// Marks within marks, such as bold in colour; deeper ones are text.
const DEEPEST: usize = 4;

/// `mentions` act beside the content of a text; in Markdown they are part of it.
pub fn to_html(content: &str, format: Format, mentions: &[String]) -> String {
    if format == Format::Markdown {
        return markdown(content);
    }
    let lines: Vec<_> = content.lines().map(escape).collect();
    let called: Vec<_> = mentions.iter().map(|who| mention(who.trim_start_matches('@'))).collect();
    format!("<p>{}</p><p>{}</p>", lines.join("<br>"), called.join(" "))
}

fn markdown(markdown: &str) -> String {
    let mut html = String::new();
    let mut lines = markdown.lines().peekable();
    while let Some(line) = lines.next() {
        let kind = Kind::of(line);
        let mut block = vec![kind.content(line)];
        while kind != Kind::Heading
            && let Some(next) = lines.next_if(|next| Kind::of(next) == kind)
        {
            block.push(kind.content(next));
        }
        let inner: Vec<_> = block.iter().map(|line| inline(line, 0)).collect();
        let (open, close) = kind.tags();
        html.push_str(&format!("{open}{}{close}", inner.join("<br>")));
    }
    html
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Heading,
    Quote,
    Text,
}

impl Kind {
    fn of(line: &str) -> Self {
        let hashes = line.bytes().take_while(|byte| *byte == b'#').count();
        if (1..=6).contains(&hashes) && line[hashes..].starts_with(' ') {
            Self::Heading
        } else if line.starts_with('>') {
            Self::Quote
        } else {
            Self::Text
        }
    }

    fn content(self, line: &str) -> &str {
        match self {
            Self::Heading => line.trim_start_matches('#').trim_start(),
            Self::Quote => line[1..].trim_start(),
            Self::Text => line,
        }
    }

    const fn tags(self) -> (&'static str, &'static str) {
        match self {
            Self::Heading => ("<h3 class=\"md-heading\">", "</h3>"),
            Self::Quote => ("<blockquote>", "</blockquote>"),
            Self::Text => ("<p>", "</p>"),
        }
    }
}

fn inline(text: &str, depth: usize) -> String {
    let mut html = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let Some((span, length)) = span(rest).filter(|_| depth < DEEPEST) else {
            html.push_str(&escape(&rest[..next.len_utf8()]));
            rest = &rest[next.len_utf8()..];
            continue;
        };
        html.push_str(&match span {
            Span::Bold(inner) => format!("<strong>{}</strong>", inline(inner, depth + 1)),
            Span::Code(inner) => format!("<code>{}</code>", escape(inner)),
            Span::Colour(colour, inner) => {
                format!("<span class=\"wecom-{colour}\">{}</span>", inline(inner, depth + 1))
            }
            Span::Link(label, target) => {
                format!("<a href=\"{}\" rel=\"noreferrer noopener\">{}</a>", escape(target), inline(label, depth + 1))
            }
            Span::Mention(who) => mention(who),
        });
        rest = &rest[length..];
    }
    html
}

fn mention(who: &str) -> String {
    format!("<span class=\"wecom-mention\">@{}</span>", escape(who))
}

/// The mark that begins here, and the bytes that it takes.
fn span(text: &str) -> Option<(Span<'_>, usize)> {
    let between = |open: &str, close: &str| -> Option<(&str, usize)> {
        let inner = text.strip_prefix(open)?;
        let end = inner.find(close).filter(|end| *end > 0)?;
        Some((&inner[..end], open.len() + end + close.len()))
    };
    if let Some((inner, length)) = between("**", "**") {
        return Some((Span::Bold(inner), length));
    }
    if let Some((inner, length)) = between("`", "`") {
        return Some((Span::Code(inner), length));
    }
    if let Some((who, length)) = between("<@", ">") {
        return Some((Span::Mention(who), length));
    }
    for colour in ["info", "warning", "comment"] {
        if let Some((inner, length)) = between(&format!("<font color=\"{colour}\">"), "</font>") {
            return Some((Span::Colour(colour, inner), length));
        }
    }
    let (label, length) = between("[", "](")?;
    let target = &text[length..];
    let end = target.find(')')?;
    let is_web = target.starts_with("https://") || target.starts_with("http://");
    is_web.then_some((Span::Link(label, &target[..end]), length + end + 1))
}

fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, character| {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
        escaped
    })
}
