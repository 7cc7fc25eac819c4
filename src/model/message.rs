//! What is told of a conversation while it goes on: its opening, and its messages put together.

use crate::model::{
    At, Bytes, MessageFacts, PacketNo, Quoted, Role, Stage, Text, Timestamp, UpgradeRequest, UpgradeResponse,
};

/// A message that its sender has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageRecord<S: Stage = Quoted> {
    /// The side that sent it.
    pub from: Role,
    /// What is so about it.
    pub facts: MessageFacts,
    /// Time of the first byte of its first frame.
    pub started_at: Option<Timestamp>,
    /// Time at which its last frame was whole.
    pub at: Option<Timestamp>,
    /// Packet of the first byte of its first frame.
    pub packet: Option<PacketNo>,
    /// What the application gets, from its beginning on, as far as it was asked for and is in the recording.
    pub payload: Bytes<S>,
    /// There is more than that.
    pub cut: bool,
    /// The payload was taken out of the report.
    pub redacted: bool,
}

impl MessageRecord {
    pub(crate) fn new(from: Role, facts: MessageFacts) -> Self {
        Self {
            from,
            facts,
            started_at: None,
            at: None,
            packet: None,
            payload: Bytes::default(),
            cut: true,
            redacted: false,
        }
    }
}

/// What is known of a conversation when its first frame is over.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Opening<S: Stage = Quoted> {
    /// Index of its input, from 0.
    pub input: usize,
    /// Address and port of the client; `None` in a wire log.
    pub client: Option<At<S>>,
    /// Address and port of the server; `None` in a wire log.
    pub server: Option<At<S>>,
    /// Time of its first packet.
    pub started_at: Option<Timestamp>,
    /// The request for an upgrade; `None` where it is not in the recording.
    pub request: Option<Box<UpgradeRequest<S>>>,
    /// The response to it; `None` where it is not in the recording.
    pub response: Option<Box<UpgradeResponse<S>>>,
    /// The host that the hello of TLS names (SNI).
    pub sni: Option<Text<S>>,
}
