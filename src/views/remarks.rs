//! What is said beside the data, on standard error: what kept an input from being read, or from being read to its end, and
//! what keys were good for.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::engine::Sink;
use crate::error::{Error, Likeness, Pointer};
use crate::model::{InputReport, KeyReport, KeyUse, WeirdKind};
use crate::views::escape::visible;
use crate::views::units;

/// Writes remarks as they arise. What cannot be written is lost: the data do not depend on it.
#[derive(Debug)]
pub struct Remarks<W> {
    out: W,
    quiet: bool,
}

impl<W: Write> Remarks<W> {
    /// Remarks to `out`; `quiet`: of inputs that cannot be read only.
    pub const fn new(out: W, quiet: bool) -> Self {
        Self { out, quiet }
    }

    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "wslog: {text}");
    }

    /// Says what the keys of TLS were good for that were named, and those that a capture brought along for nothing.
    pub fn keys(&mut self, report: &KeyReport) {
        if self.quiet {
            return;
        }
        let (log, have) = match report.key_logs {
            1 => ("the key log", "has"),
            _ => ("the key logs", "have"),
        };
        if report.key_logs > 0 {
            self.line(&key_line(log, have, &report.named));
            if let Some(advice) = advice(&report.named) {
                let _ = writeln!(self.out, "  {advice}");
            }
        }
        if report.inside != KeyUse::default() && report.inside.seen == 0 {
            self.line(&key_line("the capture itself", "has", &report.inside));
        }
    }

    /// Says how many inputs were not read because somebody asked to stop.
    pub fn unread(&mut self, inputs: usize) {
        if inputs > 0 && !self.quiet {
            let what = if inputs == 1 { "input was" } else { "inputs were" };
            self.line(&format!("stopped; {inputs} {what} not read"));
        }
    }
}

impl<W: Write> Sink for Remarks<W> {
    fn is_beside(&self) -> bool {
        true
    }

    fn read(&mut self, files: &[InputReport]) -> Result<(), Error> {
        if self.quiet {
            return Ok(());
        }
        if files.len() > 1 {
            self.line(&format!(
                "{} files are read as one capture, in time order (--apart reads each on its own)",
                files.len()
            ));
        }
        for file in files {
            if let Some(what) = remark(file) {
                self.line(&format!("{}: {what}", visible(&file.path)));
            }
        }
        Ok(())
    }

    fn skipped(&mut self, named: &Path, files: &[(PathBuf, &'static str)]) {
        if self.quiet {
            return;
        }
        let left = files.iter().map(|(path, why)| (path.to_string_lossy(), *why));
        for line in left_over(left) {
            self.line(&format!("{}: not read: {line}", visible(&named.to_string_lossy())));
        }
    }

    fn failed(&mut self, error: &Error) {
        self.line(&visible(&error.chain()));
        if let Some(hint) = hint(error) {
            let _ = writeln!(self.out, "  {hint}");
        }
    }
}

/// What keys there are, and of how many connections that were seen.
fn key_line(log: &str, have: &str, used: &KeyUse) -> String {
    let count = |n: usize| units::count(n as u64, "connection");
    let mut line = match (used.connections, used.seen) {
        (0, _) if used.passed_over + used.malformed == 0 => format!("{log} {have} no line"),
        (0, _) => format!("{log} {have} no key"),
        (1, 1) => format!("{log} {have} keys for one connection, which is in the capture"),
        (1, 0) => format!("{log} {have} keys for one connection, which is not in the capture"),
        (all, 0) => format!("{log} {have} keys for {}, none in the capture", count(all)),
        (all, seen) if all == seen => format!("{log} {have} keys for {}, all in the capture", count(all)),
        (all, seen) => format!("{log} {have} keys for {}, {seen} in the capture", count(all)),
    };
    let lines = [
        (used.malformed, "that is not a key log line", "that are not key log lines"),
        (
            if used.connections == 0 { used.passed_over } else { 0 },
            "with other secrets",
            "with other secrets",
        ),
        (used.over_cap, "that did not fit", "that did not fit"),
    ];
    for (n, one, many) in lines.into_iter().filter(|(n, ..)| *n > 0) {
        let _ = write!(line, "; {} {}", units::count(n, "line"), if n == 1 { one } else { many });
    }
    line
}

/// What to try where named keys were good for nothing.
fn advice(used: &KeyUse) -> Option<&'static str> {
    Some(match used {
        KeyUse { seen: 1.., .. } => return None,
        KeyUse { connections: 1.., .. } => {
            "did the program that wrote it open these connections, and during the capture? Without the handshake in \
             the recording no key can be matched; see `wslog explain tls`"
        }
        KeyUse { malformed: 0, passed_over: 0, .. } => {
            "did the program start with SSLKEYLOGFILE set, and does it support that variable? `wslog explain tls` \
             says which do"
        }
        _ => "is it the file that SSLKEYLOGFILE names? `wslog explain tls` says how programs write one",
    })
}

/// What kept an input from being read to its end.
fn remark(report: &InputReport) -> Option<&'static str> {
    let has = |kind| report.weirds.as_slice().iter().any(|weird| weird.kind == kind);
    Some(if report.interrupted {
        "stopped; reporting what was read so far"
    } else if has(WeirdKind::FileInflateCap) {
        "a limit was reached; analysed up to there"
    } else if has(WeirdKind::CorruptCompression) {
        "its compressed data cannot be read to the end; analysed as far as possible"
    } else if report.truncated {
        "cut off in the middle; analysed up to the cut"
    } else {
        return None;
    })
}

