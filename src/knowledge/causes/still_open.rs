use crate::knowledge::causes::prelude::*;

/// `still_open`: the recording ends first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StillOpen {
    /// How long before the end of the recording either side had last sent a byte.
    pub silent_ns: Option<i64>,
    /// A Close waits for its answer, and whose.
    pub pending: Option<Role>,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "still_open",
    tone: Tone::Unknown,
    tells: &[],
    when: "the recording ends before the connection does",
    proven: Some("neither side had ended TCP"),
    likely: None,
    undetermined: None,
    never: "anything about how it ended",
    next: &["a longer recording, or the side that owes an answer"],
    shows: &[
        found("nothing ends it", "C: text a | S: text b"),
        legal("TCP ended", "C: text a | S: fin | C: fin"),
    ],
};

impl Judge for StillOpen {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        if !facts.is_open() {
            return None;
        }
        let close = |role: Role| facts.side(role).close.is_some();
        let pending = Role::BOTH.into_iter().find(|role| close(*role) && !close(role.peer()));
        let silent_ns = facts.silence_before(facts.until());
        let mark = Mark { packet: facts.conversation.tcp.map(|tcp| tcp.last_packet), ..Mark::default() };
        Some(Judged::new(Self { silent_ns, pending }, None, Proven).at(mark))
    }

    fn headline<S: Readable>(&self, _: &Cause, _: &Conversation<S>) -> String {
        match self.pending {
            Some(role) => format!("{}'s Close is unanswered when the recording ends", the(role)),
            None => "Still open when the recording ends".to_owned(),
        }
    }

    fn said<S: Readable>(&self, _: &Cause, conversation: &Conversation<S>) -> Said {
        let silent = self.silent_ns.filter(|ns| *ns >= 1_000_000_000);
        let silent = silent
            .map_or_else(String::new, |ns| format!("; neither side had sent a byte for {}", duration(ns)));
        if conversation.closing.outcome == Outcome::Encrypted {
            return Said::whole(
                format!("The recording ends while the connection is open{silent}; the data is encrypted."),
                "Record for longer to see the end, and with one side's keys (see `wslog explain tls`); until then, \
                 check the logs of both programs.",
            );
        }
        if conversation.response.is_none()
            && conversation.traffic.client.frame_count() + conversation.traffic.server.frame_count() == 0
        {
            return Said::whole(
                format!("The recording ends before the opening handshake was answered{silent}."),
                format!(
                    "Record for longer, or check the server's log{} for the request.",
                    from_clock(conversation, conversation.handshake_at.client.and_then(|at| at.1))
                ),
            );
        }
        match self.pending {
            Some(role) => Said::whole(
                format!(
                    "{} sent {}{}; the recording ends before {} answered it{silent}.",
                    the(role),
                    close_of(conversation, role),
                    when(conversation, conversation.closing.sides[role].at),
                    a(role.peer())
                ),
                format!(
                    "Check {}'s log{} for whatever keeps it from answering, or record for longer.",
                    a(role.peer()),
                    from_clock(conversation, conversation.closing.sides[role].at)
                ),
            ),
            None => Said::whole(
                format!("The recording ends while the connection is open{silent}."),
                "Record for longer to see the end; until then, check the logs of both programs.",
            ),
        }
    }
}
