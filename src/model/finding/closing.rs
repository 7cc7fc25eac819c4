//! How a connection closed: who started, what each side sent, what each side was told.

use crate::knowledge::{Cause, Convention, LibraryId};
use crate::model::{
    Certainty, CloseCode, LostFraming, PacketNo, PerRole, Quoted, Role, RuleId, Situation, Spoken, Stage,
    Step, StreamEnd, Text, Timestamp, named,
};

named! {
    /// How a connection ended; names as in the JSON.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[non_exhaustive]
    pub enum Outcome {
        /// Both Close frames, then an orderly TCP end.
        Clean = "clean",
        /// Both Close frames, then RST.
        CleanTcpReset = "clean_tcp_reset",
        /// Both Close frames were sent, but one side had ended TCP before the other's could arrive.
        CloseCutShort = "close_cut_short",
        /// One Close; the other side ended TCP or stayed silent until it ended.
        CloseUnanswered = "close_unanswered",
        /// TCP ended by FIN without any Close; one that was sent into the ended connection counts for none.
        NoCloseFrame = "no_close_frame",
        /// RST without any Close.
        Reset = "reset",
        /// The recording ends first.
        Open = "open",
        /// TCP or the upgrade was refused, or not answered.
        HandshakeFailed = "handshake_failed",
        /// A gap or cut lies over the end.
        NotObservable = "not_observable",
        /// TLS without usable keys: what was sent is not known, only when, by whom and how TCP ended.
        Encrypted = "encrypted",
    }
}

impl Outcome {
    /// Whether it is one that a gate takes for unclean.
    #[must_use]
    pub const fn is_unclean(self) -> bool {
        !matches!(self, Self::Clean | Self::CleanTcpReset | Self::Open | Self::Encrypted)
    }

    /// Whether a gate can judge it: of what is encrypted it knows neither good nor bad.
    #[must_use]
    pub const fn is_judged(self) -> bool {
        !matches!(self, Self::Encrypted)
    }

    /// Every outcome, in the order in which reports count them.
    pub const ALL: [Self; 10] = [
        Self::Clean,
        Self::CleanTcpReset,
        Self::CloseCutShort,
        Self::CloseUnanswered,
        Self::NoCloseFrame,
        Self::Reset,
        Self::HandshakeFailed,
        Self::NotObservable,
        Self::Encrypted,
        Self::Open,
    ];
}

/// Who started the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Starter {
    /// The other answered, or was left.
    One(Role),
    /// Both: their Closes crossed.
    Both,
}

impl Starter {
    /// `client`, `server` or `both`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::One(role) => role.name(),
            Self::Both => "both",
        }
    }
}

named! {
    /// What decided who started.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[non_exhaustive]
    pub enum StartEvidence {
        /// Acknowledgement numbers: the later Close left after its host had received the earlier one, or not.
        Acknowledgement = "acknowledgement",
        /// Only one side sent a Close.
        OnlyClose = "only_close",
        /// No Close: the first FIN or RST.
        TcpEnd = "tcp_end",
        /// Order in the recording only.
        Order = "order",
        /// No acknowledgement, no order and no end of TCP says it.
        Undetermined = "undetermined",
    }
}

/// One side's part in the closing handshake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SideClose<S: Stage = Quoted> {
    /// It sent a Close; `None` where a gap may hide one, or encryption.
    pub sent_close: Option<bool>,
    /// Code of its first Close.
    pub code: Option<CloseCode>,
    /// Reason of it, where that is UTF-8.
    pub reason: Option<Text<S>>,
    /// Time of its packet; `None` without a clock.
    pub at: Option<Timestamp>,
    /// Number of its frame, as `--frames` counts.
    pub frame: Option<u64>,
    /// Packet in which its frame began.
    pub packet: Option<PacketNo>,
    /// Whether an acknowledgement in the recording shows that the host of its peer had all of it: one that is not there may have been
    /// missed. `None` without a Close, or where nothing is acknowledged.
    pub reached: Option<bool>,
    /// Since when.
    pub reached_at: Option<Timestamp>,
    /// Where the recording leaves it.
    pub state: Lifecycle,
}

