//! Files that the configuration names. One that is no regular file, such as a pipe, is refused, because reading it may
//! never end.

use std::fs::{File, Metadata};
use std::io::{Error, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

use super::values::named;

/// Whoever opens a pipe waits for its other end, unless asked not to.
pub(super) fn open(path: impl AsRef<Path>) -> std::io::Result<(File, Metadata)> {
    let file = File::options().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() { Ok((file, metadata)) } else { Err(Error::other("it is no regular file")) }
}

pub(super) fn bytes(path: &str) -> Result<Vec<u8>, String> {
    let failed = |error| format!("cannot read {}: {error}", named(path));
    let mut bytes = Vec::new();
    open(path).and_then(|(mut file, _)| file.read_to_end(&mut bytes)).map_err(failed)?;
    Ok(bytes)
}

pub(super) fn text(path: &str) -> Result<String, String> {
    String::from_utf8(bytes(path)?).map_err(|_| format!("{} is not UTF-8", named(path)))
}
