//! What is in a directory, however deep.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Regular files that have something in them, and links to such, in no order.
    pub(crate) files: Vec<PathBuf>,
    /// What was left alone, and why.
    pub(crate) left: Vec<(PathBuf, &'static str)>,
    /// Directories that could not be listed, and what cannot be looked at.
    pub(crate) failed: Vec<(PathBuf, io::Error)>,
}

/// Descends so many levels; 0 is the directory itself alone. Links to directories are not followed, which lead anywhere, and
/// a directory that is mounted twice is listed once. Nothing is opened: a pipe would lose what somebody looks at, and the files of /proc, which have no size, can wait for ever.
///
/// `None` for what is no directory.
pub(crate) fn walk(top: &Path, depth: usize) -> Option<Found> {
    if !top.is_dir() {
        return None;
    }
    let mut found = Found::default();
    let mut seen = HashSet::new();
    let mut waiting = vec![(top.to_owned(), 0)];
    while let Some((directory, level)) = waiting.pop() {
        match fs::canonicalize(&directory).and_then(|path| Ok((path, fs::read_dir(&directory)?))) {
            Ok((path, entries)) => {
                if !seen.insert(path) {
                    found.left.push((directory, "a directory already searched"));
                    continue;
                }
                for entry in entries {
                    match entry {
                        Ok(entry) => found.sort(entry.path(), level, depth, &mut waiting),
                        Err(error) => found.failed.push((directory.clone(), error)),
                    }
                }
            }
            Err(error) => found.failed.push((directory, error)),
        }
    }
    Some(found)
}

impl Found {
    fn sort(&mut self, path: PathBuf, level: usize, depth: usize, waiting: &mut Vec<(PathBuf, usize)>) {
        let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        match fs::metadata(&path) {
            Ok(there) if there.is_dir() => {
                if path.is_symlink() {
                    self.left.push((path, "a link to a directory"));
                } else if is_hidden {
                    self.left.push((path, "a hidden directory"));
                } else if level >= depth {
                    self.left.push((path, "a directory below --depth"));
                } else {
                    waiting.push((path, level + 1));
                }
            }
            Ok(there) if !there.is_file() => self.left.push((path, "not a regular file")),
            Ok(there) if there.len() == 0 => self.left.push((path, "empty")),
            Ok(_) => self.files.push(path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.left.push((path, "a broken link"));
            }
            Err(error) => self.failed.push((path, error)),
        }
    }
}
