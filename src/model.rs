//! The values that cross the borders between layers: plain data with public fields, `std` only.
//!
//! Wire numbers are newtypes that hold every value, known or not; names are those of the RFCs. Not knowing is
//! a value (`None`, [`Missing`], [`StreamEnd::Unobserved`]), never an empty vector, 0 or `false`. What peers wrote is
//! [`Quoted`] until it has been decided what of it may be seen: [`wire`].

pub mod case;
mod close;
mod compression;
mod conversation;
mod count;
mod course;
mod event;
mod exchange;
pub(crate) mod finding;
mod flow;
mod frame;
pub mod handshake;
mod hex;
mod http2;
mod id;
mod journey;
mod key_report;
mod message;
mod moment;
mod named;
mod observation;
mod packet;
pub mod run;
mod slice;
mod spoken;
mod stream;
pub mod suite;
mod tcp_facts;
mod tls;
pub mod topic;
mod trail;
mod weird;
pub mod wire;

pub use crate::knowledge::{KnownTimeout, Level, RULES, Reaction, Rule, RuleId, TIMEOUTS, Violation, Who};
pub use close::{CloseCode, ClosePayload, CodeRange, Reason};
pub use compression::Compression;
pub use conversation::{
    CaseRecord, Conversation, EarlierHandshake, FailedConnect, FrameRecord, InputReport, PacketPlace,
    SetFile, TcpRecord, Traffic, Unused,
};
pub use count::count;
pub use course::{
    CommittedFault, Course, LastFrame, Mark, MessageSize, SentClose, SentEnd, SideCourse, UnansweredPing,
};
pub use event::{Event, EventKind, Fact, FrameFacts, MessageFacts, MessageKind};
pub use exchange::{Act, Deed, Exchange, ShownFrame};
pub use finding::{
    Action, Alternative, Certainty, Closing, Expectation, Finding, Handled, Latency, Lifecycle, LocalView,
    Outcome, PingFigures, Seen, SideClose, Since, Situation, StartEvidence, Starter, Step, StepVerdict,
    TcpEnd, Timing,
};
pub use flow::{Direction, Endpoints, FlowKey, PerDirection};
pub use frame::{FrameHeader, LengthForm, MaskingKey, Opcode, Rsv};
pub use handshake::{
    AcceptValue, DeflateParams, Extension, FieldLines, Lines, Negotiated, UpgradeRequest, UpgradeResponse,
    field,
};
pub use hex::Hex;
pub(crate) use hex::{hex_digit, hex_number, unhex};
pub use http2::{GoAway, Http2Error, Http2Facts};
pub use id::{ConversationId, IdRange, NoId};
pub use journey::{ClockDifference, Difference, Ender, Journey, JourneyKind, Leg, Passage};
pub use key_report::{KeyReport, KeyUse};
pub use message::{MessageRecord, Opening};
pub use moment::Moment;
pub(crate) use named::named;
pub use observation::{
    Evidence, LostFraming, LostHow, Missing, Observation, Observed, PerRole, Piece, Role, Undecodable,
};
pub use packet::{LinkType, Packet, PacketNo, Segment, SeqNo, TcpFlags, Timestamp};
pub use slice::{Fill, Pick, Placed};
pub use spoken::{LastPayload, LastWords, Spoken};
pub use stream::{Carrier, GapCause, StreamEnd, StreamEvent, Tail, Unanswered};
pub use tcp_facts::{
    EndSegment, HeaderHabits, HeaderSigns, ShutWindow, SideTcp, TcpFacts, TcpMoment, TcpSign, Unacknowledged,
};
pub use tls::{
    AlertDescription, AlertLevel, CipherSuite, TlsAlert, TlsFacts, TlsKeys, TlsMark, TlsOffer,
    TlsPlainAnswer, TlsRecord, TlsRecords, TlsUndecrypted, TlsVersion,
};
pub(crate) use trail::payload_mark;
pub use trail::{Sample, Trail, Trails};
pub use weird::{Weird, WeirdKind, Weirds};
pub use wire::{Address, At, Bytes, Excerpt, FileName, Quoted, Readable, Stage, Text, Wire};
