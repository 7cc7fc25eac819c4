//! Reports of the Autobahn Testsuite: read, compared with another run, held against a policy.
//!
//! Pure: bytes come in, values go out; which files there are is the caller's business.

pub mod diff;
pub mod index;
pub mod json;
pub mod policy;
mod suite;
pub mod verdict;

use std::path::Path;

use crate::error::Error;

/// What a serde error says, as an error of that file. A byte order mark is no part of JSON and is skipped.
fn parse<'a, T: serde::Deserialize<'a>>(
    bytes: &'a [u8],
    path: &Path,
    what: &'static str,
) -> Result<T, Error> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|e| bad(path, what, &e.to_string()))
}

fn bad(path: &Path, what: &'static str, detail: &str) -> Error {
    Error::BadReport { path: path.to_owned(), what, detail: detail.to_owned() }
}
