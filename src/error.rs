//! Why wslog cannot go on. A peer's fault is a finding, an odd recording a weird; neither is an error.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// An input could not be read at all, or output not written.
#[derive(Debug, Error)]
pub enum Error {
    /// The file or directory cannot be opened.
    #[error("cannot open {}", path.display())]
    Open {
        /// As given.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Reading failed; what was read before is lost only if nothing was analysed yet.
    #[error("cannot read {} at byte {offset}", path.display())]
    Read {
        /// As given, `-` for standard input.
        path: PathBuf,
        /// Bytes read so far.
        offset: u64,
        /// Why.
        source: io::Error,
    },
    /// The input holds no byte.
    #[error("{} is empty", path.display())]
    Empty {
        /// As given.
        path: PathBuf,
    },
    /// The first bytes are those of no known format.
    #[error("{} is neither pcap nor pcapng: it begins with {}", path.display(), hex(start))]
    UnknownFormat {
        /// As given.
        path: PathBuf,
        /// First bytes, up to 8.
        start: Vec<u8>,
    },
    /// The first bytes are right but the header of the file is not.
    #[error("{} begins like {format} but its header is unusable: {detail}", path.display())]
    BadHeader {
        /// As given.
        path: PathBuf,
        /// `pcap` or `pcapng`.
        format: &'static str,
        /// What is wrong.
        detail: String,
    },
    /// Compressed data with nothing inside that can be read.
    #[error("{} is {compression} data, and {detail}", path.display())]
    Inside {
        /// As given.
        path: PathBuf,
        /// What it is compressed with.
        compression: &'static str,
        /// What is wrong.
        detail: String,
    },
    /// It was to be a report of the Autobahn Testsuite and cannot be read as one.
    #[error("{} is no usable {what}{}: {detail}", path.display(), line.map(|n| format!(", line {n}")).unwrap_or_default())]
    BadReport {
        /// As given.
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
    /// A directory in which nothing can be read.
    #[error("no capture in directory {}", path.display())]
    NothingInDirectory {
        /// As given.
        path: PathBuf,
    },
    /// A directory without an index and without cases.
    #[error("no Autobahn report in directory {}", path.display())]
    NoReport {
        /// As given.
        path: PathBuf,
    },
    /// A policy that says something unknown or contradictory.
    #[error("policy {}{}: {detail}", path.display(), at(*line))]
    BadPolicy {
        /// As given.
        path: PathBuf,
        /// Where, from 1.
        line: Option<usize>,
        /// What is wrong.
        detail: String,
    },
    /// `wslog explain` knows nothing of that name.
    #[error("nothing is known of \"{what}\"{}", proposed(nearest))]
    UnknownTopic {
        /// As asked.
        what: String,
        /// Names that come near, the nearest first.
        nearest: Vec<String>,
    },
    /// The report could not be written.
    #[error("cannot write the report")]
    Write(#[from] io::Error),
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ")
}
