use crate::knowledge::causes::prelude::*;

/// `abrupt_end`: TCP ended without a Close, and nothing else explains it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbruptEnd {
    /// By what.
    pub how: StreamEnd,
    /// In the middle of a frame or a message.
    pub in_message: bool,
    /// Its FIN is not in the recording; the other side's end acknowledges it.
    pub unseen: bool,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "abrupt_end",
    when: "TCP ended without a Close, and nothing else in the recording explains it",
    proven: Some("a FIN that answers no end of the other side, from a side whose packets all have one TTL"),
    likely: Some(
        "an RST: anybody can send one in a side's name; or part of what they sent is not in the recording",
    ),
    undetermined: None,
    never: "which of these it was: a process that ended, a program that dropped the socket, or something on the way in its \
            name; all three look the same",
    next: &[
        "the process of that side: whether it ended or crashed then; its host sends the FIN for it",
        "where an RST came: data it had not read when its socket was closed",
    ],
    shows: &[
        found("FIN without a Close", "C: text a | S: fin | C: fin"),
        legal("a Close before it", "C: text a | S: close 1000 | C: close 1000 | S: fin | C: fin"),
    ],
};

/// Whether the end of a side acknowledges one number more than the other side's bytes take, whose FIN was not recorded.
fn answers_unseen(facts: &Facts<'_>, role: Role) -> bool {
    let peer = &facts.conversation.traffic[role.peer()];
    let bytes = peer.stream_bytes.saturating_add(peer.gap_bytes);
    let acked = facts.tcp(role).ends.first().and_then(|end| end.acked);
    // An RST takes no number.
    let has_fin = facts.tcp(role.peer()).ends.iter().any(|end| end.how == StreamEnd::Fin);
    let no_close = Role::BOTH.into_iter().all(|role| facts.side(role).close.is_none());
    no_close && !has_fin && acked.is_some_and(|acked| acked == bytes.saturating_add(1))
}

/// How sure it is that a side ended TCP itself.
fn certainty(facts: &Facts<'_>, role: Role, how: StreamEnd) -> Certainty {
    let gap = Role::BOTH.into_iter().any(|role| facts.side(role).has_gap);
    // A side whose packets come with more than one TTL may have something that sends in its name.
    let (least, most) = facts.tcp(role).habits.ttl;
    if how == StreamEnd::Fin && !gap && least == most { Proven } else { Likely }
}

impl Judge for AbruptEnd {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        let closing = &facts.conversation.closing;
        if !facts.course.is_established {
            return None;
        }
        // The FIN that is acknowledged is not in the recording.
        if let Some(role) = Role::BOTH.into_iter().find(|role| answers_unseen(facts, *role)) {
            let peer = role.peer();
            let grounds = Self { how: StreamEnd::Fin, in_message: facts.side(peer).in_message, unseen: true };
            let mark = facts.side(role).end.map_or_else(Mark::default, |end| end.mark);
            return Some(Judged::new(grounds, Blame::from(peer), Likely).at(mark));
        }
        if closing.ends_crossed && matches!(facts.outcome(), Outcome::NoCloseFrame | Outcome::Reset) {
            let end = closing.first_end?;
            let mark = Mark { frame: None, packet: end.packet, at: end.at };
            // As sure as the less sure of the two.
            let certainty = Role::BOTH
                .map(|role| facts.side(role).end.map_or(Likely, |end| certainty(facts, role, end.how)))
                .into_iter()
                .min()?;
            return Some(
                Judged::new(Self { how: end.how, in_message: false, unseen: false }, Blame::Both, certainty)
                    .at(mark),
            );
        }
        let quit = facts.quit()?;
        let How::Tcp(how) = quit.how else { return None };
        let certainty = certainty(facts, quit.by, how);
        let in_message = facts.side(quit.by).in_message;
        Some(
            Judged::new(Self { how, in_message, unseen: false }, Blame::from(quit.by), certainty)
                .at(quit.mark),
        )
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let Some(by) = side(cause.by) else {
            let probably = if cause.certainty == Proven { "" } else { "probably " };
            return Said::part(
                format!("Both sides {probably}ended TCP at once, without a Close."),
                "Look at both programs, and at what stands between them.",
            );
        };
        if self.unseen {
            return Said::whole(
                format!(
                    "{} probably ended TCP without a Close: its FIN is not in the recording, but {} \
                        acknowledged it.",
                    the(by),
                    a(by.peer())
                ),
                format!("Look at {}: whether its process ended then, and at what stands before it.", a(by)),
            );
        }
        let at = when(conversation, conversation.closing.ends[by].and_then(|end| end.at));
        let ended = match self.how {
            StreamEnd::Rst => "reset TCP",
            StreamEnd::Fin => "ended TCP by FIN",
            StreamEnd::Dropped | StreamEnd::Unobserved => "dropped TCP",
        };
        let middle = if self.in_message { ", in the middle of a message" } else { "" };
        let why = if self.how == StreamEnd::Rst {
            "its process ended, or its program dropped the socket with data unread, or something did so in \
                its name"
        } else {
            "its process ended, its program dropped the socket, or something did so in its name"
        };
        // A Close that answered it is told after it.
        let answered = conversation.closing.sides[by.peer()].sent_close == Some(true);
        let tell = if answered { Said::part } else { Said::whole };
        tell(
            format!(
                "{} {ended}{at} without a Close{middle}: {why}; which of them cannot be told from here.",
                the(by)
            ),
            format!(
                "Look at the log of {}'s process and host at that time{}, and of any proxy in between, \
                    which can end TCP in its name.",
                a(by),
                at_packet(cause, conversation)
            ),
        )
    }
}
