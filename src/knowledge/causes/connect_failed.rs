use crate::knowledge::causes::prelude::*;

/// `connect_failed`: TCP itself was refused, or not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectFailed {
    /// An RST answered the SYN; otherwise nothing did.
    pub refused: bool,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "connect_failed",
    when: "TCP itself was refused, or not answered: no byte of a handshake could be sent",
    proven: Some("an RST answers the SYN"),
    likely: Some("SYNs are sent again and nothing answers them"),
    undetermined: None,
    never: "that the server's program refused it: its host, or a firewall before it, did. It is reported only where \
            the same address and port carry WebSocket in this capture",
    next: &[
        "whether the server is running, and listening on that port",
        "a firewall or a security group between the two",
    ],
    shows: &[
        found(
            "the client comes back, and its SYN is answered with RST",
            "C: text a | S: text b | CLOSE 1001 | C2: wait 1000 | S2: refuse",
        ),
        legal(
            "TCP is accepted, and reset before the handshake is answered",
            "C: request | S: 101 | C: text a | S: text b | CLOSE 1001 | C2: wait 1000 | C2: request | S2: rst",
        ),
    ],
};

impl Judge for ConnectFailed {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        let refused = facts.conversation.connect.as_ref()?.refused;
        let certainty = if refused { Proven } else { Likely };
        let mark = Mark { packet: facts.conversation.tcp.map(|tcp| tcp.last_packet), ..Mark::default() };
        Some(Judged::new(Self { refused }, Blame::Server, certainty).at(mark))
    }

    fn said<S: Readable>(&self, _: &Cause, _: &Conversation<S>) -> Said {
        if self.refused {
            Said::whole(
                "The client could not connect: the server's host answered its SYN with RST.",
                "Look whether the server is running and listens on that port.",
            )
        } else {
            Said::whole(
                "The client could not connect: nothing answered its SYNs.",
                "Look whether the address is right and what stands between the two: a firewall drops in silence.",
            )
        }
    }
}
