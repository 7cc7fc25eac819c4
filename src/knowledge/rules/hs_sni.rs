use crate::knowledge::prelude::*;

/// HS-SNI: The client names the server in its TLS ClientHello (server_name); this shows only in connections under TLS.
/// Nothing finds it yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HsSni {}

pub(super) const ROW: Row = Row {
    name: "HS-SNI",
    clauses: &[rfc6455("4.1")],
    level: Must,
    who: Who::Client,
    reaction: Nothing,
    says: "the client names the server in its TLS ClientHello (server_name); this shows only in connections \
           under TLS",
    peer: Some("without a name can only present its default certificate, or end the TLS handshake"),
    text: "Many names share one address; the TLS server learns from server_name which certificate is asked \
           for. Without it the client may be shown the certificate of another name, and its application \
           then reports 1006, or 1015 where the library tells it apart. A server named by its IP address \
           has no such name. wslog does not report this yet.",
    next: &[
        "the ClientHello in the recording: server_name can be read there, unless the client encrypts it \
         (ECH)",
        "a client that was given an address and sets Host itself",
    ],
    shows: &[],
};

impl Told for HsSni {
    fn words(&self, _: &Say<'_>) -> Words {
        match *self {}
    }
}
