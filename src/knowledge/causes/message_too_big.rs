use crate::knowledge::causes::prelude::*;
use crate::model::MessageSize;

/// `message_too_big`: a message went beyond a limit of its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageTooBig {
    /// The code it closed with says so.
    pub by_code: bool,
    /// The reason it gave does.
    pub by_reason: bool,
    /// The message it can have been: bytes on the wire, bytes inflated where it was compressed and is known, whether all
    /// of it was sent.
    pub message: Option<(u64, Option<u64>, bool)>,
    /// The largest before it, in bytes on the wire.
    pub passed: Option<u64>,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "message_too_big",
    tone: Tone::Fault,
    tells: &[],
    when: "a message exceeded its receiver's limit, and the receiver ended the connection",
    proven: Some("it closed with 1009, and no larger message had got through before"),
    likely: Some(
        "the reason in its Close says so; or it closed with 1009 after a message that is tiny, or smaller than an \
         earlier one",
    ),
    undetermined: Some("it closed in the middle of the largest message so far and gave no other reason"),
    never: "that the sender is at fault: RFC 6455 sets no limit; or that the limit equals the size of that message: \
        it lies between that and the largest message that got through",
    next: &[
        "the limit on the side that closed: maxPayload, max_size, max_msg_size or maxMessageSize of its library, or \
         the limit of a proxy",
        "whether the sender can split its messages",
    ],
    shows: &[
        found(
            "1009 after a message",
            "C: text hi | C: 82 7e 03 e8 61*1000 | S: close 1009 | C: close 1009 | S: fin | C: fin",
        ),
        legal(
            "1009 from a side that had received no message",
            "C: close 1009 | S: close 1009 | S: fin | C: fin",
        ),
    ],
};

/// What libraries write in the reason of a Close for it.
const REASONS: &[&str] = &[
    "too big",
    "too large",
    "too long",
    "message size",
    "payload size",
    "max payload",
    "maximum message",
    "maximum frame",
    "max message",
    "exceeds",
    "exceeded",
    "over size limit",
    "size limit",
    "buffer size",
    "frame length",
];

impl Judge for MessageTooBig {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        Role::BOTH.into_iter().find_map(|role| of(facts, role))
    }

    fn headline<S: Readable>(&self, cause: &Cause, _: &Conversation<S>) -> String {
        format!("A message was too big for {}", a(side(cause.by).unwrap_or(Role::Server)))
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let by = side(cause.by).unwrap_or(Role::Server);
        let peer = by.peer();
        let message = self.message.map_or_else(
            || format!("a message from {}", a(peer)),
            |(wire, inflated, whole)| {
                let inflated =
                    inflated.map_or_else(String::new, |n| format!(" ({} inflated)", exact_bytes(n)));
                let so_far = if whole { "" } else { ", not all of which had been sent," };
                format!("a message of {} from {}{inflated}{so_far}", exact_bytes(wire), a(peer))
            },
        );
        let passed = self
            .passed
            .map_or_else(String::new, |n| format!("; the largest before it was {}", exact_bytes(n)));
        let close = &conversation.closing.sides[by];
        let ended = match close.sent_close {
            Some(true) => {
                let at = when(conversation, close.at);
                format!("closed the connection with {}{at}", close_of(conversation, by))
            }
            _ => conversation.closing.ends[by].map_or("ended TCP", |end| left_tcp(end.how)).to_owned(),
        };
        let how = match cause.certainty {
            Proven => format!("{} {ended}: {message} was over its limit{passed}.", the(by)),
            Likely if self.by_code => {
                let last = self.message.map_or_else(
                    || "the recording does not show which one".to_owned(),
                    |_| format!("the last one sent to it was {message}{passed}"),
                );
                format!("{} {ended}, so a message was probably too big for it; {last}.", the(by))
            }
            Likely => format!("{} {ended}: {message} was probably over its limit{passed}.", the(by)),
            Undetermined => format!(
                "{} {ended} while {} was sending it {}{passed}: that was possibly over a limit, but the recording \
                 does not show it.",
                the(by),
                a(peer),
                self.message.map_or_else(
                    || "a message".to_owned(),
                    |(wire, ..)| format!("a message, {} of it so far", exact_bytes(wire))
                ),
            ),
        };
        Said::close(
            how,
            format!(
                "{}, and its message size limit (maxPayload, max_size, max_msg_size), in its library or in a proxy \
                 in front of it.",
                look(conversation, by, cause)
            ),
        )
    }
}

fn of(facts: &Facts<'_>, role: Role) -> Option<Judged<MessageTooBig>> {
    let peer = facts.side(role.peer());
    let quit = facts.quit_of(role)?;
    let How::Close(code) = quit.how else { return None };
    let failed = facts.conversation.closing.failed_for;
    let by_code = code == Some(CloseCode::MESSAGE_TOO_BIG);
    let reason = facts.reason(role);
    let by_reason = facts.gives_reason(role, REASONS);
    let message = peer.last_message;
    // A length that no message can have is a fault, whatever code it is answered with.
    if failed.is_some_and(|(by, rule, _)| {
        by != role && code.is_some_and(|code| rule.rule().reaction.codes().contains(&code.0))
    }) {
        return None;
    }
    // Where all is in the recording and nothing was sent, nothing was too big.
    if message.is_none() && !peer.has_gap && !facts.conversation.assumed {
        return None;
    }
    let passed = peer.largest_before.map(|message| message.wire_bytes);
    let exceeds = message.is_some_and(|m| !m.is_ended && passed.is_some_and(|passed| m.wire_bytes > passed));
    let names_something_else =
        !reason.is_empty() || code.is_some_and(|code| code.0 != 1000 && code.0 != 1001);
    let certainty = match (by_code, by_reason) {
        (true, _) if peer.has_gap => Likely,
        // A larger one passed, or it is tiny: the code says so, the sizes do not.
        (true, _) if message.is_some_and(|m| m.is_ended && is_small(&m, peer.largest_before)) => Likely,
        (true, _) => Proven,
        (_, true) if failed.is_none_or(|(by, ..)| by == role) => Likely,
        _ if exceeds && !names_something_else => Undetermined,
        _ => return None,
    };
    let message = message.map(|m| (m.wire_bytes, m.bytes.filter(|_| m.compressed), m.is_ended));
    let grounds = MessageTooBig { by_code, by_reason, message, passed };
    Some(Judged::new(grounds, Blame::from(role), certainty).at(quit.mark))
}

/// Whether no limit that anybody sets would refuse it.
fn is_small(message: &MessageSize, passed: Option<MessageSize>) -> bool {
    let size = |message: &MessageSize| message.bytes.unwrap_or(message.wire_bytes);
    size(message) <= TINY || passed.is_some_and(|passed| size(&passed) >= size(message))
}

/// The largest payload whose length stands in the second byte of its frame.
const TINY: u64 = 125;
