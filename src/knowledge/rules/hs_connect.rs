use crate::knowledge::prelude::*;

/// HS-CONNECT: The client of HTTP/2 asks for WebSocket only where the server has said that it takes that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HsConnect;

pub(super) const ROW: Row = Row {
    name: "HS-CONNECT",
    clauses: &[rfc8441("3"), rfc9113("8.3")],
    level: Must,
    who: Who::Client,
    reaction: Nothing,
    says: "in HTTP/2 the client sends an extended CONNECT only after the server's SETTINGS_ENABLE_CONNECT_PROTOCOL",
    peer: Some(
        "takes the request for malformed and resets the stream (PROTOCOL_ERROR), unless it supports RFC 8441 all the \
        same",
    ),
    text: "WebSocket in a stream of HTTP/2 begins with a CONNECT that has the pseudo-header field :protocol (RFC 8441 4). A \
        server that takes such requests announces it with SETTINGS_ENABLE_CONNECT_PROTOCOL = 1; before a client has \
        received that, it must use another connection, in HTTP/1.1. Browsers do so without a word: no WebSocket in the \
        HTTP/2 connection may only mean that the setting was not announced.",
    next: &[
        "the server's SETTINGS frame in the recording: whether it has the setting 8 with the value 1",
        "a proxy in front of the server: it has a setting of its own, which may be off by default",
        "a client that does not wait for the server's SETTINGS",
    ],
    shows: &[],
};

impl Told for HsConnect {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words(
            "SETTINGS_ENABLE_CONNECT_PROTOCOL from the server before an extended CONNECT",
            "an extended CONNECT without it",
            "sent an extended CONNECT, which the server had not announced that it takes",
        )
    }
}
