use crate::knowledge::prelude::*;

/// HS-SERIAL: A handshake of the client with the same server was under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HsSerial {
    /// First packet of that connection.
    pub earlier: PacketNo,
}

pub(super) const ROW: Row = Row {
    name: "HS-SERIAL",
    clauses: &[rfc6455("4.1")],
    level: Must,
    who: Who::Client,
    reaction: Nothing,
    says: "a client has only one opening handshake with a server in progress at a time; several programs, or several \
        hosts behind one address, look the same",
    peer: None,
    text: "This keeps a page from flooding a server with handshakes. Browsers queue them by address. wslog compares \
        only requests with the same User-Agent, leaves out those that name a proxy, and is never certain.",
    next: &[
        "whether both come from one program: the ports, the targets, the times",
        "a pool or test that opens all its connections at once",
    ],
    shows: &[
        found("a second request before the first response", "C: request | C2: request | S: 101 | S2: 101"),
        legal("one after the other", "C: request | S: 101 | C2: request | S2: 101"),
    ],
};

impl Told for HsSerial {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { earlier } = self;
        say.words(
            "one opening handshake with a server at a time",
            format!("another in progress on the connection that began with {}", say.packet(*earlier)),
            format!(
                "began an opening handshake while that of the connection of {} was in progress, unless these are two \
                 programs or two hosts behind one address",
                say.packet(*earlier)
            ),
        )
    }
}
