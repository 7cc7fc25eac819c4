//! A case of the Autobahn Testsuite as its report tells it. The *tester* is the suite, the *testee* what it
//! tests; names and verdicts are spelt as there.

mod account;
mod captured;
mod set;

use std::cmp::Ordering;
use std::fmt;
use std::mem::discriminant;

use super::frame::{Opcode, Rsv};
use super::named::named;
use super::observation::Role;
use super::suite::Suite;

pub(crate) use account::messages_begun;
pub use account::{CaseAccount, Sent, Shortfall, TesteeAct, Unanswered};
pub use captured::{Alike, CapturedCase, CapturedVerdict, Fits, NoVerdict, RunPart};
pub use set::CaseSet;

/// Number of a case, as in `3.2` or `10.1.1`. Ordered by number, not as text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CaseId(String);

impl CaseId {
    /// A case number as written; `None` unless it is numbers parted by dots.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let is_number =
            |part: &str| !part.is_empty() && part.len() < 10 && part.bytes().all(|b| b.is_ascii_digit());
        text.split('.').all(is_number).then(|| Self(text.to_owned()))
    }

    /// The number with its dots, as in `7.9.13`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// First number: the section of the suite.
    #[must_use]
    pub fn section(&self) -> u32 {
        self.parts().next().unwrap_or(0)
    }

    fn parts(&self) -> impl Iterator<Item = u32> {
        self.0.split('.').map(|part| part.parse().unwrap_or(0))
    }
}

impl Ord for CaseId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(other.parts()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for CaseId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A verdict of the suite, by the word of a report.
macro_rules! verdict {
    ($(#[doc = $doc:literal])+ $Verdict:ident { $($(#[doc = $of:literal])+ $name:ident = $word:literal,)+ }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $Verdict {
            $($(#[doc = $of])+ $name,)+
            /// Any other word, as some old suites wrote (`NO_CLOSE`).
            Other(String),
            /// The source does not say.
            Unknown,
        }

        impl $Verdict {
            /// From the word of a report.
            #[must_use]
            pub fn new(word: &str) -> Self {
                match word {
                    $($word => Self::$name,)+
                    "" => Self::Unknown,
                    other => Self::Other(other.to_owned()),
                }
            }

            /// The word of a report that stands for it; `unknown` where none is known.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.told().unwrap_or("unknown")
            }

            /// The word of a report that stands for it; `None` where the source does not say.
            #[must_use]
            pub fn told(&self) -> Option<&str> {
                match self {
                    $(Self::$name => Some($word),)+
                    Self::Other(word) => Some(word),
                    Self::Unknown => None,
                }
            }

            /// Whether it ranks behind the other; words that are not known rank alike, behind all others.
            #[must_use]
            pub fn is_worse_than(&self, other: &Self) -> bool {
                discriminant(self) != discriminant(other) && self > other
            }
        }
    };
}

verdict! {
    /// Verdict on the events of a case. Declared best first: the order is the rank.
    Behavior {
        /// What came is one of the lists of events that the case calls OK.
        Ok = "OK",
        /// Nothing to pass or fail.
        Informational = "INFORMATIONAL",
        /// What came is one of the lists that it tolerates.
        NonStrict = "NON-STRICT",
        /// The testee lacks what the case needs (permessage-deflate).
        Unimplemented = "UNIMPLEMENTED",
        /// What came is none of them.
        Failed = "FAILED",
    }
}

verdict! {
    /// Verdict on how a case closed. Declared best first: the order is the rank.
    BehaviorClose {
        /// Closed by the right side, with both Closes and a code that fits.
        Ok = "OK",
        /// Nothing to pass or fail.
        Informational = "INFORMATIONAL",
        /// The tester, as client, had to drop TCP itself.
        FailedByClient = "FAILED BY CLIENT",
        /// Closed by the testee with a code that was not expected.
        WrongCode = "WRONG CODE",
        /// The closing handshake was not completed.
        Unclean = "UNCLEAN",
        /// Closed by the wrong side, or never open.
        Failed = "FAILED",
    }
}

/// Something the tester saw, or should have seen. Text that is not Unicode (lone surrogates in the JSON of the
/// Python 2 suite) is kept with U+FFFD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseEvent {
    /// A message: payload, and whether it was binary.
    Message(String, bool),
    /// A Ping's payload.
    Ping(String),
    /// A Pong's payload.
    Pong(String),
    /// A timer of the tester ran out.
    Timeout(String),
    /// Any other event: its name and the rest as written.
    Other(String, String),
}

/// What the suite expects of the closing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedClose {
    /// The tester starts the closing handshake.
    pub closed_by_me: bool,
    /// Codes the testee may send.
    pub codes: Vec<u16>,
    /// The closing handshake must be completed.
    pub require_clean: bool,
    /// A closing by the wrong side fails the case itself.
    pub wrong_endpoint_is_fatal: bool,
}

