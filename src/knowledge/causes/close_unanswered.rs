use crate::knowledge::causes::prelude::*;

/// `close_unanswered`: a Close was received and not answered in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CloseUnanswered {
    /// Its host had acknowledged the Close, as the recording shows.
    pub had_it: bool,
    /// It ended TCP instead, and how.
    pub ended: Option<StreamEnd>,
    /// How long the other side waited before it ended TCP itself; or until it was ended.
    pub waited_ns: Option<i64>,
    /// It was in the middle of a message.
    pub in_message: bool,
    /// Its window was shut.
    pub shut: bool,
    /// It did answer, when the other side had given up.
    pub late: bool,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "close_unanswered",
    tone: Tone::Odd,
    tells: &[RuleId::ClReply],
    when: "a Close was not answered: the side that received it ended TCP instead, or stayed silent until the other \
        gave up",
    proven: None,
    likely: Some("the silent side's host had acknowledged the Close, and the recording is long enough"),
    undetermined: Some("nothing shows that the Close arrived"),
    never: "that the side that closed did anything wrong; or that the silent program read the Close: only its host \
        is known to have received it",
    next: &[
        "the side that did not answer: whether its program was still reading, or was stopped, blocked or busy sending",
        "a library or proxy that closes the socket when it receives a Close",
    ],
    shows: &[
        found("nobody answers", "C: close 1000 | S: ack | C: wait 10000 | C: fin | S: fin"),
        legal("it was answered late", "C: close 1000 | S: wait 9000 | S: close 1000 | S: fin | C: fin"),
    ],
};

impl Judge for CloseUnanswered {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        if facts.outcome() == Outcome::CloseCutShort {
            return Role::BOTH.into_iter().find_map(|closer| answered_too_late(facts, closer));
        }
        if facts.outcome() != Outcome::CloseUnanswered {
            return None;
        }
        let closer = Role::BOTH.into_iter().find(|role| facts.side(*role).close.is_some())?;
        let silent = closer.peer();
        let (side, peer) = (facts.side(closer), facts.side(silent));
        // What came behind the Close is reason enough not to answer it.
        if facts.conversation.closing.framing_lost[closer].is_some() {
            return None;
        }
        let close = side.close.filter(|close| close.is_after_end != Some(true))?;
        let had_it = peer.had_close == Some(true);
        let first_end = facts.conversation.closing.first_end;
        let is_half = first_end.is_some_and(|end| end.by == closer && end.how == StreamEnd::EndStream);
        // Who ends its half of a stream of HTTP/2 waits on.
        let own = facts.tcp(closer).ends.iter().find(|end| end.how != StreamEnd::EndStream);
        let theirs = facts
            .tcp(silent)
            .ends
            .first()
            .filter(|theirs| is_half && own.is_none_or(|own| theirs.packet < own.packet));
        let ended = first_end.filter(|end| end.by == silent).map(|end| end.how).or(theirs.map(|end| end.how));
        let ended_at = match first_end {
            Some(_) if is_half => theirs.or(own).and_then(|end| end.at),
            end => end.and_then(|end| end.at),
        };
        let waited_ns = facts.between(close.mark.at, ended_at);
        // One that had left before the Close came owes nothing.
        if peer.end.is_some_and(|end| end.is_own && end.had_close == Some(false)) {
            return None;
        }
        // Who closed had ended its half with it: there was nobody to answer, as browsers see it.
        if super::application_close::cancelled(facts, Blame::from(closer)) {
            return None;
        }
        let shut = facts.tcp(silent).shut.is_some_and(|shut| shut.to_the_end);
        let certainty = if had_it { Likely } else { Undetermined };
        let grounds = Self {
            had_it,
            ended,
            waited_ns,
            in_message: peer.in_message || peer.in_message_at_close,
            shut,
            late: false,
        };
        Some(Judged::new(grounds, Blame::from(silent), certainty).at(close.mark))
    }

    fn headline<S: Readable>(&self, cause: &Cause, _: &Conversation<S>) -> String {
        let silent = side(cause.by).unwrap_or(Role::Server);
        if self.late {
            return format!("{} answered the Close too late", the(silent));
        }
        match self.ended {
            Some(how) => {
                let ended = if how.is_reset() { "reset" } else { "ended" };
                format!("{} {ended} {} instead of answering the Close", the(silent), carrier(how))
            }
            None => format!("{} did not answer the Close", the(silent)),
        }
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let silent = side(cause.by).unwrap_or(Role::Server);
        let closer = silent.peer();
        let waited =
            |word: &str| self.waited_ns.map_or_else(String::new, |ns| format!(" {word} {}", duration(ns)));
        let did = match self.ended {
            _ if self.late => format!("answered too late: {} had given up{}", a(closer), waited("after")),
            Some(how) => {
                let later = self.waited_ns.map_or_else(String::new, |ns| format!(" {} later", duration(ns)));
                format!("{}{later} instead of answering", ended_tcp(how))
            }
            None if self.waited_ns.is_some() => {
                format!("did not answer: {} gave up{}", a(closer), waited("after"))
            }
            None => "did not answer".to_owned(),
        };
        let was = match (self.shut, self.in_message) {
            (true, _) => ", whose receive window was closed,",
            (_, true) => ", in the middle of sending a message,",
            _ => "",
        };
        let host = format!("; {}'s host acknowledged the Close, but its program probably", a(silent));
        let why = match (self.had_it, self.ended) {
            _ if self.late => "; the recording does not show what delayed it".to_owned(),
            (true, None) => host + " had not read it",
            (true, Some(_)) => host + " had not read it",
            (false, _) => "; the recording does not show whether the Close had arrived".to_owned(),
        };
        let at = when(conversation, conversation.closing.sides[closer].at);
        Said::whole(
            format!(
                "{} sent {}{at}, and {}{was} {did}{why}.",
                the(closer),
                close_of(conversation, closer),
                a(silent),
            ),
            format!(
                "Check {}'s log{}{} to see whether its program was still running and reading from the socket, and \
                 what its library does when a Close arrives.",
                a(silent),
                from_clock(conversation, cause.at),
                at_packet(cause, conversation)
            ),
        )
    }
}

/// The answer came when the side that had closed had waited for more than a round trip and ended TCP.
fn answered_too_late(facts: &Facts<'_>, closer: Role) -> Option<Judged<CloseUnanswered>> {
    let (side, peer) = (facts.side(closer), facts.side(closer.peer()));
    let close = side.close?;
    // Who had the Close of its peer gave no answer too late.
    let end = side.end.filter(|end| end.had_close == Some(false))?;
    peer.close.filter(|answer| answer.is_answer == Some(true))?;
    let waited_ns = facts.between(close.mark.at, end.mark.at).filter(|ns| *ns > facts.round_trip_ns)?;
    let grounds = CloseUnanswered {
        had_it: peer.had_close == Some(true),
        ended: None,
        waited_ns: Some(waited_ns),
        in_message: peer.in_message_at_close,
        shut: false,
        late: true,
    };
    Some(Judged::new(grounds, Blame::from(closer.peer()), Likely).at(close.mark))
}
