//! What must not be seen in a log, an error, a page or a table, and how it is taken out of each text that comes from
//! outside (from WeCom in `wecom`, from Harbor in `harbor/http`, of refused webhooks in `webhooks`; `serve/lanes` lists what is secret) before any of that is kept: the whole text first, then
//! it may be cut. A part of a secret is a secret, too, from 8 characters on.

use std::collections::HashSet;
use std::fmt;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

/// A shorter part says too little, and words of this length turn up by themselves.
const LEAST: usize = 8;
/// In a URL's path, what is shorter is a word: `/cgi-bin/webhook/send` is known to everybody.
const LEAST_SEGMENT: usize = 16;
/// A page may quote an address that was escaped already, such as a percent-encoded one in a JSON string.
const MOST_ESCAPES: usize = 3;

/// Secrets and all of their parts, in lower case.
#[derive(Clone, Default)]
pub struct Secrets {
    parts: HashSet<[u8; LEAST]>,
    /// A robot's URL as a whole, should no part of it be long enough.
    whole: Vec<Vec<u8>>,
}

impl Secrets {
    /// A token or a password.
    pub fn add(&mut self, secret: &SecretString) {
        self.add_part(secret.expose_secret());
    }

    /// Whoever has a robot's URL can write into its group. Secret are the values of its query, long segments of its
    /// path, and user and password; host, scheme and words are not.
    pub fn add_robot_url(&mut self, url: &SecretString) {
        let url = url.expose_secret();
        self.whole.push(url.to_ascii_lowercase().into_bytes());
        let Ok(url) = Url::parse(url) else { return self.add_part(url) };
        for pair in url.query().unwrap_or_default().split('&') {
            self.add_part(pair.split_once('=').map_or(pair, |(_, value)| value));
        }
        for segment in url.path().split('/').filter(|segment| segment.len() >= LEAST_SEGMENT) {
            self.add_part(segment);
        }
        self.add_part(url.username());
        self.add_part(url.password().unwrap_or_default());
    }

    /// Of a database's URL the password is secret, wherever it is.
    pub fn add_database_url(&mut self, url: &str) {
        let Ok(url) = Url::parse(url) else { return };
        self.add_part(url.password().unwrap_or_default());
        for (_, value) in url.query_pairs().filter(|(name, _)| name == "password") {
            self.add_part(&value);
        }
    }

    fn add_part(&mut self, part: &str) {
        let mut bytes = bytes(part);
        for _ in 0..=1 {
            let values: Vec<_> = bytes.iter().map(|byte| byte.value).collect();
            self.parts.extend(values.windows(LEAST).filter_map(|part| <[u8; LEAST]>::try_from(part).ok()));
            bytes = unescaped(&bytes);
        }
    }

    /// The text with `***` in place of each secret and each part of one, however it is spelled.
    pub fn hide(&self, text: &str) -> String {
        let mut is_secret = vec![false; text.len()];
        let mut bytes = bytes(text);
        for _ in 0..=MOST_ESCAPES {
            for found in self.found(&bytes) {
                is_secret[found[0].from..found[found.len() - 1].to].fill(true);
            }
            bytes = unescaped(&bytes);
        }
        let mut hidden = String::new();
        let mut is_in_secret = false;
        for (at, character) in text.char_indices() {
            let was_in_secret = is_in_secret;
            is_in_secret = is_secret[at..at + character.len_utf8()].contains(&true);
            match (was_in_secret, is_in_secret) {
                (_, false) => hidden.push(character),
                (false, true) => hidden.push_str("***"),
                (true, true) => {}
            }
        }
        hidden
    }

    fn found<'a>(&'a self, bytes: &'a [Byte]) -> impl Iterator<Item = &'a [Byte]> {
        let is_part = |window: &&[Byte]| self.parts.contains(&std::array::from_fn(|at| window[at].value));
        let parts = bytes.windows(LEAST).filter(is_part);
        let whole = self.whole.iter().filter(|whole| !whole.is_empty()).flat_map(|whole| {
            let is_it = move |window: &&[Byte]| window.iter().map(|byte| &byte.value).eq(whole);
            bytes.windows(whole.len()).filter(is_it)
        });
        parts.chain(whole)
    }
}

/// Says nothing of what it holds.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

/// A byte of a text, in lower case, and the place of what it was written as.
#[derive(Clone, Copy)]
struct Byte {
    value: u8,
    from: usize,
    to: usize,
}

fn bytes(text: &str) -> Vec<Byte> {
    let byte = |(from, value): (usize, u8)| Byte { value: value.to_ascii_lowercase(), from, to: from + 1 };
    text.bytes().enumerate().map(byte).collect()
}

/// Without one layer of escapes: percent-encoding, JSON's backslashes, HTML's numbers.
fn unescaped(bytes: &[Byte]) -> Vec<Byte> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        let (character, length) = escape(rest).unwrap_or((Escaped::Byte(first.value), 1));
        let (from, to) = (first.from, rest[length - 1].to);
        let mut push = |value: u8| plain.push(Byte { value: value.to_ascii_lowercase(), from, to });
        match character {
            Escaped::Byte(value) => push(value),
            Escaped::Character(character) => character.encode_utf8(&mut [0; 4]).bytes().for_each(push),
        }
        rest = &after[length - 1..];
    }
    plain
}

enum Escaped {
    Byte(u8),
    Character(char),
}

/// What is at the beginning of these bytes, if that is an escape, and how many bytes it takes.
fn escape(bytes: &[Byte]) -> Option<(Escaped, usize)> {
    let at = |index: usize| bytes.get(index).map(|byte| byte.value);
    let number = |from: usize, to: usize, radix: u32| {
        let digits = bytes.get(from..to)?.iter().map(|byte| char::from(byte.value).to_digit(radix));
        digits.reduce(|sum, digit| Some(sum?.checked_mul(radix)? + digit?)).flatten()
    };
    let byte = |value: u32| u8::try_from(value).ok().map(Escaped::Byte);
    let character = |value: u32| char::from_u32(value).map(Escaped::Character);
    match (at(0)?, at(1)?) {
        (b'%', _) => Some((byte(number(1, 3, 16)?)?, 3)),
        (b'\\', b'u') => Some((character(number(2, 6, 16)?)?, 6)),
        (b'\\', b'x') => Some((byte(number(2, 4, 16)?)?, 4)),
        (b'\\', other) if !other.is_ascii_alphanumeric() => Some((Escaped::Byte(other), 2)),
        (b'&', b'#') => {
            let end = bytes.iter().take(10).position(|byte| byte.value == b';')?;
            let (from, radix) = if at(2)? == b'x' { (3, 16) } else { (2, 10) };
            Some((character(number(from, end, radix)?)?, end + 1))
        }
        _ => None,
    }
}
