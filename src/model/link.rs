//! Paths of our own pages. Names go into them percent-encoded, whatever they hold.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What needs no encoding in a segment of a path, nor in a query (RFC 3986, unreserved).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The page of an image; without a version, of all its versions.
pub fn image_path(repository: &str, version: &str) -> String {
    let segments: Vec<_> = repository.split('/').map(encoded).collect();
    let path = format!("/images/{}", segments.join("/"));
    if version.is_empty() { path } else { format!("{path}?version={}", encoded(version)) }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}
