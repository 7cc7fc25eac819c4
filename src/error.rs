//! Why wslog cannot go on. A peer's fault is a finding, an odd recording a weird; neither is an error.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::model::Hex;

/// An input could not be read at all, or output not written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The system starts no more threads, most often for want of memory.
    #[error("cannot start a thread; --threads 1 needs none")]
    Threads {
        /// What the system said.
        source: io::Error,
    },
    /// One of these, told under other names.
    #[error("{text}")]
    Renamed {
        /// What stands for the path.
        path: Option<PathBuf>,
        /// It in words, with its causes.
        text: String,
    },
    /// There are more rows than may wait to be sorted.
    #[error("{rows} rows and more take over {bytes} bytes to be sorted, which is the limit sorted-bytes")]
    TooManyRows {
        /// Rows that had room.
        rows: usize,
        /// Bytes that they may take.
        bytes: usize,
    },
    /// The file or directory cannot be opened.
    #[error("cannot open {}", path.display())]
    Open {
        /// The path as it was given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Reading failed; what was read before is lost only if nothing was analysed yet.
    #[error("cannot read {} at byte {offset}", path.display())]
    Read {
        /// As given, `-` for standard input.
        path: PathBuf,
        /// Bytes read so far.
        offset: u64,
        /// What the system said.
        source: io::Error,
    },
    /// The input holds no byte.
    #[error("{} is empty", path.display())]
    Empty {
        /// The path as it was given.
        path: PathBuf,
    },
    /// The first bytes are those of no known format.
    #[error("{} is neither pcap nor pcapng: it begins with {:#}{}", path.display(), Hex(start), like(start))]
    UnknownFormat {
        /// The path as it was given.
        path: PathBuf,
        /// First bytes, up to 8.
        start: Vec<u8>,
    },
    /// The first bytes are right but the header of the file is not.
    #[error("{} begins like {format} but its header is unusable: {detail}", path.display())]
    BadHeader {
        /// The path as it was given.
        path: PathBuf,
        /// `pcap` or `pcapng`.
        format: &'static str,
        /// What is wrong.
        detail: String,
    },
    /// A few lines of text that stand for a file kept elsewhere.
    #[error("{} is {}, not the file it points to", path.display(), pointer.name())]
    Pointer {
        /// The path as it was given.
        path: PathBuf,
        /// Whose it is.
        pointer: Pointer,
    },
    /// Compressed data with nothing inside that can be read.
    #[error("{} is {compression} data, but {detail}", path.display())]
    Inside {
        /// The path as it was given.
        path: PathBuf,
        /// What it is compressed with.
        compression: &'static str,
        /// What is wrong.
        detail: String,
    },
    /// It was to be a report of the Autobahn Testsuite and cannot be read as one.
    #[error("{} is not a usable {what}{}: {detail}", path.display(), line.map(|n| format!(", line {n}")).unwrap_or_default())]
    BadReport {
        /// The path as it was given.
        path: PathBuf,
        /// What it was taken for.
        what: &'static str,
        /// Where, from 1.
        line: Option<usize>,
        /// What is wrong.
        detail: String,
        /// What to try.
        advice: &'static str,
    },
    /// The page with the verdicts of a whole run, which has the traffic of no case.
    #[error(
        "{} is the overview page of an Autobahn run, which has no traffic of any case{}",
        path.display(),
        index.as_ref().map(|index| format!("; its verdicts are in {}", index.display())).unwrap_or_default()
    )]
    Overview {
        /// The path as it was given.
        path: PathBuf,
        /// The index beside it, if there is one.
        index: Option<PathBuf>,
    },
    /// A directory in which nothing can be read.
    #[error("no capture in directory {}", path.display())]
    NothingInDirectory {
        /// The path as it was given.
        path: PathBuf,
    },
    /// A directory without an index and without cases.
    #[error("no Autobahn report in directory {}", path.display())]
    NoReport {
        /// The path as it was given.
        path: PathBuf,
    },
    /// Captures in which no case of an Autobahn run is found for certain.
    #[error("no case of an Autobahn run in the captures: {detail}")]
    NoRun {
        /// Why.
        detail: String,
        /// What to try.
        advice: &'static str,
    },
    /// A policy that says something unknown or contradictory.
    #[error("policy {}{}: {detail}", path.display(), at(*line))]
    BadPolicy {
        /// The path as it was given.
        path: PathBuf,
        /// Where, from 1.
        line: Option<usize>,
        /// What is wrong.
        detail: String,
    },
    /// `wslog explain` knows nothing of that name.
    #[error("unknown topic \"{what}\"{}", proposed(nearest))]
    UnknownTopic {
        /// The name that was asked for.
        what: String,
        /// Names that come near, the nearest first.
        nearest: Vec<String>,
    },
    /// The report could not be written.
    #[error("cannot write the report")]
    Write(#[from] io::Error),
}

