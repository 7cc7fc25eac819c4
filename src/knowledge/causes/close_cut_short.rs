use crate::knowledge::causes::prelude::*;
use crate::model::SentEnd;

/// `close_cut_short`: a side ended TCP at once after its own Close, before the answer could arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CloseCutShort {
    /// How it ended TCP.
    pub how: StreamEnd,
    /// How long it allowed, from its Close on.
    pub after_ns: Option<i64>,
    /// The answer came, and was too late.
    pub answered: bool,
    /// It was refused by an RST.
    pub refused: bool,
    /// The other side was in the middle of a message.
    pub in_message: bool,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "close_cut_short",
    tone: Tone::Odd,
    tells: &[RuleId::ClTcpEarly],
    when: "a side ended TCP right after its own Close, before the answer could arrive",
    proven: Some("its FIN follows its own Close within a round trip and does not acknowledge the answer"),
    likely: Some("it ended TCP with an RST, or the answer never came"),
    undetermined: None,
    never: "that the side that answered, or was in the middle of a message, is at fault; or that the closing \
        handshake was cut short if the FIN or RST acknowledges the answer",
    next: &[
        "how the side that ended TCP closes: a socket destroyed right after the Close, a process that exits",
    ],
    shows: &[
        found(
            "FIN right after its own Close",
            "C: hold | S: close 1001 | S: fin | C: release | C: close 1001 | C: fin",
        ),
        legal("the answer came first", "S: close 1001 | C: close 1001 | S: fin | C: fin"),
    ],
};

impl Judge for CloseCutShort {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        Role::BOTH.into_iter().find_map(|role| of(facts, role))
    }

    fn headline<S: Readable>(&self, cause: &Cause, _: &Conversation<S>) -> String {
        format!("{} did not wait for the answer to its Close", the(side(cause.by).unwrap_or(Role::Server)))
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let by = side(cause.by).unwrap_or(Role::Server);
        let peer = a(by.peer());
        let after = match self.after_ns {
            Some(ns) if ns >= 1_000_000 => format!("{} after that", duration(ns)),
            _ => "right after it".to_owned(),
        };
        let ended = left_tcp(self.how);
        let hedge = if cause.certainty == Proven { "" } else { "probably " };
        let rst = if self.how.is_of_stream() { "RST_STREAM" } else { "RST" };
        let answer = match (self.answered, self.refused, self.in_message) {
            (true, true, _) => format!("{peer}'s answer {hedge}came too late and was refused with {rst}"),
            (true, false, _) => format!("{peer}'s answer {hedge}came too late"),
            (false, _, true) => {
                format!("{peer}, in the middle of sending a message, {hedge}had no time to answer")
            }
            (false, _, false) => format!("{peer} {hedge}had no time to answer"),
        };
        let at = when(conversation, conversation.closing.sides[by].at);
        let own = &conversation.closing.sides[by];
        let is_usual = own.reason.is_none() && own.code.is_none_or(|code| code == CloseCode::NORMAL_CLOSURE);
        let why = match (self.in_message, is_usual) {
            (true, _) => "the reason its program closed in the middle of a message, and for ",
            (false, false) => "the reason its program closed, and for ",
            (false, true) => "",
        };
        Said::whole(
            format!("{} sent {}{at} and {ended} {after}; {answer}.", the(by), close_of(conversation, by)),
            format!(
                "{}{} for {why}whatever {} or ended its process right after the Close; a program must \
                 wait for the answer first.",
                look(conversation, by, cause),
                at_packet(cause, conversation),
                if self.how.is_of_stream() { "reset its stream" } else { "closed its socket" },
            ),
        )
    }
}

fn of(facts: &Facts<'_>, role: Role) -> Option<Judged<CloseCutShort>> {
    let (side, peer) = (facts.side(role), facts.side(role.peer()));
    let close = side.close?;
    if peer.has_gap || side.has_gap {
        return None;
    }
    // A wire log does not say when TCP ended: what it has of the answer may have been read.
    let closed = close.mark.packet?;
    let follows =
        |end: &SentEnd| end.how.is_orderly() || end.mark.packet.is_some_and(|ended| ended >= closed);
    let end = side.end.filter(|end| end.is_own && follows(end))?;
    // Who ends its half of a stream of HTTP/2 reads on, unless it resets the stream as well.
    if end.how == StreamEnd::EndStream && facts.stream_error(role).is_none() {
        return None;
    }
    let after_ns = facts.between(close.mark.at, end.mark.at);
    let in_time = end.had_close == Some(true);
    let waited = after_ns.is_some_and(|ns| ns > facts.round_trip_ns);
    let is_rst = |end: &crate::model::EndSegment| end.how.is_reset();
    // An RST that follows in the middle of the peer's sending cuts it short, too.
    let reset = facts.tcp(role).ends.iter().find(|end| is_rst(end));
    // A Close that crossed its own is no answer.
    let crossed = peer.close.is_some_and(|theirs| theirs.is_answer == Some(false));
    if in_time || waited || crossed {
        return None;
    }
    let answered = peer.close.is_some();
    // Its host took the answer without an RST: only its sending half was shut, and it can still read.
    if side.had_close == Some(true) && reset.is_none() {
        return None;
    }
    // Where the answer and its end were recorded first, the acknowledgement still says that it had not arrived.
    let left_first =
        peer.end.is_none_or(|theirs| theirs.mark.packet > end.mark.packet) || end.had_close == Some(false);
    if !left_first {
        return None;
    }
    let certainty = if answered && end.how.is_orderly() { Proven } else { Likely };
    let grounds = CloseCutShort {
        how: end.how,
        after_ns,
        answered,
        refused: answered && reset.is_some(),
        in_message: peer.in_message || peer.in_message_at_close,
    };
    Some(Judged::new(grounds, Blame::from(role), certainty).at(Mark { frame: close.mark.frame, ..end.mark }))
}
