//! What the reference concludes: broken clauses, obligations, and how the connection closed.

use crate::model::{CloseCode, Level, PacketNo, PerRole, Role, Rsv, RuleId, StreamEnd, Timestamp};

/// How sure a conclusion is, given what a passive observer can know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// The recording leaves it open.
    Undetermined,
    /// Everything fits, but something unseen could explain it too.
    Likely,
    /// The recording proves it.
    Proven,
}

impl Certainty {
    /// `proven`, `likely` or `undetermined`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Likely => "likely",
            Self::Undetermined => "undetermined",
        }
    }
}

/// What was done against, or noted about, a clause, with the numbers that show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// The accept value is not the one the key asks for.
    Accept {
        /// What it should have been.
        expected: Option<String>,
        /// What was sent.
        found: Option<String>,
    },
    /// The opening handshake is not, or not wholly, in the recording.
    HandshakeAssumed,
    /// The first frames came in the segment of the 101.
    Coalesced,
    /// TCP ended without any response.
    NoResponse,
    /// Frames were sent after a response that does not validate.
    HandshakeNotFailed,
    /// The upgrade was refused.
    Status(u16),
    /// After its failing Close this side answered `what` that came later.
    AfterFail(Handled),
    /// A continuation without a message to continue.
    ContinuationOrphan,
    /// A control frame between the fragments of the peer's or its own message: legal.
    ControlBetween {
        /// Its name.
        opcode: &'static str,
    },
    /// A control frame with FIN=0.
    ControlFragmented,
    /// A control frame longer than 125 bytes.
    ControlTooLong {
        /// Claimed length.
        len: u64,
    },
    /// The stream ended inside a frame.
    Cut {
        /// Claimed payload length; `None` if the header itself was cut.
        len: Option<u64>,
        /// Payload (or header) bytes that came.
        got: u64,
    },
    /// A text or binary frame inside an open message.
    Interleave,
    /// The length was not in its shortest form.
    LengthNotMinimal {
        /// The length.
        len: u64,
        /// Bytes used for it beyond the second: 2 or 8.
        bytes: u8,
    },
    /// Top bit of a 64-bit length.
    LengthTopBit {
        /// The length as sent.
        len: u64,
    },
    /// A client's frame without mask.
    NotMasked,
    /// A predictable masking key.
    MaskingKey {
        /// How many frames in a row the pattern held.
        frames: u64,
        /// The pattern.
        pattern: KeyPattern,
    },
    /// A server's frame with mask.
    Masked,
    /// A message that was left open.
    MessageUnfinished {
        /// Its number.
        message: u64,
    },
    /// A reserved opcode.
    ReservedOpcode(u8),
    /// A Pong whose data fits no pending Ping.
    PongData {
        /// Frame number of the Ping it most likely meant.
        ping: u64,
        /// Length of the Ping's data.
        ping_len: u64,
        /// Length of the Pong's data.
        pong_len: u64,
    },
    /// A Pong nobody asked for.
    PongUnsolicited,
    /// RSV bits without a meaning.
    Rsv(Rsv),
    /// RSV1 on a control frame under permessage-deflate.
    Rsv1OnControl,
    /// RSV1 on a later fragment under permessage-deflate.
    Rsv1OnContinuation,
    /// Text that is not UTF-8.
    TextNotUtf8 {
        /// Offset in the message of the first bad byte.
        offset: u64,
    },
    /// This side closed with 1009.
    TooBig {
        /// The largest frame it had received: number and payload length.
        largest: Option<(u64, u64)>,
    },
    /// TCP ended without a Close from this side.
    NoCloseFrame(StreamEnd),
    /// A 1010 without a reason.
    NoExtensionNamed,
    /// A code that may not be sent.
    CodeReserved(CloseCode),
    /// A code outside the ranges in use.
    CodeOutOfRange(CloseCode),
    /// A code meant for the other role.
    CodeRole(CloseCode),
    /// Both Closes crossed.
    Crossing,
    /// A data frame after the own Close.
    DataAfterClose,
    /// A second Close.
    SecondClose,
    /// The answer carries another code.
    OtherCode {
        /// Code received.
        received: Option<CloseCode>,
        /// Code sent.
        sent: Option<CloseCode>,
    },
    /// Failed with a code that does not fit.
    FailCode {
        /// The peer's fault.
        fault: RuleId,
        /// Code sent.
        sent: Option<CloseCode>,
    },
    /// Failed without a Close.
    FailSilent {
        /// The peer's fault.
        fault: RuleId,
        /// How it ended TCP.
        how: StreamEnd,
    },
    /// A Close of one byte.
    CloseOneByte,
    /// A Close without code.
    CloseEmpty,
    /// Carried on after the peer's fault.
    NotFailed {
        /// The peer's fault.
        fault: RuleId,
        /// Frame number of the fault.
        frame: u64,
        /// What it handled that came later.
        handled: Handled,
    },
    /// A reason that is not UTF-8.
    ReasonNotUtf8 {
        /// Index of the first bad byte of the reason.
        offset: u64,
    },
    /// A received Close was not answered.
    NoReply {
        /// Frame number of the Close.
        close: u64,
        /// What it did instead.
        how: StreamEnd,
    },
    /// TCP was reset.
    Reset(ResetWhen),
    /// The client's FIN came before the server's.
    ClientEndedTcpFirst,
    /// A cap on inflating was reached.
    InflateCapped,
    /// The context of the compression is lost.
    ContextLost,
    /// BFINAL=1 inside a message.
    FinalBlock,
    /// Compressed data that is none.
    InflateFailed {
        /// Compressed bytes of the message before the fault.
        offset: u64,
    },
}

