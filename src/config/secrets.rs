//! Secrets from files: `NAME_FILE` names one, or systemd puts one that is called NAME into `CREDENTIALS_DIRECTORY`. What
//! is in a file is never repeated.

use std::collections::{HashMap, HashSet};
use std::fs::Metadata;
use std::io::{Error, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

use super::file::open;
use super::values::named;
use super::{Fault, KEYS};

/// Keys whose values are secret. Of `DATABASE_URL` only that of a server is, which has a password.
pub const SECRETS: [&str; 6] =
    ["DATABASE_URL", "WECOM_WEBHOOK_URL", "HARBOR_AUTH_HEADER", "HARBOR_PASSWORD", "ADMIN_TOKEN", "READ_TOKEN"];
const DIRECTORY: &str = "CREDENTIALS_DIRECTORY";
const LONGEST: u64 = 64 * 1024;

/// A secret that was in a file.
pub struct FromFile {
    pub name: String,
    /// As a fault of its value names it.
    pub key: String,
    /// As `check` names it.
    pub place: String,
}

#[derive(Default)]
pub struct Reading {
    pub files: Vec<FromFile>,
    pub faults: Vec<Fault>,
    /// What may be wrong.
    pub doubts: Vec<Fault>,
}

/// The variables that may name a secret's file. `used` are the names that `ROUTES_FILE` refers to.
pub fn file_keys<'a>(used: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let names = SECRETS.into_iter().chain(used.into_iter().map(String::as_str));
    let names = names.filter(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
    let names = names.map(|name| format!("{name}_FILE"));
    // `${ROUTES}` does not make ROUTES_FILE a secret.
    names.filter(|name| KEYS.iter().all(|key| key.name != name)).collect()
}

/// Whether others must not read it.
pub fn is_secret(name: &str, value: &str, used: &HashSet<String>) -> bool {
    let is_named = SECRETS.contains(&name) || used.contains(name);
    is_named && !value.trim().is_empty() && (name != "DATABASE_URL" || !value.trim_start().starts_with("sqlite:"))
}

/// Adds to the values those that are in files. Where a value is given in two ways, nobody knows which one is meant.
pub fn read(values: &mut HashMap<String, String>, file_keys: &[String]) -> Reading {
    let mut reading = Reading::default();
    let given = |values: &HashMap<String, String>, name: &str| {
        values.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    };
    let unread = KEYS.iter().map(|key| (key.name, format!("{}_FILE", key.name)));
    let unread = unread.filter(|(_, key)| !file_keys.contains(key) && given(values, key).is_some());
    reading.doubts.extend(unread.map(|(name, key)| {
        let problem = format!("is not read, because {name} is no secret; set {name} itself");
        Fault { key, problem }
    }));
    let credentials = given(values, DIRECTORY).map(PathBuf::from);
    for key in file_keys {
        let name = key.strip_suffix("_FILE").unwrap_or(key);
        let credential = credentials.as_ref().map(|folder| folder.join(name)).filter(|path| path.exists());
        let credential = credential.map(|path| (format!("credential {name}"), path));
        let file = given(values, key).map(|path| (key.clone(), PathBuf::from(path)));
        let variable = given(values, name).map(|_| name.to_owned());
        let ways = [&file, &credential].into_iter().flatten().map(|(key, _)| key.clone());
        let ways: Vec<_> = variable.clone().into_iter().chain(ways).collect();
        if let [first, others @ ..] = &ways[..]
            && !others.is_empty()
        {
            let problem = format!("is set, and so is {}; keep one, an empty one counts as none", others.join(" and "));
            reading.faults.push(Fault { key: first.clone(), problem });
            continue;
        }
        let Some((key, path)) = file.or(credential) else { continue };
        match content(&path) {
            Ok((value, metadata)) => {
                let shown = named(&path.to_string_lossy());
                if is_open_to_others(&metadata) {
                    let problem = format!("{shown} can be read by every user of this machine; chmod 600 {shown}");
                    reading.doubts.push(Fault { key: key.clone(), problem });
                }
                let place = if key.starts_with("credential") { key.clone() } else { format!("{key} ({shown})") };
                reading.files.push(FromFile { name: name.to_owned(), key, place });
                values.insert(name.to_owned(), value);
            }
            Err(problem) => reading.faults.push(Fault { key, problem }),
        }
    }
    reading
}

/// Blanks and line ends around it do not count, as in a variable.
fn content(path: &Path) -> Result<(String, Metadata), String> {
    let shown = named(&path.to_string_lossy());
    let failed = |error: Error| format!("cannot read {shown}: {error}");
    let (file, metadata) = open(path).map_err(failed)?;
    let mut text = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut text).map_err(failed)?;
    if text.len() as u64 > LONGEST {
        return Err(format!("{shown} is larger than 64 KiB; it is to hold the secret alone"));
    }
    let text = String::from_utf8(text).map_err(|_| format!("{shown} is not UTF-8"))?;
    match text.trim() {
        "" => Err(format!("{shown} is empty")),
        secret if secret.contains('\n') => Err(format!("{shown} has several lines; it is to hold the secret alone")),
        secret => Ok((secret.to_owned(), metadata)),
    }
}

/// Whether its owner, who we are, lets everybody read it. What containers mount as secrets is root's and often is for all
/// to read.
fn is_open_to_others(file: &Metadata) -> bool {
    file.mode() & 0o004 != 0 && file.uid() == geteuid().as_raw() && !geteuid().is_root()
}
