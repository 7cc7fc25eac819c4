//! What was done against, or noted about, a clause.

use crate::model::{
    CloseCode, DeflateFault, HandshakeFault, PacketNo, Quoted, Rsv, RuleId, Stage, StreamEnd, TimingViolation,
};

/// What was done against, or noted about, a clause, with the numbers that show it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation<S: Stage = Quoted> {
    /// Of the opening handshake.
    Handshake(HandshakeFault<S>),
    /// A new connection soon after the abnormal end of an earlier one.
    Reconnected {
        /// Nanoseconds from that end to this connection.
        pause_ns: i64,
        /// How many connections in a row came so, this one included.
        times: u32,
        /// First packet of the earlier connection.
        earlier: PacketNo,
    },
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
    /// permessage-deflate negotiated or used against RFC 7692.
    Deflate(DeflateFault<S>),
    /// Late, never, silent.
    Timing(TimingViolation),
}

/// What an endpoint handled although it should have handled nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
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
#[non_exhaustive]
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
#[non_exhaustive]
pub enum ResetWhen {
    /// Before any Close.
    BeforeClose,
    /// After one side's Close.
    BetweenCloses,
    /// After both.
    AfterCloses,
    /// A Close may be in a gap, and have come before.
    Unknown,
}

impl<S: Stage> Violation<S> {
    /// First packet of the other connection it speaks of.
    #[must_use]
    pub const fn earlier(&self) -> Option<PacketNo> {
        match self {
            Self::Handshake(HandshakeFault::KeyReused { earlier } | HandshakeFault::Serial { earlier })
            | Self::Reconnected { earlier, .. } => Some(*earlier),
            _ => None,
        }
    }

    /// The clause it is about.
    #[must_use]
    pub const fn rule(&self) -> RuleId {
        match self {
            Self::Handshake(fault) => fault.rule(),
            Self::Reconnected { .. } => RuleId::ClBackoff,
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
            Self::Deflate(fault) => fault.rule(),
            Self::Timing(timing) => timing.rule(),
        }
    }
}