/// What an endpoint handled although it should have handled nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handled {
    /// It answered this later Ping.
    Ping {
        /// Frame number of the Ping.
        ping: u64,
    },
    /// It answered this later Close.
    Close {
        /// Frame number of the Close.
        close: u64,
    },
    /// It sent a data frame after its host had received the fault.
    Data,
    /// It sent back the payload of the faulty frame.
    Echo,
    /// It sent another Close.
    OwnClose,
}

impl Handled {
    /// How much it tells that its sender went on: the answer to a later Ping is beyond doubt, any data frame may
    /// answer something earlier.
    #[must_use]
    pub const fn weight(self) -> u8 {
        match self {
            Self::Ping { .. } => 3,
            Self::Close { .. } | Self::OwnClose => 2,
            Self::Echo => 1,
            Self::Data => 0,
        }
    }
}

/// Why masking keys are predictable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPattern {
    /// The same key again.
    Same,
    /// All zero.
    Zero,
    /// Each one more than the one before.
    Counter,
}

/// Where in the closing a reset came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetWhen {
    /// Before any Close.
    BeforeClose,
    /// After one side's Close.
    BetweenCloses,
    /// After both.
    AfterCloses,
}

impl Violation {
    /// The clause it is about.
    #[must_use]
    pub const fn rule(&self) -> RuleId {
        match self {
            Self::Accept { .. } => RuleId::HsAccept,
            Self::HandshakeAssumed => RuleId::HsAssumed,
            Self::Coalesced => RuleId::HsCoalesced,
            Self::NoResponse => RuleId::HsNoResponse,
            Self::HandshakeNotFailed => RuleId::HsNotFailed,
            Self::Status(_) => RuleId::HsStatus,
            Self::AfterFail(_) => RuleId::FrAfterFail,
            Self::ContinuationOrphan => RuleId::FrContOrphan,
            Self::ControlBetween { .. } => RuleId::FrCtlBetween,
            Self::ControlFragmented => RuleId::FrCtlFrag,
            Self::ControlTooLong { .. } => RuleId::FrCtlLen,
            Self::Cut { .. } => RuleId::FrCut,
            Self::Interleave => RuleId::FrInterleave,
            Self::LengthNotMinimal { .. } => RuleId::FrLenMin,
            Self::LengthTopBit { .. } => RuleId::FrLenMsb,
            Self::NotMasked => RuleId::FrMaskC,
            Self::MaskingKey { .. } => RuleId::FrMaskKey,
            Self::Masked => RuleId::FrMaskS,
            Self::MessageUnfinished { .. } => RuleId::FrMsgUnfinished,
            Self::ReservedOpcode(_) => RuleId::FrOpcode,
            Self::PongData { .. } => RuleId::FrPongData,
            Self::PongUnsolicited => RuleId::FrPongUnsol,
            Self::Rsv(_) => RuleId::FrRsv,
            Self::Rsv1OnControl => RuleId::PmdRsv1Ctl,
            Self::Rsv1OnContinuation => RuleId::PmdRsv1Cont,
            Self::TextNotUtf8 { .. } => RuleId::FrTextUtf8,
            Self::TooBig { .. } => RuleId::FrTooBig,
            Self::NoCloseFrame(_) => RuleId::ClAbnormal,
            Self::NoExtensionNamed => RuleId::Cl1010Reason,
            Self::CodeReserved(_) => RuleId::ClCodeReserved,
            Self::CodeOutOfRange(_) => RuleId::ClCodeRange,
            Self::CodeRole(_) => RuleId::ClCodeRole,
            Self::Crossing => RuleId::ClCross,
            Self::DataAfterClose => RuleId::ClDataAfter,
            Self::SecondClose => RuleId::ClDouble,
            Self::OtherCode { .. } => RuleId::ClEcho,
            Self::FailCode { .. } => RuleId::ClFailCode,
            Self::FailSilent { .. } => RuleId::ClFailSilent,
            Self::CloseOneByte => RuleId::ClLen1,
            Self::CloseEmpty => RuleId::ClNoCode,
            Self::NotFailed { .. } => RuleId::ClNotFailed,
            Self::ReasonNotUtf8 { .. } => RuleId::ClReasonUtf8,
            Self::NoReply { .. } => RuleId::ClReply,
            Self::Reset(_) => RuleId::ClRst,
            Self::ClientEndedTcpFirst => RuleId::ClTcpServerFirst,
            Self::InflateCapped => RuleId::PmdBomb,
            Self::ContextLost => RuleId::PmdCtxLost,
            Self::FinalBlock => RuleId::PmdBfinal,
            Self::InflateFailed { .. } => RuleId::PmdInflate,
        }
    }
}

