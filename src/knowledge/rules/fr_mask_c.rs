use crate::knowledge::prelude::*;

/// FR-MASK-C: A client's frame without mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrMaskC;

pub(super) const ROW: Row = Row {
    name: "FR-MASK-C",
    clauses: &[rfc6455("5.1"), rfc6455("5.3"), rfc6455("6.1")],
    level: Must,
    who: Who::Client,
    reaction: Close(&[1002]),
    says: "a client masks every frame",
    peer: None,
    text: "Masking keeps data sent by a script from looking like HTTP to a proxy. It applies to every frame from a \
        client, including Close, Ping and Pong, over TLS too. The server must close the connection; a Close frame \
        with 1002 is optional.",
    next: &[
        "a client that is not a browser: does it mask control frames too?",
        "whether wslog has the roles right: both sides of a proxy can look alike",
    ],
    shows: &[
        found("MASK clear", "C: raw 81 02 68 69 | S: close 1002 | C: close 1002 | S: fin | C: fin"),
        legal("MASK set, and no payload to mask", "C: 81 00"),
    ],
};

impl Told for FrMaskC {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words("MASK set on a client's frame", "MASK clear", "sent a frame without masking it")
    }
}
