use crate::knowledge::prelude::*;

/// FR-RSV: RSV bits without a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrRsv {
    /// Those that were set and that no negotiated extension gives a meaning.
    pub bits: Rsv,
    /// The payload inflates with the permessage-deflate that was offered and not agreed.
    pub inflates: bool,
}

pub(super) const ROW: Row = Row {
    name: "FR-RSV",
    clauses: &[rfc6455("5.2"), rfc6455("9.1")],
    level: Must,
    who: Who::Either,
    reaction: Fail(&[1002]),
    says: "RSV1, RSV2 and RSV3 are 0 unless a negotiated extension gives them a meaning",
    peer: None,
    text: "The three bits belong to extensions. permessage-deflate gives RSV1 a meaning on the first frame of a \
        message, and only if the server's response accepted it: an offer alone does not count. The receiver must \
        fail the connection, as it cannot know what the bit does to the payload. If permessage-deflate was offered \
        but not agreed, wslog tries it: if the payload inflates, the sender compresses as if it had been agreed.",
    next: &[
        "Sec-WebSocket-Extensions in request and response: RSV1 after an offer that was not accepted means a sender \
         that compresses anyway",
        "a proxy that removed the field from one of them",
    ],
    shows: &[
        found(
            "RSV1 on a text frame without an extension",
            "S: c1 02 68 69 | C: close 1002 | S: close 1002 | S: fin | C: fin",
        ),
        found(
            "compressed, though the server did not agree to what was offered",
            "C: request Sec-WebSocket-Extensions: permessage-deflate | S: 101 | C: c1 07 f2 48 cd c9 c9 07 00",
        ),
        legal("the same bit on a compressed message", "deflate | S: c1 07 f2 48 cd c9 c9 07 00"),
    ],
};

impl Told for FrRsv {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { bits, inflates } = self;
        let inflates = if *inflates {
            "; it inflates with permessage-deflate, which was offered but which the server did not agree to"
        } else {
            ""
        };
        say.words(
            format!("{bits} clear: no negotiated extension uses it"),
            format!("{bits} set{inflates}"),
            format!("sent a frame with {bits} set, which no negotiated extension uses{inflates}"),
        )
    }
}