/// A clause broken, or worth a note, with its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub violation: Violation,
    /// How much it weighs here; the level of the rule, or less.
    pub level: Level,
    /// Who; `None` for both sides together.
    pub by: Option<Role>,
    /// How sure.
    pub certainty: Certainty,
    /// Number of the frame that shows it.
    pub frame: Option<u64>,
    /// Packet that shows it.
    pub packet: Option<PacketNo>,
    /// Time of that packet.
    pub at: Option<Timestamp>,
}

/// How a connection ended; names as in the JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Both Close frames, then an orderly TCP end.
    Clean,
    /// Both Close frames, then RST.
    CleanTcpReset,
    /// One Close; the other side ended TCP or stayed silent until it ended.
    CloseUnanswered,
    /// TCP ended by FIN without any Close.
    NoCloseFrame,
    /// RST without any Close.
    Reset,
    /// The recording ends first.
    Open,
    /// The upgrade was refused or not answered.
    HandshakeFailed,
    /// A gap or cut lies over the end.
    NotObservable,
}

impl Outcome {
    /// Every outcome, in the order in which reports count them.
    pub const ALL: [Self; 8] = [
        Self::Clean,
        Self::CleanTcpReset,
        Self::CloseUnanswered,
        Self::NoCloseFrame,
        Self::Reset,
        Self::HandshakeFailed,
        Self::NotObservable,
        Self::Open,
    ];

    /// Name in the JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::CleanTcpReset => "clean_tcp_reset",
            Self::CloseUnanswered => "close_unanswered",
            Self::NoCloseFrame => "no_close_frame",
            Self::Reset => "reset",
            Self::Open => "open",
            Self::HandshakeFailed => "handshake_failed",
            Self::NotObservable => "not_observable",
        }
    }
}

/// Who started the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Starter {
    /// One side.
    One(Role),
    /// Both: their Closes crossed.
    Both,
}

/// What decided who started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StartEvidence {
    /// Acknowledgement numbers: the later Close left after its host had received the earlier one, or not.
    Acknowledgement,
    /// Only one side sent a Close.
    OnlyClose,
    /// No Close: the first FIN or RST.
    TcpEnd,
    /// Order in the recording only.
    Order,
    /// Nothing did.
    Undetermined,
}

impl StartEvidence {
    /// Name in the JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Acknowledgement => "acknowledgement",
            Self::OnlyClose => "only_close",
            Self::TcpEnd => "tcp_end",
            Self::Order => "order",
            Self::Undetermined => "undetermined",
        }
    }
}

/// One side's part in the closing handshake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SideClose {
    /// It sent a Close.
    pub sent_close: bool,
    /// Code of its first Close.
    pub code: Option<CloseCode>,
    /// Reason of it, where that is UTF-8.
    pub reason: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
    /// Frame number.
    pub frame: Option<u64>,
    /// Packet.
    pub packet: Option<PacketNo>,
}

