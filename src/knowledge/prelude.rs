//! What the file of a rule is written with.

pub(super) use crate::knowledge::carried::{Decide, Told};
pub(super) use crate::knowledge::example::{found, legal};
pub(super) use crate::knowledge::rule::Level::{Must, Note, Should};
pub(super) use crate::knowledge::rule::Reaction::{Close, Fail, FailHandshake, MayFail, Nothing, Refuse};
pub(super) use crate::knowledge::rule::{
    Row, Who, rfc6455, rfc7692, rfc8441, rfc9110, rfc9112, rfc9113, rfc9293,
};
pub(super) use crate::knowledge::rules::RuleId;
pub(super) use crate::knowledge::thresholds::{CLIENT_WAIT_NS, LATE_NS, NEVER_NS};
pub(super) use crate::knowledge::words::heads::{STRIPPED, field, having, head, times};
pub(super) use crate::knowledge::words::units::{count, duration, exact_bytes, whole};
pub(super) use crate::knowledge::words::{
    KEPT_NOTHING, OURS, Say, Words, carrier, close, context_kept, end, ended_by, handled as went_on,
    named_code, or, shortened, timeouts, visible,
};
pub(super) use crate::model::handshake::facts::{KeyForm, ProtocolsFault, Syntax, TargetForm};
pub(super) use crate::model::{
    AcceptValue, Bytes, CloseCode, Handled, Hex, LengthForm, PacketNo, Quoted, Readable, Role, Rsv, Stage,
    StreamEnd, Text, field,
};
