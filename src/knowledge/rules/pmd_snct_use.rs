use crate::knowledge::prelude::*;

/// PMD-SNCT-USE: A server that answered server_no_context_takeover compresses each message without reference to those
/// before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PmdSnctUse {
    /// The most bytes by which a reference begins before the message.
    pub before: u32,
}

pub(super) const ROW: Row = Row {
    name: "PMD-SNCT-USE",
    clauses: &[rfc7692("7.1.1.1"), rfc7692("7.2.1")],
    level: Must,
    who: Who::Server,
    reaction: MayFail(&[1007, 1002]),
    says: "a server that answered server_no_context_takeover compresses each message without reference to earlier \
        ones",
    peer: Some(KEPT_NOTHING),
    text: "With server_no_context_takeover in the response, each message from the server is compressed on its own: \
        no reference goes back beyond its start. Typically the first message works and the second fails.",
    next: &[
        "a compressor that is not reset between messages",
        "a proxy that adds the parameter to the response without the server knowing",
    ],
    shows: &[
        found(
            "the second \"Hello\" refers to the first",
            "deflate | C: request Sec-WebSocket-Extensions: permessage-deflate | \
             S: 101 Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover | \
             S: c1 07 f2 48 cd c9 c9 07 00 | S: c1 05 f2 00 11 00 00",
        ),
        legal(
            "both are compressed alike",
            "deflate | C: request Sec-WebSocket-Extensions: permessage-deflate | \
             S: 101 Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover | \
             S: c1 07 f2 48 cd c9 c9 07 00 | S: c1 07 f2 48 cd c9 c9 07 00",
        ),
    ],
};

impl Told for PmdSnctUse {
    fn words(&self, say: &Say<'_>) -> Words {
        context_kept(say, Role::Server, self.before)
    }
}
