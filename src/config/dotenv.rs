//! `.env`, or the file of a package's service: its values, and everything that is wrong with it, by its line. Nothing that is said repeats a value, because
//! any of them may be a secret.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::rc::Rc;

use rustix::process::geteuid;

use super::file::open;
use super::nearest::nearest;
use super::secrets::{file_keys, is_secret};
use super::{Fault, KEYS};

const BYTE_ORDER_MARK: char = '\u{feff}';

/// The first that there is, is read: what the working directory has, then what the service of the Debian package goes by.
const FILES: [&str; 2] = [".env", "/etc/harborbell/harborbell.env"];

/// A file that was read, and whose it was then.
#[derive(Clone, Copy, Debug)]
pub struct ConfigFile {
    pub name: &'static str,
    pub user: u32,
    pub group: u32,
}

#[derive(Debug, Default)]
pub struct Dotenv {
    /// Which file it was; None where there is none.
    pub file: Option<ConfigFile>,
    pub values: HashMap<String, String>,
    /// Each name, with its line.
    names: Vec<(String, usize)>,
    /// What a later line sets anew: name, the line before, that line.
    repeated: Vec<(String, usize, usize)>,
}

impl Dotenv {
    /// Nothing where there is no file.
    pub fn read() -> Result<Self, Vec<Fault>> {
        for file in FILES {
            let problem = match read(file) {
                Ok((read, bytes)) => return Self::parse(read, bytes),
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) if error.kind() == ErrorKind::PermissionDenied => "run this as its owner, or as root".into(),
                Err(error) => error.to_string(),
            };
            return Err(vec![Fault { key: file.into(), problem: format!("cannot be read: {problem}") }]);
        }
        Ok(Self::default())
    }

    fn parse(file: ConfigFile, bytes: Vec<u8>) -> Result<Self, Vec<Fault>> {
        let fault = |line, problem: &str| fault(file.name, line, problem);
        let text = String::from_utf8(bytes).map_err(|error| {
            let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            vec![fault(line, "is not UTF-8; save the file as UTF-8")]
        })?;
        let (mut dotenv, mut faults) = (Self { file: Some(file), ..Self::default() }, Vec::new());
        let marked = text.strip_prefix(BYTE_ORDER_MARK);
        if marked.is_some() {
            faults.push(fault(1, "begins with a byte order mark (BOM); save the file as UTF-8 without it"));
        }
        // The parser takes a blank at the very end for the beginning of more.
        let text: String = marked.unwrap_or(&text).lines().map(|line| with_dollars(line) + "\n").collect();
        let at = Rc::new(Cell::new(0));
        let mut entries = dotenvy::from_read_iter(Lines { text: &text, at: at.clone() });
        loop {
            let begin = beginning(&text, at.get());
            let line = text[..begin].matches('\n').count() + 1;
            match entries.next() {
                None => break,
                Some(Ok((name, value))) => {
                    if value.contains('\n') && KEYS.iter().any(|key| key.name == name) {
                        faults.push(fault(line, "goes on in the next line; a quote is probably not closed"));
                    }
                    // What was empty is only filled in.
                    if let Some((_, before)) = dotenv.names.iter().rfind(|(other, _)| *other == name)
                        && dotenv.values.get(&name).is_some_and(|value| !value.trim().is_empty())
                    {
                        dotenv.repeated.push((name.clone(), *before, line));
                    }
                    dotenv.names.push((name.clone(), line));
                    dotenv.values.insert(name, value);
                }
                Some(Err(_)) => {
                    faults.push(fault(line, problem(&text[begin..end_of_line(&text, begin)])));
                    // A quote that is not closed has taken along what is below it.
                    at.set(end_of_line(&text, begin));
                }
            }
        }
        if faults.is_empty() { Ok(dotenv) } else { Err(faults) }
    }

    /// What may be wrong with it. Other programs may have names here, too, and so may the routes file, whose `used` ones
    /// are meant as they are.
    pub fn doubts(&self, used: &HashSet<String>) -> Vec<Fault> {
        let keys: Vec<_> = KEYS.iter().map(|key| key.name.to_owned()).chain(file_keys(used)).collect();
        let of_names = [self.misspelt(&keys, used), self.set_again(&keys, used)].concat();
        of_names.into_iter().chain(self.open_to_others(used)).collect()
    }

    /// Names that are probably keys and misspelt.
    fn misspelt(&self, keys: &[String], used: &HashSet<String>) -> Vec<Fault> {
        let unknown = self.names.iter().filter(|(name, _)| !used.contains(name) && !keys.contains(name));
        unknown
            .filter_map(|(name, line)| {
                let key = nearest(&name.to_uppercase(), keys.iter().map(String::as_str))?;
                Some(fault(self.file?.name, *line, &format!("sets {name}, which is no key; is {key} meant?")))
            })
            .collect()
    }

    /// Keys of which a value is not used, because a later line has another one.
    fn set_again(&self, keys: &[String], used: &HashSet<String>) -> Vec<Fault> {
        let repeated = self.repeated.iter().filter(|(name, ..)| used.contains(name) || keys.contains(name));
        repeated
            .filter_map(|(name, before, line)| {
                let problem = format!("sets {name}, which line {before} has set already; the last line counts");
                Some(fault(self.file?.name, *line, &problem))
            })
            .collect()
    }

    /// Whether other users of the machine can read a secret here. A group may be meant to, but for a `.env` of our own.
    fn open_to_others(&self, used: &HashSet<String>) -> Option<Fault> {
        self.values.iter().find(|(name, value)| is_secret(name, value, used))?;
        let name = self.file?.name;
        let file = std::fs::metadata(name).ok()?;
        let is_ours = file.uid() == geteuid().as_raw();
        let readers = if is_ours && name == FILES[0] { 0o044 } else { 0o004 };
        let owner = if is_ours { "" } else { "give it to the service's user, then " };
        let problem = format!("has secrets, and other users of this machine can read it; {owner}chmod 600 {name}");
        (file.mode() & readers != 0).then(|| Fault { key: name.into(), problem })
    }
}

