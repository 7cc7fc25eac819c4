use crate::knowledge::causes::prelude::*;

/// `connect_failed`: TCP itself was refused, or not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectFailed {
    /// An RST answered the SYN; otherwise nothing did.
    pub refused: bool,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "connect_failed",
    tone: Tone::Fault,
    tells: &[],
    when: "the TCP connection was refused or not answered, so no handshake could be sent",
    proven: Some("an RST answers the SYN"),
    likely: Some(
        "the SYN is retransmitted at least twice, and nothing comes back within 3 s of the last one",
    ),
    undetermined: None,
    never: "that the server's program refused it: its host did, or a firewall in front of it. Or that the client \
        wanted WebSocket: it is reported only where the same address and port carried WebSocket earlier in the \
        capture, or where all failed connects are asked for (wslog inspect --connects)",
    next: &[
        "whether the server is running, and listening on that port",
        "a firewall or security group between the two",
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

    fn headline<S: Readable>(&self, _: &Cause, _: &Conversation<S>) -> String {
        match self.refused {
            true => "The server's host refused the TCP connection".to_owned(),
            false => "The server's host did not answer the client's SYNs".to_owned(),
        }
    }

    fn said<S: Readable>(&self, _: &Cause, conversation: &Conversation<S>) -> Said {
        let at = at_clock(conversation, conversation.started_at);
        if self.refused {
            Said::whole(
                "The client could not connect: the server's host, or a firewall in front of it, answered its SYN \
                 with an RST.",
                format!(
                    "Check the server's log{at} to see whether it was running and listening on that port."
                ),
            )
        } else {
            let syns = conversation.connect.map_or(0, |connect| connect.syns);
            Said::whole(
                format!(
                    "The client could not connect: it sent {}, and nothing answered; a firewall probably dropped \
                        them, or no host has that address.",
                    count(u64::from(syns), "SYN")
                ),
                format!(
                    "Check whether the server had that address{at}, and check the logs of the firewalls in front of \
                     it for dropped packets."
                ),
            )
        }
    }
}
