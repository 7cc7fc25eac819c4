//! Exit codes, and errors as people read them.

use std::io::{self, Write};
use std::process::ExitCode;

use wslog::error::Error;
use wslog::views::escape::visible;
use wslog::views::remarks::hint;

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

/// A line on standard error. Where that is closed or full there is nobody to tell, and the exit code still has to be right.
pub(super) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
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
    say(&format!("wslog: {}", visible(&chain.join(": "))));
    if let Some(hint) = error.chain().find_map(|cause| cause.downcast_ref::<Error>()).and_then(hint) {
        say(&format!("  {hint}"));
    }
    Exit::Trouble
}
