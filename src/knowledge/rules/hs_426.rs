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
    text: "426 tells a client to retry with another protocol, which Upgrade names. HTTP requires that. It makes no \
        difference if the client asked for WebSocket anyway, so wslog only notes it.",
    next: &[
        "why the server saw no upgrade request: a proxy may have removed Upgrade and Connection",
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
            "required an upgrade with status 426 but did not say to what",
        )
    }
}
