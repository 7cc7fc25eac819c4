use crate::knowledge::prelude::*;

/// HS-VERSION-ANSWER: A refused version, and none offered instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HsVersionAnswer {
    /// The version asked for.
    pub asked: u8,
    /// Status of the refusal.
    pub status: u16,
}

pub(super) const ROW: Row = Row {
    name: "HS-VERSION-ANSWER",
    clauses: &[rfc6455("4.2.2"), rfc6455("4.4")],
    level: Must,
    who: Who::Server,
    reaction: Nothing,
    says: "a server that refuses a version lists those it speaks in Sec-WebSocket-Version",
    peer: Some("has nothing to choose from, and gives up"),
    text: "A client that learns which versions the server speaks can retry with one of them. wslog reports this only \
        for a 400 or 426 to a version other than 13; the refusal may have had another cause, so it is likely and \
        never proven.",
    next: &["the version the client asked for, and why it is not 13", "the body of the refusal"],
    shows: &[
        found(
            "refused, and no version is named",
            "C: request Sec-WebSocket-Version: 14 | S: status 426 Upgrade Required | S: fin | C: fin",
        ),
        legal(
            "13 is named",
            "C: request Sec-WebSocket-Version: 14 | \
             S: status 426 Upgrade Required & Sec-WebSocket-Version: 13 | S: fin | C: fin",
        ),
    ],
};

impl Told for HsVersionAnswer {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { asked, status } = self;
        say.words(
            "Sec-WebSocket-Version with the versions it speaks",
            format!("status {status}, Sec-WebSocket-Version absent"),
            format!("refused version {asked} with status {status} and did not name a version it speaks"),
        )
    }
}