/// End of one direction of TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpEnd {
    /// Whose.
    pub by: Role,
    /// How.
    pub how: StreamEnd,
    /// When.
    pub at: Option<Timestamp>,
    /// Packet with the FIN or RST.
    pub packet: Option<PacketNo>,
}

/// Why a side's API reports what it reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// The first Close it received decides (7.1.5).
    CloseReceived,
    /// It received a Close and never sent one: code as received, not clean.
    CloseNotAnswered,
    /// It received the Close that this recording shows last; TCP did not end in the recording.
    TcpStillOpen,
    /// No Close was received before TCP ended.
    NoCloseReceived,
    /// The peer's Close was sent but TCP had ended, or its receipt was never acknowledged.
    CloseNotReceived,
    /// It failed the connection itself and processes no answer (7.1.7).
    Failed,
    /// The peer's Close was itself faulty and it failed for that.
    FailedForClose,
    /// The handshake never completed (client).
    NotEstablished,
    /// The handshake never completed (server): there is no connection to report.
    NoConnection,
    /// The connection was open when the recording ended.
    Open,
    /// The end is not in the recording.
    NotRecorded,
}

/// What one side's API will have reported (`CloseEvent` of the WebSocket API).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalView {
    /// Code, 1005 and 1006 included; `None` where nothing is reported or it cannot be known.
    pub code: Option<CloseCode>,
    /// Reason.
    pub reason: Option<String>,
    /// wasClean.
    pub was_clean: Option<bool>,
    /// Why.
    pub because: Because,
}

/// What a side owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Fail the connection: Close with one of the codes, or drop TCP.
    Fail(RuleId),
    /// It may fail the connection.
    MayFail(RuleId),
    /// Process nothing more after failing.
    ProcessNothing,
    /// Answer the Close.
    AnswerClose,
    /// The server ends TCP first, after both Closes.
    EndTcpFirst,
    /// The client leaves it to the server to end TCP first.
    LeaveTcpToServer,
}

/// What was seen of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A Close.
    Close {
        /// Frame number.
        frame: u64,
        /// Its code.
        code: Option<CloseCode>,
        /// Nanoseconds after what called for it, where both times are known.
        after_ns: Option<i64>,
    },
    /// TCP ended by this side.
    TcpEnd {
        /// How.
        how: StreamEnd,
        /// Nanoseconds after what called for it.
        after_ns: Option<i64>,
    },
    /// TCP ended by the other side first.
    PeerEndedTcp(StreamEnd),
    /// It carried on.
    CarriedOn(Handled),
    /// Nothing that contradicts it.
    NothingMore,
    /// Nothing before the recording ended.
    Nothing,
}

/// Whether an obligation was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepVerdict {
    /// Done.
    Met,
    /// Not done.
    Broken,
    /// Done too late.
    Late,
    /// The recording does not show it.
    Unobserved,
    /// Not due after all.
    NotApplicable,
}

impl StepVerdict {
    /// Name in the JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Broken => "broken",
            Self::Late => "late",
            Self::Unobserved => "unobserved",
            Self::NotApplicable => "not_applicable",
        }
    }
}

/// An obligation of the closing and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The clause.
    pub rule: RuleId,
    /// Who owed it.
    pub owed_by: Role,
    /// What.
    pub action: Action,
    /// What was seen.
    pub seen: Seen,
    /// The judgement.
    pub verdict: StepVerdict,
}

/// How the connection closed: expected beside observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// How it ended.
    pub outcome: Outcome,
    /// Who started.
    pub started_by: Option<Starter>,
    /// What decided that.
    pub evidence: StartEvidence,
    /// Close frames of both sides.
    pub sides: PerRole<SideClose>,
    /// The TCP end that came first.
    pub first_end: Option<TcpEnd>,
    /// Both directions' ends.
    pub ends: PerRole<Option<TcpEnd>>,
    /// What each side's API will have reported.
    pub sees: PerRole<LocalView>,
    /// Nanoseconds without any frame before the first Close, or before TCP ended without one.
    pub idle_before_close_ns: Option<i64>,
    /// Who owed what.
    pub steps: Vec<Step>,
    /// The fault for which a side failed the connection: who committed it, rule, frame.
    pub failed_for: Option<(Role, RuleId, u64)>,
}
