use crate::knowledge::Reaction;
use crate::knowledge::causes::prelude::*;
use crate::model::MessageSize;

/// `unfounded_failure`: a side failed the connection naming a fault that its peer did not commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnfoundedFailure {
    /// What is special about the message it had received last.
    pub special: Option<Special>,
}

/// What a parser can stumble over although it is sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Special {
    /// Its text is cut inside a character, from one fragment to the next.
    SplitCharacter,
    /// It came in several frames.
    Fragmented,
    /// It was compressed.
    Compressed,
    /// It was the first after a pause of so many nanoseconds.
    AfterPause(i64),
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "unfounded_failure",
    tone: Tone::Fault,
    tells: &[],
    when: "a side failed the connection over a fault, but nothing its peer had sent breaks a clause",
    proven: Some("everything it had received is in the recording and is valid"),
    likely: Some("the recording begins after the opening handshake"),
    undetermined: None,
    never: "that the peer is at fault, whatever the code and reason say",
    next: &[
        "the parser on the side that failed the connection: what is special about the frames it had just received",
        "an exception in its own program, for which some libraries close with 1002 or 1007",
    ],
    shows: &[
        found(
            "1007 for valid text",
            "C: text hi | S: close 1007 invalid UTF-8 | C: close 1007 | S: fin | C: fin",
        ),
        legal(
            "1007 for text that is not UTF-8",
            "C: 81 02 ff fe | S: close 1007 | C: close 1007 | S: fin | C: fin",
        ),
    ],
};

/// What the reason of a Close says where a fault is named.
const REASONS: &[&str] = &[
    "protocol error",
    "invalid utf",
    "utf-8",
    "utf8",
    "invalid opcode",
    "opcode",
    "reserved bit",
    "rsv",
    "invalid frame",
    "bad frame",
    "malformed",
    "mask",
    "fragment",
    "invalid payload",
    "invalid data",
];

/// A pause worth a word.
const PAUSE_NS: i64 = 10_000_000_000;

impl Judge for UnfoundedFailure {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        Role::BOTH.into_iter().find_map(|role| of(facts, role))
    }

    fn headline<S: Readable>(&self, cause: &Cause, _: &Conversation<S>) -> String {
        format!(
            "{} failed the connection over a fault that does not exist",
            the(side(cause.by).unwrap_or(Role::Server))
        )
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let by = side(cause.by).unwrap_or(Role::Server);
        let sound = match cause.certainty {
            Proven => format!("nothing that {} had sent breaks the protocol", a(by.peer())),
            _ => format!(
                "probably without cause: nothing that {} is recorded to have sent breaks the protocol",
                a(by.peer())
            ),
        };
        let special = match self.special {
            None => String::new(),
            Some(Special::SplitCharacter) => {
                "; the last message it had received has a character split over two \
                frames, which is allowed"
                    .to_owned()
            }
            Some(Special::Fragmented) => {
                "; the last message it had received came in several frames, which is allowed".to_owned()
            }
            Some(Special::Compressed) => {
                "; the last message it had received was compressed, as agreed".to_owned()
            }
            Some(Special::AfterPause(ns)) => {
                format!("; the last message it had received was the first after {}", duration(ns))
            }
        };
        let at = when(conversation, conversation.closing.sides[by].at);
        Said::close(
            format!(
                "{} failed the connection with {}{at}, but {sound}{special}.",
                the(by),
                close_of(conversation, by)
            ),
            format!(
                "{} for an exception in its own program or parser: nothing it received has the fault that it reports.",
                look(conversation, by, cause)
            ),
        )
    }
}

fn of(facts: &Facts<'_>, role: Role) -> Option<Judged<UnfoundedFailure>> {
    let peer = facts.side(role.peer());
    let quit = facts.quit_of(role)?;
    let How::Close(Some(code)) = quit.how else { return None };
    let reason = facts.reason(role);
    let names_a_fault = [CloseCode(1002), CloseCode(1003), CloseCode(1007)].contains(&code);
    let accuses = names_a_fault || facts.gives_reason(role, REASONS);
    let at_fault = facts.conversation.findings.iter().any(|f| {
        f.by == Some(role.peer())
            && f.level == crate::model::Level::Must
            && (f.violation.rule().name().starts_with(['F', 'P'])
                || f.violation.rule().rule().reaction == Reaction::FailHandshake)
    });
    if !accuses || at_fault || peer.fault.is_some() {
        return None;
    }
    // An unsupported type of data breaks no clause, and is a reason of its own.
    if code == CloseCode(1003) && reason.is_empty() && peer.last_message.is_some() {
        return None;
    }
    // Of what is not in the recording nobody can say that it was sound.
    let traffic = &facts.conversation.traffic[role.peer()];
    if peer.has_gap || traffic.gap_bytes > 0 {
        return None;
    }
    let whole = !facts.conversation.assumed;
    let grounds = UnfoundedFailure { special: peer.last_message.as_ref().and_then(special) };
    Some(Judged::new(grounds, Blame::from(role), if whole { Proven } else { Likely }).at(quit.mark))
}

/// What is special about a message.
fn special(message: &MessageSize) -> Option<Special> {
    match message.pause_ns {
        _ if message.splits_character => Some(Special::SplitCharacter),
        _ if message.frames > 1 => Some(Special::Fragmented),
        Some(pause) if pause >= PAUSE_NS => Some(Special::AfterPause(pause)),
        _ => message.compressed.then_some(Special::Compressed),
    }
}
