//! Who types a command, for the record of changes; and as whom it works on the database's file.

use std::fs::read_to_string;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Context, bail};
use nix::unistd::{Gid, Uid, setgid, setuid};
use rustix::fs::{Access, access};

use crate::model::actor::{Actor, Via};
use crate::store::file_of;

/// As who the command was started.
static STARTED_BY: LazyLock<Uid> = LazyLock::new(Uid::current);

/// The operating system's user. The environment could say anything.
pub fn actor() -> Actor {
    Actor { via: Via::Cli, by: name(*STARTED_BY) }
}

/// The name that `/etc/passwd` has for a user, or else its number.
fn name(user: Uid) -> String {
    let number = user.to_string();
    let users = read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == number).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("uid {number}"))
}

/// From here on root is the user who owns the database's file, or the folder in which it is to be made: the service could
/// not use files that root makes there. Nobody else can be another user, and is told who may use the file.
pub fn act_as_owner(database_url: &str) -> anyhow::Result<()> {
    let started_by = *STARTED_BY;
    let Some(file) = file_of(database_url)? else { return Ok(()) };
    for place in file.ancestors() {
        let place = if place.as_os_str().is_empty() { Path::new(".") } else { place };
        let owner = match std::fs::metadata(place) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                bail!("user {} may not look at {}; run this as its owner, or as root", name(started_by), file.display())
            }
            // What is wrong there is said by whoever opens it.
            Err(_) => return Ok(()),
        };
        let (user, group) = (Uid::from_raw(owner.uid()), Gid::from_raw(owner.gid()));
        if Uid::effective().is_root() && !user.is_root() {
            return act_as(user, group)
                .with_context(|| format!("cannot act as {}, who owns {}", name(user), place.display()));
        }
        if place == file && user != Uid::effective() && access(&file, Access::READ_OK | Access::WRITE_OK).is_err() {
            bail!("{} belongs to {}; run this as that user, or as root", file.display(), name(user));
        }
        return Ok(());
    }
    Ok(())
}

/// From here on root is the user who owns the first folder on the way to a new file that is not root's own. That user could
/// put something else in the place of what is below it, such as a link, and root would write where it leads.
pub fn act_as_owner_of_way(file: &Path) -> anyhow::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // What is wrong there is said by whoever makes the file.
    let Ok(folder) = folder.canonicalize() else { return Ok(()) };
    let mut way: Vec<_> = folder.ancestors().collect();
    way.reverse();
    for place in way {
        let Ok(owner) = std::fs::metadata(place) else { return Ok(()) };
        let (user, group) = (Uid::from_raw(owner.uid()), Gid::from_raw(owner.gid()));
        if Uid::effective().is_root() && !user.is_root() {
            return act_as(user, group)
                .with_context(|| format!("cannot act as {}, who owns {}", name(user), place.display()));
        }
    }
    Ok(())
}

fn act_as(user: Uid, group: Gid) -> nix::Result<()> {
    #[cfg(target_os = "linux")]
    nix::unistd::setgroups(&[group])?;
    setgid(group)?;
    setuid(user)
}
