use crate::knowledge::causes::prelude::*;

/// `no_such_connection`: a host that knew nothing of the connection answered with a bare RST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSuchConnection {
    /// Whose host, or what stands before it.
    pub of: Role,
    /// How long that side had sent nothing.
    pub silent_ns: Option<i64>,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "no_such_connection",
    tone: Tone::Fault,
    tells: &[],
    when: "a bare RST, without an acknowledgement number, answered data: the host, or a NAT in front of it, no \
        longer knew the connection (RFC 9293 3.10.7)",
    proven: None,
    likely: Some("the RST has the same TTL as its sender's other packets"),
    undetermined: Some(
        "its TTL differs, so that something on the path may have sent it; or its sender had sent data within the \
         last second",
    ),
    never: "that the program closed: its host had restarted, or something on the path had forgotten the connection",
    next: &[
        "whether the host or its network was restarted",
        "how long NAT and load balancers remember a connection, compared with how long it was silent",
    ],
    shows: &[
        found(
            "data is answered with a bare RST",
            "C: text a | S: text b | C: wait 400000 | C: text c | S: bare-rst",
        ),
        legal(
            "an RST from a side that knows the connection",
            "C: text a | S: text b | C: wait 400000 | C: text c | S: rst",
        ),
    ],
};

/// Nothing forgets a connection on which it has just sent.
const FORGETS_NS: i64 = 1_000_000_000;

impl Judge for NoSuchConnection {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        Role::BOTH.into_iter().find_map(|role| {
            let tcp = facts.tcp(role);
            let reset = tcp.ends.first().filter(|end| end.how == StreamEnd::Rst && end.bare)?;
            // Behind both ends of TCP a bare RST is nothing but the answer to a segment too late.
            if facts.side(role).end.is_some_and(|end| !end.how.is_reset())
                || facts.side(role.peer()).end.is_some_and(|end| end.mark.packet < Some(reset.packet))
            {
                return None;
            }
            let fits =
                tcp.habits.segments == 0 || (tcp.habits.ttl.0..=tcp.habits.ttl.1).contains(&reset.header.ttl);
            let silent_ns = facts.between(tcp.last_payload_at.or(facts.side(role).last_frame_at), reset.at);
            // A socket whose program has closed it answers so too, until its FIN could be sent.
            let spoke = silent_ns.is_some_and(|ns| ns < FORGETS_NS);
            let certainty = if fits && !spoke { Likely } else { Undetermined };
            let mark = Mark { packet: Some(reset.packet), at: reset.at, frame: None };
            Some(Judged::new(Self { of: role, silent_ns }, Blame::from(role), certainty).at(mark))
        })
    }

    fn headline<S: Readable>(&self, _: &Cause, _: &Conversation<S>) -> String {
        format!("{}'s host no longer knew the connection", the(self.of))
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let silent = self.silent_ns.filter(|ns| *ns >= 1_000_000_000);
        let silent = silent
            .map_or_else(String::new, |ns| format!(", after {} in which it had sent nothing", duration(ns)));
        let peer = a(self.of.peer());
        let closed =
            Role::BOTH.into_iter().any(|role| conversation.closing.sides[role].sent_close == Some(true));
        let tell = if closed { Said::part } else { Said::whole };
        tell(
            format!(
                "{}'s host, or a NAT in front of it, {}no longer knew the connection: it answered {peer}'s data with \
                 a bare RST{}{silent}.",
                the(self.of),
                probably(cause.certainty),
                when(conversation, cause.at)
            ),
            format!(
                "Check the log of {}'s host{} for a restart, and how long NAT and load balancers on the path \
                 remember a silent connection.",
                a(self.of),
                before_clock(conversation, cause.at)
            ),
        )
    }
}