/// What the tester noted about the closing, from its own point of view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClosingBehavior {
    /// The tester is the server, the testee the client.
    pub is_server: bool,
    /// The tester sent its Close first.
    pub closed_by_me: bool,
    /// The tester failed the connection.
    pub failed_by_me: bool,
    /// The tester dropped TCP.
    pub dropped_by_me: bool,
    /// Both Closes, and the server dropped TCP.
    pub was_clean: bool,
    /// Why it was not clean.
    pub was_not_clean_reason: Option<String>,
    /// The tester, as client, waited in vain for the server to drop TCP.
    pub was_server_connection_drop_timeout: bool,
    /// The opening handshake took too long.
    pub was_open_handshake_timeout: bool,
    /// The testee did not answer the tester's Close in time.
    pub was_close_handshake_timeout: bool,
    /// Code of the tester's Close.
    pub local_close_code: Option<u16>,
    /// Reason of the tester's Close.
    pub local_close_reason: Option<String>,
    /// Code of the testee's Close.
    pub remote_close_code: Option<u16>,
    /// Reason of the testee's Close.
    pub remote_close_reason: Option<String>,
}

/// Counts of what the tester received and sent: octets by chop size, frames by opcode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WireStatistics {
    /// Received octets: chop size, count.
    pub rx_octets: Vec<(u64, u64)>,
    /// Sent octets: chop size, count.
    pub tx_octets: Vec<(u64, u64)>,
    /// Received frames: opcode, count.
    pub rx_frames: Vec<(u64, u64)>,
    /// Sent frames: opcode, count.
    pub tx_frames: Vec<(u64, u64)>,
}

/// Data of a row: its true length and as much of it as the log keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedData {
    /// Length in bytes; `None` where an old log does not tell and what it shows was cut.
    pub len: Option<u64>,
    /// The bytes shown, a prefix.
    pub known: Vec<u8>,
}

impl LoggedData {
    /// All of it is shown.
    #[must_use]
    pub fn whole(known: &[u8]) -> Self {
        Self { len: Some(known.len() as u64), known: known.to_vec() }
    }
}

/// A frame of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedFrame {
    /// Payload, of one repetition.
    pub data: LoggedData,
    /// Opcode as logged.
    pub opcode: u8,
    /// Whether FIN was set.
    pub fin: bool,
    /// Reserved bits, RSV1 is 4.
    pub rsv: u8,
    /// MASK bit, where the row tells.
    pub masked: Option<bool>,
    /// Masking key, where the row tells.
    pub masking_key: Option<[u8; 4]>,
    /// Length to which a sent payload was repeated.
    pub repeat_len: Option<u64>,
    /// Size of the pieces in which it was sent.
    pub chop_size: Option<u64>,
}

impl LoggedFrame {
    /// With FIN and without reserved bits; of the rest the row tells nothing.
    #[must_use]
    pub const fn plain(opcode: u8, data: LoggedData) -> Self {
        Self {
            data,
            opcode,
            fin: true,
            rsv: 0,
            masked: None,
            masking_key: None,
            repeat_len: None,
            chop_size: None,
        }
    }
}