fn read(name: &'static str) -> std::io::Result<(ConfigFile, Vec<u8>)> {
    let (mut file, owner) = open(name)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok((ConfigFile { name, user: owner.uid(), group: owner.gid() }, bytes))
}

fn fault(file: &str, line: usize, problem: &str) -> Fault {
    Fault { key: file.into(), problem: format!("line {line} {problem}") }
}

/// A robot account's name has a dollar sign, as its password may have: there it begins no variable.
fn with_dollars(line: &str) -> String {
    let entry = line.trim_start();
    let entry = entry.strip_prefix("export ").map_or(entry, str::trim_start);
    let value = ["HARBOR_USERNAME", "HARBOR_PASSWORD"].iter().find_map(|key| entry.strip_prefix(key));
    let value = value.and_then(|value| value.trim_start().strip_prefix('=')).map(str::trim_start);
    match value {
        Some(value) if !value.starts_with('\'') => line.replace("\\$", "$").replace('$', "\\$"),
        _ => line.to_owned(),
    }
}

/// Gives the parser one line at a time, so that it shows how far it has come.
struct Lines<'a> {
    text: &'a str,
    at: Rc<Cell<usize>>,
}

impl Read for Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let at = self.at.get();
        let length = buffer.len().min(end_of_line(self.text, at) - at);
        buffer[..length].copy_from_slice(&self.text.as_bytes()[at..at + length]);
        self.at.set(at + length);
        Ok(length)
    }
}

/// Where the next line begins.
fn end_of_line(text: &str, at: usize) -> usize {
    let rest = &text.as_bytes()[at..];
    at + rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1)
}

/// Where the next entry begins, behind empty lines and comments.
fn beginning(text: &str, mut at: usize) -> usize {
    while at < text.len() {
        let line = text[at..end_of_line(text, at)].trim_start();
        if !line.is_empty() && !line.starts_with('#') {
            break;
        }
        at = end_of_line(text, at);
    }
    at
}

/// Why a line is no entry.
fn problem(line: &str) -> &'static str {
    let line = line.trim_start();
    let line = line.strip_prefix("export ").map_or(line, str::trim_start);
    let rest = line.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric() || letter == '_');
    let (is_named, rest) = (rest.len() < line.len(), rest.trim_start());
    match rest.chars().next() {
        Some(':' | '：') if is_named && !rest.starts_with("://") => "is written `KEY: value`; write KEY=value",
        Some('=') if is_open(&rest[1..]) => "has a quote that is not closed",
        Some('=') if is_named => "has more behind its value; put a value that has blanks, # or \\ in single quotes",
        _ => "is not KEY=value",
    }
}

/// Whether a quote is open at the end of a line.
fn is_open(value: &str) -> bool {
    let (mut quote, mut before) = (None, ' ');
    for character in value.chars() {
        match (quote, character) {
            (None, '#') if before.is_whitespace() => return false,
            (None, '\'' | '"') if before != '\\' => quote = Some(character),
            (Some('"'), '"') if before == '\\' => {}
            (Some(open), character) if open == character => quote = None,
            _ => {}
        }
        before = character;
    }
    quote.is_some()
}