impl Error {
    /// What it is about, where that is a file.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Open { path, .. }
            | Self::Read { path, .. }
            | Self::Empty { path }
            | Self::UnknownFormat { path, .. }
            | Self::BadHeader { path, .. }
            | Self::Pointer { path, .. }
            | Self::Inside { path, .. }
            | Self::BadReport { path, .. }
            | Self::Overview { path, .. }
            | Self::NothingInDirectory { path }
            | Self::NoReport { path }
            | Self::BadPolicy { path, .. } => Some(path),
            Self::Renamed { path, .. } => path.as_deref(),
            Self::Threads { .. }
            | Self::UnknownTopic { .. }
            | Self::TooManyRows { .. }
            | Self::NoRun { .. }
            | Self::Write(_) => None,
        }
    }

    /// In words, with its causes.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

fn at(line: Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!(", line {line}"))
}

fn proposed(nearest: &[String]) -> String {
    match nearest {
        [] => String::new(),
        names => format!("; nearest: {}", names.join(", ")),
    }
}

/// What version control leaves in the place of a large file until somebody fetches that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pointer {
    /// Git LFS.
    GitLfs,
    /// git-annex: a pointer, or a link to it on a file system that has none.
    GitAnnex,
    /// Data Version Control.
    Dvc,
}

impl Pointer {
    /// By the first bytes of a file.
    #[must_use]
    pub fn of(start: &[u8]) -> Option<Self> {
        let mut above = start;
        while let Some(rest) = above.strip_prefix(b"../") {
            above = rest;
        }
        if start.starts_with(b"version https://git-lfs.github.com/spec/")
            || start.starts_with(b"version https://hawser.github.com/spec/")
        {
            Some(Self::GitLfs)
        } else if start.starts_with(b"/annex/objects/") || above.starts_with(b".git/annex/objects/") {
            Some(Self::GitAnnex)
        } else if start.starts_with(b"outs:\n- md5: ") || start.starts_with(b"outs:\r\n- md5: ") {
            Some(Self::Dvc)
        } else {
            None
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::GitLfs => "a Git LFS pointer",
            Self::GitAnnex => "a git-annex pointer",
            Self::Dvc => "a DVC pointer",
        }
    }
}

/// What people take for a capture, or have one in, and wslog does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Likeness {
    /// It has to be unpacked first.
    Packed(&'static str),
    /// A capture of another format.
    Capture(&'static str),
}

impl Likeness {
    /// By the first bytes of a file.
    pub(crate) fn of(start: &[u8]) -> Option<Self> {
        Some(match start {
            [b'P', b'K', 3, 4, ..] => Self::Packed("a ZIP archive"),
            [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..] => Self::Packed("a 7-Zip archive"),
            [b'R', b'a', b'r', b'!', 0x1a, 0x07, ..] => Self::Packed("a RAR archive"),
            [0x5d, 0, 0, _, _, 0xff, 0xff, 0xff] => Self::Packed(".lzma data"),
            [b'L', b'Z', b'I', b'P', ..] => Self::Packed("lzip data"),
            [0x89, b'L', b'Z', b'O', 0, ..] => Self::Packed("lzop data"),
            [0x02, 0x21, 0x4c, 0x18, ..] => Self::Packed("LZ4 data in the legacy format"),
            [0x1f, 0x9d, ..] => Self::Packed("compress (.Z) data"),
            [b's', b'n', b'o', b'o', b'p', 0, 0, 0] => Self::Capture("a snoop capture"),
            [b'G', b'M', b'B', b'U', ..] | [b'R', b'T', b'S', b'S', ..] => {
                Self::Capture("a Microsoft Network Monitor capture")
            }
            _ => return None,
        })
    }
}

fn like(start: &[u8]) -> String {
    match Likeness::of(start) {
        Some(Likeness::Packed(name) | Likeness::Capture(name)) => format!(", like {name}"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers() {
        for (start, expected) in [
            ("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a", Some(Pointer::GitLfs)),
            ("version https://hawser.github.com/spec/v1\n", Some(Pointer::GitLfs)),
            ("version https://git-lfs.github.com/", None),
            ("version 1", None),
            ("/annex/objects/SHA256E-s3--e3b0.pcap\n", Some(Pointer::GitAnnex)),
            (".git/annex/objects/Pk/0f/SHA256E-s3--e3b0.pcap", Some(Pointer::GitAnnex)),
            ("../../.git/annex/objects/Pk/0f/SHA256E-s3", Some(Pointer::GitAnnex)),
            ("../annex/objects/", None),
            ("annex/objects/", None),
            ("outs:\n- md5: a304afb96060aad90176268345e10355\n", Some(Pointer::Dvc)),
            ("outs:\n", None),
            ("../../", None),
            ("", None),
        ] {
            assert_eq!(Pointer::of(start.as_bytes()), expected, "{start}");
        }
    }
}
