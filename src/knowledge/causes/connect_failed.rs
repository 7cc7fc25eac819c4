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
    likely: Some(
        "the SYN is sent again at least twice, and nothing at all comes back within 3 s of the last one",
    ),
    undetermined: None,
    never: "that the server's program refused it: its host, or a firewall before it, did. Nor that WebSocket was wanted: it \
            is told only where the same address and port have carried WebSocket before in the capture, or where all are \
            asked for (wslog inspect --connects)",
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
        let last = facts.conversation.tcp.map(|tcp| tcp.last_packet);
        let packet = facts.tcp(Role::Server).ends.first().map(|end| end.packet).or(last);
        let mark = Mark { packet, ..Mark::default() };
        Some(Judged::new(Self { refused }, Blame::Server, certainty).at(mark))
    }

    fn said<S: Readable>(&self, _: &Cause, conversation: &Conversation<S>) -> Said {
        if self.refused {
            Said::whole(
                "The client could not connect: its SYN was answered with RST, by the server's host or a \
                    firewall before it.",
                "Look whether the server was running then and listening on that port.",
            )
        } else {
            let syns = conversation.connect.map_or(0, |connect| connect.syns);
            Said::whole(
                format!("The client could not connect: it sent {syns} SYNs, and nothing answered them."),
                "Look whether the address is right and what stands between the two: a firewall drops in \
                    silence.",
            )
        }
    }
}
