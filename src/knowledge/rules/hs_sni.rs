use crate::knowledge::prelude::*;

/// HS-SNI: The client names the server in its TLS ClientHello (server_name); this shows only in connections under TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HsSni;

pub(super) const ROW: Row = Row {
    name: "HS-SNI",
    clauses: &[rfc6455("4.1")],
    level: Must,
    who: Who::Client,
    reaction: Nothing,
    says: "the client names the server in its TLS ClientHello (server_name); this shows only in TLS connections",
    peer: Some("without a name, can only present its default certificate or end the TLS handshake"),
    text: "Many names share one address; the TLS server learns from server_name which certificate to present. \
        Without it the client may get the certificate of another name, and its application then reports 1006, or \
        1015 if the library distinguishes it. A server addressed by its IP address has no such name, and the name \
        that the client uses shows in Host, which can be read only with the keys.",
    next: &[
        "the ClientHello in the recording: server_name can be read there, unless the client encrypts it \
         (ECH)",
        "a client that was given an address and sets Host itself",
    ],
    shows: &[],
};

impl Told for HsSni {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words(
            "server_name in the ClientHello, as Host names the server",
            "no server_name",
            "started TLS without naming the host (no SNI)",
        )
    }
}
