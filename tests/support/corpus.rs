//! Captures and reports of real runs, which lie beside the repository or where `WSLOG_CORPUS` names.

use std::path::{Path, PathBuf};

/// The folder of that name in the corpus, or `""` for all of it; says so where there is nothing to compare.
pub fn corpus(part: &str) -> Option<PathBuf> {
    let named = std::env::var_os("WSLOG_CORPUS").map(PathBuf::from);
    assert!(named.as_ref().is_none_or(|folder| folder.is_dir()), "WSLOG_CORPUS names no directory");
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let folder = named.unwrap_or_else(beside).join(part);
    if !folder.is_dir() {
        println!("no {}: nothing to compare", folder.display());
        return None;
    }
    Some(folder)
}

/// Rules that rest on times, which two recordings of a connection do not share.
pub const TIMED: &[&str] = &[
    "CL-HALF-OPEN",
    "CL-IDLE",
    "CL-NEW-MSG",
    "CL-REPLY-LATE",
    "CL-SERVER-IMMEDIATE",
    "CL-TCP-NEVER",
    "FR-PONG-LATE",
];