named! {
    /// States of an endpoint (RFC 6455 4.1, 7.1.3, 7.1.4).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[non_exhaustive]
    pub enum Lifecycle {
        /// The opening handshake is not complete.
        #[default]
        Connecting = "connecting",
        /// Frames may go both ways.
        Open = "open",
        /// It has sent or received a Close.
        Closing = "closing",
        /// It has ended TCP, or TCP was reset.
        Closed = "closed",
    }
}

/// End of one direction of TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TcpEnd {
    /// The side that ended its direction.
    pub by: Role,
    /// FIN, RST, or what else is known of it.
    pub how: StreamEnd,
    /// Time of its packet; `None` without a clock.
    pub at: Option<Timestamp>,
    /// Packet with the FIN or RST.
    pub packet: Option<PacketNo>,
}

/// What one side's API will have reported (`CloseEvent` of the WebSocket API).
///
/// Three things are not the same and never mixed: what its *host* had, which acknowledgements show; what its *library* read, which
/// only what it sends shows; and what its *API* then reports, which each library decides for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LocalView<S: Stage = Quoted> {
    /// Code, 1005 and 1006 included; `None` where nothing is reported or it cannot be known.
    pub code: Option<CloseCode>,
    /// Reason of the Close that it reports; empty is `None`.
    pub reason: Option<Text<S>>,
    /// `wasClean` of the CloseEvent; `None` where it cannot be known.
    pub was_clean: Option<bool>,
    /// How far the recording shows that.
    pub certainty: Certainty,
    /// What it had come to, which is what it reports by.
    pub situation: Situation,
    /// Whose API that is, as far as it can be told.
    pub library: Option<LibraryId>,
    /// What that library, or else most, report in that situation; `None` before it was asked for.
    pub convention: Option<&'static Convention>,
    /// What else it may have reported, where software differs.
    pub or: Vec<Alternative>,
}

/// Something else that an API may have reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Alternative {
    /// Code; `None` where it tells nothing.
    pub code: Option<CloseCode>,
    /// `wasClean`; `None` where that cannot be known.
    pub was_clean: Option<bool>,
    /// Where that is so, in words that go on from "where".
    pub when: &'static str,
}

impl Alternative {
    /// One that holds there.
    #[must_use]
    pub const fn new(code: Option<CloseCode>, was_clean: Option<bool>, when: &'static str) -> Self {
        Self { code, was_clean, when }
    }
}

impl LocalView {
    /// Of a side that has come to `situation`, before any convention says what that means.
    #[must_use]
    pub const fn new(situation: Situation, certainty: Certainty) -> Self {
        Self {
            code: None,
            reason: None,
            was_clean: None,
            certainty,
            situation,
            library: None,
            convention: None,
            or: Vec::new(),
        }
    }
}

/// How the connection closed: expected beside observed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Closing<S: Stage = Quoted> {
    /// How far the opening and the closing handshake came, in a word.
    pub outcome: Outcome,
    /// Whose Close, or end of TCP, came first; `None` where that is unknown.
    pub started_by: Option<Starter>,
    /// What decided who started.
    pub evidence: StartEvidence,
    /// Close frames of both sides.
    pub sides: PerRole<SideClose<S>>,
    /// The TCP end that came first.
    pub first_end: Option<TcpEnd>,
    /// Neither side had received the other's end of TCP when it sent its own.
    pub ends_crossed: bool,
    /// The end of TCP in each direction; `None` where the recording shows none.
    pub ends: PerRole<Option<TcpEnd>>,
    /// What each side's API will have reported.
    pub sees: PerRole<LocalView<S>>,
    /// Nanoseconds without any frame before the first Close, or before TCP ended without one.
    pub idle_before_close_ns: Option<i64>,
    /// Obligations, each with who owed it and what came of it.
    pub steps: Vec<Step>,
    /// Why the connection ended; `None` before it has been judged.
    pub cause: Option<Cause>,
    /// What the application that was spoken says of it; `None` where it says nothing, or none was recognised.
    pub spoken: Option<Box<Spoken<S>>>,
    /// The fault for which a side failed the connection: who committed it, rule, frame.
    pub failed_for: Option<(Role, RuleId, u64)>,
    /// From where on what a side sent is no WebSocket.
    pub framing_lost: PerRole<Option<LostFraming>>,
}
