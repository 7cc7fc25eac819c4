use crate::knowledge::prelude::*;

/// HS-426: A 426 that does not say to which protocol to upgrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hs426;

pub(super) const ROW: Row = Row {
    name: "HS-426",
    clauses: &[rfc9110("15.5.22")],
    level: Note,
    who: Who::Server,
    reaction: Nothing,
    says: "a 426 names the protocol to upgrade to in Upgrade",
    peer: None,
    text: "426 tells a client to come back with another protocol, and Upgrade is where it is named. That is a \
           must of HTTP. Nothing hangs on it where the client asked for WebSocket anyway, so wslog only notes it.",
    next: &[
        "why the server saw no request for an upgrade: a proxy may have taken Upgrade and Connection away",
        "the code that sends the 426: it builds the response by hand",
    ],
    shows: &[
        found(
            "no Upgrade",
            "C: request Connection: keep-alive | S: status 426 Upgrade Required | S: fin | C: fin",
        ),
        legal(
            "it is there",
            "C: request Connection: keep-alive | S: status 426 Upgrade Required & Upgrade: websocket | S: fin | \
             C: fin",
        ),
    ],
};

impl Told for Hs426 {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words(
            "Upgrade: websocket",
            "status 426, Upgrade absent",
            "asked for an upgrade with status 426 and did not say to what",
        )
    }
}
