//! Who types a command, for the record of changes.

use std::fs::read_to_string;

use crate::model::actor::{Actor, Via};

/// The operating system's user: the name that `/etc/passwd` has for it, or else its number. The environment could say
/// anything.
pub fn actor() -> Actor {
    let number = rustix::process::getuid().as_raw().to_string();
    let users = read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == number).then(|| name.to_owned())
    });
    Actor { via: Via::Cli, by: name.unwrap_or_else(|| format!("uid {number}")) }
}
