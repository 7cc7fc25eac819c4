//! Exit codes, and errors as people read them.

use std::io;
use std::process::ExitCode;

use wslog::error::{Error, Likeness};
use wslog::views::escape::visible;

/// What the process ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// The work was done.
    Done = 0,
    /// It was done and found what was asked about.
    Found = 1,
    /// Bad usage, or an input that could not be read at all.
    Trouble = 2,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Prints the chain of causes and one hint. A reader that closed the pipe is no error.
pub(super) fn explain(error: &anyhow::Error) -> Exit {
    let closed_pipe = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe);
    if closed_pipe {
        return Exit::Done;
    }
    let chain: Vec<_> = error.chain().map(ToString::to_string).collect();
    eprintln!("wslog: {}", visible(&chain.join(": ")));
    if let Some(hint) = error.chain().find_map(|cause| cause.downcast_ref::<Error>()).and_then(hint) {
        eprintln!("  {hint}");
    }
    Exit::Trouble
}

fn hint(error: &Error) -> Option<&'static str> {
    match error {
        Error::Open { .. } | Error::Write(_) => None,
        Error::Read { .. } => Some("is it a regular file or a pipe, and readable?"),
        Error::Empty { .. } => {
            Some("did the capturing program write anything? tcpdump -U flushes each packet")
        }
        Error::UnknownFormat { start, .. } => Some(match Likeness::of(start) {
            Some(Likeness::Packed(_)) => "unpack it first; wslog reads gzip, zstd, lz4, xz and bzip2 itself",
            Some(Likeness::Capture(_)) => "editcap -F pcapng IN OUT converts it",
            None => "give a capture as tcpdump -w or Wireshark writes it (pcap, pcapng)",
        }),
        Error::Inside { .. } => {
            Some("it should hold a capture (pcap, pcapng), or a report of the Autobahn Testsuite")
        }
        Error::BadHeader { .. } => Some("the file may be damaged; its first 24 bytes decide"),
        Error::BadReport { advice, .. } => Some(advice),
        Error::NothingInDirectory { .. } => Some("captures are recognised by their first bytes, not by name"),
        Error::NoReport { .. } => Some(
            "it should hold index.json, the reports of cases, or directories of such: the shards of one run",
        ),
        Error::UnknownTopic { .. } => Some(
            "close codes (1006), rules (FR-RSV) and Autobahn cases (3.2): `wslog explain --list` names them",
        ),
        Error::BadPolicy { .. } => Some("`wslog check --help` shows a whole policy"),
    }
}
