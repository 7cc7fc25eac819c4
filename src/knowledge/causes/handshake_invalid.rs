use crate::knowledge::Reaction;
use crate::knowledge::causes::prelude::*;

/// `handshake_invalid`: the 101 does not validate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandshakeInvalid {
    /// The client left for it, as it has to.
    pub left: bool,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "handshake_invalid",
    tone: Tone::Fault,
    tells: &[],
    when: "the server's 101 is not valid, and the client disconnected or should have",
    proven: Some("the response header shows it, and the client sent no frame"),
    likely: Some("the finding that names the clause is only likely"),
    undetermined: None,
    never: "that the connection was ever open: a client that must fail it reports an error and 1006 to its program",
    next: &["the clause named: what the server answers, and whether a proxy or cache answered instead"],
    shows: &[
        found(
            "the accept value belongs to another key",
            "C: request | S: 101 Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI= | C: fin | S: fin",
        ),
        legal("a valid 101, and the client disconnects", "C: request | S: 101 | C: fin | S: fin"),
    ],
};

impl Judge for HandshakeInvalid {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        facts.conversation.response.as_ref().filter(|response| response.switches)?;
        let finding = facts.conversation.findings.iter().find(|f| {
            f.by == Some(Role::Server) && f.violation.rule().rule().reaction == Reaction::FailHandshake
        })?;
        let client = facts.side(Role::Client);
        // Some send a Close for it, though none is open yet.
        let frames = client.frames.saturating_sub(u64::from(client.close.is_some()));
        let left = facts.quit_of(Role::Client).is_some();
        if frames > 0 {
            return None;
        }
        let mark = Mark { packet: finding.packet, at: finding.at, frame: None };
        Some(
            Judged::new(Self { left }, Blame::Server, finding.certainty)
                .at(mark)
                .breaks(finding.violation.rule()),
        )
    }

    fn headline<S: Readable>(&self, _: &Cause, conversation: &Conversation<S>) -> String {
        format!("The {} is not valid", success_of(conversation))
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let finding = conversation
            .findings
            .iter()
            .find(|f| f.by == Some(Role::Server) && Some(f.violation.rule()) == cause.rule);
        let did = finding.map_or_else(
            || format!("sent a {} that is not valid", success_of(conversation)),
            |f| f.violation.words(conversation).did,
        );
        let hedge = if cause.certainty == Proven { "" } else { "probably " };
        let ended = conversation.closing.ends.client;
        let then = match ended.filter(|_| self.left) {
            Some(end) => {
                format!("that is {hedge}why the client {}{}", ended_tcp(end.how), when(conversation, end.at))
            }
            None if self.left => format!("that is {hedge}why the client disconnected"),
            None => format!("the client {hedge}had to refuse it"),
        };
        Said::whole(
            format!("The server {did}; {then}."),
            format!(
                "{}, or that of a proxy or cache that answers instead, to see what it puts into the {}.",
                look(conversation, Role::Server, cause),
                success_of(conversation)
            ),
        )
    }
}
