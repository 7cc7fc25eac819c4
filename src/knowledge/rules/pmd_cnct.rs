use crate::knowledge::prelude::*;

/// PMD-CNCT: A client that was answered client_no_context_takeover compresses each message without reference to those
/// before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PmdCnct {
    /// The most bytes by which a reference begins before the message.
    pub before: u32,
}

pub(super) const ROW: Row = Row {
    name: "PMD-CNCT",
    clauses: &[rfc7692("7.1.1.2"), rfc7692("7.2.1")],
    level: Must,
    who: Who::Client,
    reaction: MayFail(&[1007, 1002]),
    says: "a client that agreed to client_no_context_takeover compresses each message without reference to earlier \
        ones",
    peer: Some(KEPT_NOTHING),
    text: "With client_no_context_takeover in the response, each message from the client is compressed on its own: \
        no reference goes back beyond its start. In the offer alone the parameter is a hint and binds nobody. \
        Typically the first message works and the second fails.",
    next: &[
        "whether the client reads the parameters in the response at all, or only those it offered",
        "a compressor that is not reset between messages",
    ],
    shows: &[
        found(
            "the second \"Hello\" refers to the first",
            "deflate | C: request Sec-WebSocket-Extensions: permessage-deflate | \
             S: 101 Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover | \
             C: c1 07 f2 48 cd c9 c9 07 00 | C: c1 05 f2 00 11 00 00",
        ),
        legal(
            "both are compressed alike",
            "deflate | C: request Sec-WebSocket-Extensions: permessage-deflate | \
             S: 101 Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover | \
             C: c1 07 f2 48 cd c9 c9 07 00 | C: c1 07 f2 48 cd c9 c9 07 00",
        ),
    ],
};

impl Told for PmdCnct {
    fn words(&self, say: &Say<'_>) -> Words {
        context_kept(say, Role::Client, self.before)
    }
}