/// A row of the wire log; RX and TX are the tester's view. No row has a time.
#[derive(Clone, Debug, PartialEq)]
pub enum WireRow {
    /// Octets received (`RO`).
    RxOctets(LoggedData),
    /// Octets sent (`TO`).
    TxOctets(LoggedData),
    /// A frame received (`RF`).
    RxFrame(LoggedFrame),
    /// A frame sent (`TF`).
    TxFrame(LoggedFrame),
    /// A timer was set (`CT`): seconds and tag. The tester notes an event only for one that has a tag.
    Delay(f64, Option<String>),
    /// It ran out (`CTE`).
    DelayTimeout(Option<String>),
    /// The tester will fail the connection after so many seconds (`KL`).
    FailAfter(f64),
    /// It does (`KLE`).
    Failing,
    /// The tester will close after so many seconds (`TI`).
    CloseAfter(f64),
    /// It does (`TIE`).
    Closing,
    /// The log was switched on or off (`WLM`).
    Log(bool),
    /// TCP was dropped: by the tester, or by the testee. Last row of a page only.
    TcpDropped {
        /// By the tester.
        by_me: bool,
    },
    /// A row this reader does not know, as written.
    Unknown(String),
}

/// The form in which a report came, the one that says most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReportForm {
    /// The JSON file of a case.
    Json,
    /// Its HTML page.
    Html,
    /// The text of that page, copied from a browser.
    Text,
}

named! {
    /// A part of a report that its source can lack, in the order of a page.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[non_exhaustive]
    pub enum ReportPart {
        /// The events that were expected, and those that were seen.
        Outcome = "outcome",
        /// The verdict on how the case closed.
        ClosingVerdict = "closing_verdict",
        /// Request and response of the opening handshake.
        Handshake = "opening_handshake",
        /// Which side the tester was.
        Tester = "tester",
        /// What the tester noted about the closing.
        Closing = "closing_behavior",
        /// What it counted.
        Statistics = "wire_statistics",
        /// The wire log up to its last row.
        WireLog = "wire_log",
    }
}

/// The report of one case.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseReport {
    /// How it came.
    pub form: ReportForm,
    /// The suite that made it; `None` where nothing tells.
    pub suite: Option<Suite>,
    /// Name of the testee, as the report gives it.
    pub agent: String,
    /// Its number in the suite.
    pub id: CaseId,
    /// 1-based position in the run; in JSON only.
    pub index: Option<u64>,
    /// When it was run, as written (ISO 8601, UTC).
    pub started: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<u64>,
    /// What the case does, in the suite's words, markup removed.
    pub description: String,
    /// What it expects, in the suite's words, markup removed.
    pub expectation: String,
    /// Verdict on the events.
    pub behavior: Behavior,
    /// Verdict on the closing.
    pub behavior_close: BehaviorClose,
    /// Why, in the suite's words.
    pub result: Option<String>,
    /// Why, of the closing.
    pub result_close: Option<String>,
    /// Expected events by verdict, in the order of the report; `None` where it was cut or is not there.
    pub expected: Option<Vec<(Behavior, Vec<CaseEvent>)>>,
    /// Events in the order the tester saw them; `None` where the report lacks them.
    pub received: Option<Vec<CaseEvent>>,
    /// In JSON only.
    pub expected_close: Option<ExpectedClose>,
    /// How it closed.
    pub closing: ClosingBehavior,
    /// The opening handshake as text; `None` for `?` and null.
    pub http_request: Option<String>,
    /// Head of the response, as the report quotes it.
    pub http_response: Option<String>,
    /// Frames and octets by the counters of the suite.
    pub statistics: WireStatistics,
    /// The log, in order; `None` where none was kept.
    pub wire_log: Option<Vec<WireRow>>,
    /// What the source does not have, or not to its end; what stands for it here is not known.
    pub lacks: Vec<ReportPart>,
    /// The source ends before the report does.
    pub is_cut: bool,
    /// What the source lacks, and what had to be undone to read it, in words.
    pub notes: Vec<String>,
    /// Where the report contradicts itself, or could not be read in part, in words.
    pub inconsistencies: Vec<String>,
}

impl CaseReport {
    /// Whether the source has all of that part.
    #[must_use]
    pub fn has(&self, part: ReportPart) -> bool {
        !self.lacks.contains(&part)
    }

