//! Who types a command, for the record of changes; and as whom it works on the database's file.

use std::fs::{Metadata, read_to_string};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::{Context, anyhow, bail};
use nix::errno::Errno;
use nix::unistd::{Gid, Uid, setgid, setuid};
use rustix::fs::{Access, access};

use crate::config::dotenv::ConfigFile;
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
/// not use files that root makes there. Who owns the configuration may not have root do what that user may not. Nobody else
/// can be another user, and is told who may use the file.
pub fn act_as_owner(database_url: &str, configured_by: Option<ConfigFile>) -> anyhow::Result<()> {
    let configured_by = configured_by.map(Owner::of_configuration);
    let Some(file) = file_of(database_url)? else {
        return configured_by.map_or(Ok(()), |owner| owner.act(Access::READ_OK));
    };
    let Some(owner) = owner_of(&file)? else { return Ok(()) };
    if !Uid::effective().is_root() {
        return check_usable(&file, &owner);
    }
    match configured_by.filter(|other| !other.user.is_root() && other.user != owner.user) {
        None => owner.act(Access::WRITE_OK),
        Some(other) if !owner.user.is_root() => Err(other.differs_from(&owner)),
        Some(other) => {
            other.act(Access::READ_OK)?;
            if !owner.is_usable(&file) {
                bail!(
                    "{} belongs to {}, who may not use {}, which is root's; give both to one user",
                    other.place.display(),
                    name(other.user),
                    owner.place.display()
                );
            }
            Ok(())
        }
    }
}

/// Root reads a database for its backup as root: only its owner's configuration, or root's own, may say which one.
pub fn check_configured_by(database_url: &str, configured_by: Option<ConfigFile>) -> anyhow::Result<()> {
    let configured_by = configured_by.map(Owner::of_configuration).filter(|_| Uid::effective().is_root());
    let (Some(other), Some(file)) = (configured_by, file_of(database_url)?) else { return Ok(()) };
    match owner_of(&file)? {
        Some(owner) if !other.user.is_root() && other.user != owner.user => Err(other.differs_from(&owner)),
        _ => Ok(()),
    }
}

fn check_usable(file: &Path, owner: &Owner) -> anyhow::Result<()> {
    if owner.place == file && owner.user != Uid::effective() && !owner.is_usable(file) {
        bail!("{} belongs to {}; run this as that user, or as root", file.display(), name(owner.user));
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
    let owners = way.into_iter().map_while(|place| Some(Owner::of(place, &std::fs::metadata(place).ok()?)));
    owners.into_iter().find(|owner| !owner.user.is_root()).map_or(Ok(()), |owner| owner.act(Access::WRITE_OK))
}

/// Who owns a file, or the folder in which it is to be made; None where something is wrong there, which is said by
/// whoever opens it.
fn owner_of(file: &Path) -> anyhow::Result<Option<Owner>> {
    for place in file.ancestors() {
        let place = if place.as_os_str().is_empty() { Path::new(".") } else { place };
        match std::fs::metadata(place) {
            Ok(found) => return Ok(Some(Owner::of(place, &found))),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                let user = name(*STARTED_BY);
                bail!("user {user} may not look at {}; run this as its owner, or as root", file.display())
            }
            Err(_) => return Ok(None),
        }
    }
    Ok(None)
}

struct Owner {
    user: Uid,
    group: Gid,
    /// What is owned.
    place: PathBuf,
}

impl Owner {
    fn of(place: &Path, found: &Metadata) -> Self {
        Self { user: Uid::from_raw(found.uid()), group: Gid::from_raw(found.gid()), place: place.to_owned() }
    }

    fn of_configuration(file: ConfigFile) -> Self {
        Self { user: Uid::from_raw(file.user), group: Gid::from_raw(file.group), place: file.name.into() }
    }

    fn differs_from(&self, owner: &Self) -> anyhow::Error {
        anyhow!(
            "{} belongs to {}, and {} to {}; run this as one of them, or where there is no such .env",
            self.place.display(),
            name(self.user),
            owner.place.display(),
            name(owner.user)
        )
    }

    /// Whether this process may use the file, or make it.
    fn is_usable(&self, file: &Path) -> bool {
        let needed = if self.place == file { Access::READ_OK } else { Access::EXEC_OK };
        access(&self.place, needed | Access::WRITE_OK).is_ok()
    }

    /// Root is this user from here on. Where it cannot be, it has to have this access without that.
    fn act(&self, needed: Access) -> anyhow::Result<()> {
        if !Uid::effective().is_root() || self.user.is_root() {
            return Ok(());
        }
        LazyLock::force(&STARTED_BY);
        let failed = || format!("cannot act as {}, who owns {}", name(self.user), self.place.display());
        match act_as(self.user, self.group) {
            // A container's root without that right, or in a namespace without that user, may be all there is.
            Err(Errno::EPERM | Errno::EINVAL) if access(&self.place, needed).is_ok() => {
                tracing::warn!("{}; going on as root, so that user may be unable to use new files there", failed());
                Ok(())
            }
            done => done.with_context(failed),
        }
    }
}

fn act_as(user: Uid, group: Gid) -> nix::Result<()> {
    #[cfg(target_os = "linux")]
    nix::unistd::setgroups(&[group])?;
    setgid(group)?;
    setuid(user)
}
