use crate::knowledge::prelude::*;

/// CL-1010-REASON: A 1010 without a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cl1010Reason;

pub(super) const ROW: Row = Row {
    name: "CL-1010-REASON",
    clauses: &[rfc6455("7.4.1")],
    level: Should,
    who: Who::Client,
    reaction: Nothing,
    says: "a client that closes with 1010 lists the extensions it missed in the reason",
    peer: None,
    text: "1010 is useful only if it says what was missing, which the client states in the reason. A client that \
        echoes a server's 1010 is not itself missing anything.",
    next: &["Sec-WebSocket-Extensions in request and response: what was offered and not accepted"],
    shows: &[
        found("no reason", "C: close 1010 | S: close 1000"),
        legal("the extension is named", "C: close 1010 permessage-deflate | S: close 1000"),
    ],
};

impl Told for Cl1010Reason {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words(
            "the missing extensions in the reason",
            "1010 without a reason",
            "closed with 1010 and named no extension",
        )
    }
}
