use crate::knowledge::prelude::*;

/// CL-TLS: Where the connection runs over TLS, close_notify precedes the FIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClTls;

pub(super) const ROW: Row = Row {
    name: "CL-TLS",
    clauses: &[rfc6455("7.1.1")],
    level: Should,
    who: Who::Either,
    reaction: Nothing,
    says: "on a TLS connection, close_notify precedes the FIN",
    peer: Some("cannot tell the end of the stream from a truncated connection"),
    text: "A FIN can be forged or come from something on the path; close_notify comes from the peer itself, under \
        its keys. In a WebSocket connection the two Closes already say as much, so little is lost after a clean \
        closing handshake. Up to TLS 1.2 the recording shows without keys whether there was a close_notify; in TLS \
        1.3 only with them.",
    next: &["a library that closes the socket without shutting down TLS first: many do"],
    shows: &[],
};

impl Told for ClTls {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words(
            "close_notify before the FIN",
            "FIN without close_notify",
            "ended TCP (FIN) without a TLS close_notify",
        )
    }
}