/// Files that were left, by the reason: how many, and one of them.
pub(super) fn left_over<'f>(files: impl Iterator<Item = (Cow<'f, str>, &'static str)>) -> Vec<String> {
    let mut by_reason: BTreeMap<&str, (u64, Cow<'_, str>)> = BTreeMap::new();
    for (path, why) in files {
        by_reason.entry(why).or_insert((0, path)).0 += 1;
    }
    let line = |(why, (count, path)): (&str, (u64, Cow<'_, str>))| match count {
        1 => format!("{} ({why})", visible(&path)),
        _ => format!("{count} files, {} among them ({why})", visible(&path)),
    };
    by_reason.into_iter().map(line).collect()
}

/// What to try where an input cannot be read.
#[must_use]
pub fn hint(error: &Error) -> Option<&'static str> {
    match error {
        Error::Open { .. } | Error::Threads { .. } | Error::Write(_) | Error::Renamed { .. } => None,
        Error::TooManyRows { .. } => {
            Some("ask for fewer (--host, --outcome, --since ...), or for more room: --limit sorted-bytes=1G")
        }
        Error::Read { .. } => Some("is it a regular file or a pipe, and readable?"),
        Error::Empty { .. } => Some("did the capture program write anything? tcpdump -U flushes each packet"),
        Error::UnknownFormat { start, .. } => Some(match Likeness::of(start) {
            Some(Likeness::Packed(_)) => "unpack it first; wslog reads gzip, zstd, lz4, xz and bzip2 itself",
            Some(Likeness::Capture(_)) => "editcap -F pcapng IN OUT converts it",
            None => "give a capture written by tcpdump -w or Wireshark (pcap, pcapng)",
        }),
        Error::Pointer { pointer, .. } => Some(match pointer {
            Pointer::GitLfs => "git lfs pull fetches it",
            Pointer::GitAnnex => "git annex get fetches it",
            Pointer::Dvc => "dvc pull fetches it; name the file without .dvc",
        }),
        Error::Inside { .. } => {
            Some("it should hold a capture (pcap, pcapng), or a report of the Autobahn Testsuite")
        }
        Error::BadHeader { .. } => Some("the file may be damaged: its first 24 bytes identify a capture"),
        Error::BadReport { advice, .. } | Error::NoRun { advice, .. } => Some(advice),
        Error::Overview { .. } => {
            Some("wslog check and wslog diff read the index.json of a run, wslog inspect its case reports")
        }
        Error::NothingInDirectory { .. } => Some("captures are recognised by their first bytes, not by name"),
        Error::NoReport { .. } => {
            Some("it should hold index.json, case reports, or directories of these (clients, servers)")
        }
        Error::UnknownTopic { .. } => Some(
            "causes (abrupt_end), outcomes (clean), close codes (1006), rules (FR-RSV), Autobahn cases (3.2) and \
             guides (tls): `wslog explain --list` lists them",
        ),
        Error::BadPolicy { .. } => {
            Some("`wslog check --help` shows a whole policy, `wslog diff --help` a file of accepted changes")
        }
    }
}