    /// The role of the tester; `None` where nothing in the source shows it.
    #[must_use]
    pub fn tester(&self) -> Option<Role> {
        let role = if self.closing.is_server { Role::Server } else { Role::Client };
        self.has(ReportPart::Tester).then_some(role)
    }
}

/// An entry of `index.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexEntry {
    /// Verdict on the events.
    pub behavior: Behavior,
    /// Verdict on the closing.
    pub behavior_close: BehaviorClose,
    /// How long the case took, in milliseconds.
    pub duration_ms: Option<u64>,
    /// Code of the testee's Close.
    pub remote_close_code: Option<u16>,
    /// File of the case beside the index.
    pub report_file: Option<String>,
}

/// A run: verdicts by testee, then by case, both in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// Agents in the order of their names, as client before as server.
    pub agents:
        std::collections::BTreeMap<super::run::Testee, std::collections::BTreeMap<CaseId, IndexEntry>>,
}

/// Payload of a frame the suite sends, or of an event it expects.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CasePayload {
    /// A pattern, repeated or cut to a length in bytes.
    Bytes {
        /// What is repeated.
        pattern: Vec<u8>,
        /// Bytes in all.
        len: u64,
    },
    /// A stretch of one of the suite's files, whose content is not known here.
    File {
        /// Name of the file among the data of the suite.
        name: String,
        /// Its length: bytes, or characters of a text.
        len: u64,
    },
}

impl CasePayload {
    /// A payload of no bytes.
    #[must_use]
    pub const fn empty() -> Self {
        Self::Bytes { pattern: Vec::new(), len: 0 }
    }

    /// Bytes, whether or not they are known.
    #[must_use]
    pub const fn len(&self) -> u64 {
        match self {
            Self::Bytes { len, .. } | Self::File { len, .. } => *len,
        }
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes, where they are known.
    pub fn bytes(&self) -> Option<impl Iterator<Item = u8>> {
        self.bytes_from(0)
    }

    /// Those from an offset on.
    pub(crate) fn bytes_from(&self, offset: u64) -> Option<impl Iterator<Item = u8>> {
        match self {
            Self::Bytes { pattern, len } => {
                let size = |len: u64| usize::try_from(len).unwrap_or(usize::MAX);
                // The pattern that it begins in, not all those before.
                let skipped = offset % (pattern.len() as u64).max(1);
                let bytes = pattern.iter().copied().cycle().skip(size(skipped));
                Some(bytes.take(size(len.saturating_sub(offset))))
            }
            Self::File { .. } => None,
        }
    }
}

/// A frame the tester sends of its own accord.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CaseFrame {
    /// Its opcode, reserved ones included.
    pub opcode: Opcode,
    /// Whether FIN was set.
    pub fin: bool,
    /// RSV1 to RSV3.
    pub rsv: Rsv,
    /// Payload; of a Close the code and the reason.
    pub payload: CasePayload,
    /// Size of the fragments into which the tester parts it.
    pub fragment_size: Option<u64>,
    /// Size of the pieces in which it is written to TCP.
    pub chop_size: Option<u64>,
    /// How many times it is sent, each after the echo of the one before.
    pub times: u32,
    /// Whether permessage-deflate is used.
    pub compressed: bool,
}

/// A step of the tester.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CaseStep {
    /// It sends a frame.
    Frame(CaseFrame),
    /// It waits before it goes on.
    Wait,
}

impl CaseStep {
    /// The frame, if it is one.
    #[must_use]
    pub const fn frame(&self) -> Option<&CaseFrame> {
        match self {
            Self::Frame(frame) => Some(frame),
            Self::Wait => None,
        }
    }
}

/// The verdict judged again from what the report tells.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recomputed {
    /// `None` where the events cannot confirm it (sections 9, 12 and 13), or the report has too little.
    pub behavior: Option<Behavior>,
    /// `None` where nothing tells what the case expects of the closing.
    pub behavior_close: Option<BehaviorClose>,
    /// Nothing that could be judged again differs from what is recorded.
    pub agrees: bool,
    /// Which expectation was met, or the first event that differs; which closing test decided.
    pub why: String,
}
