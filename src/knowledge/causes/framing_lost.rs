use crate::knowledge::causes::prelude::*;
use crate::model::LostHow;

/// `framing_lost`: from some byte on the stream of a side is no WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FramingLost {
    /// What stands there instead.
    pub how: LostHow,
    /// The last whole frame before it.
    pub after: Option<u64>,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "framing_lost",
    when: "from some byte on what a side sent is no WebSocket",
    proven: None,
    likely: Some(
        "what stands where a frame should begin is text of HTTP, the size of a chunk, an empty line, a length of the wrong \
         width, a frame inside a frame that was cut short, or the rest of one whose beginning is missing",
    ),
    undetermined: Some("none of these fits, or it came after the end had been decided"),
    never: "anything about what is misread behind it: no Close, no fault and no duty comes from there. Nor that the \
            program of that side wrote it: anything on the way may have",
    next: &[
        "text of HTTP: a second handler on the same socket, or a proxy that gave up on the connection",
        "a write that was cut short, or two writers on one socket without a lock",
        "a proxy that takes the stream for the body of a response",
    ],
    shows: &[
        found(
            "an HTTP response in place of a frame",
            "S: text hi | S: raw 48 54 54 50 2f 31 2e 31 20 34 30 38 20 52 65 71 75 65 73 74 20 54 69 6d 65 6f 75 74 0d 0a 0d 0a | C: close 1002 | C: fin | S: fin",
        ),
        legal(
            "a reserved opcode in a frame that is one",
            "S: text hi | S: 83 00 | C: close 1002 | S: close 1002 | S: fin | C: fin",
        ),
    ],
};

impl Judge for FramingLost {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        Role::BOTH.into_iter().find_map(|role| {
            let lost = facts.conversation.closing.framing_lost[role]?;
            // What came after either side had given up did not make it.
            let gave_up = |role: Role| {
                let side = facts.side(role);
                side.close.map(|close| close.mark.packet).or(side.end.map(|end| end.mark.packet))
            };
            let late = Role::BOTH.into_iter().filter_map(gave_up).any(|gave_up| gave_up < lost.packet);
            // Right behind its own Close, be it in the same packet.
            let closed = facts.side(role).close.is_some_and(|close| close.mark.frame <= lost.frame);
            let late = late || closed;
            let certainty = if late || lost.how == LostHow::Unexplained { Undetermined } else { Likely };
            let mark = Mark { frame: None, packet: lost.packet, at: lost.at };
            let grounds = Self { how: lost.how, after: lost.frame };
            Some(Judged::new(grounds, Blame::from(role), certainty).at(mark).breaks(RuleId::FrLost))
        })
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let by = side(cause.by).unwrap_or(Role::Server);
        let place = match (self.after, cause.packet) {
            (Some(frame), _) => format!(" (behind frame {frame})"),
            (None, Some(packet)) => format!(" ({})", crate::knowledge::words::packet(conversation, packet)),
            (None, None) => String::new(),
        };
        let (what, why, next) = match self.how {
            LostHow::HttpResponse => (
                "an HTTP response".to_owned(),
                "probably a second handler on the same socket, or a proxy, wrote it",
                "what answers HTTP on that socket besides the WebSocket handler",
            ),
            LostHow::HttpRequest => (
                "an HTTP request".to_owned(),
                "probably something reused the connection as if it were still HTTP",
                "what sends requests over the connection: a pool, or a proxy that keeps it alive",
            ),
            LostHow::ChunkSize => (
                "the size of an HTTP chunk".to_owned(),
                "probably a proxy takes the stream for the body of a response",
                "a proxy that does not know that the connection was upgraded",
            ),
            LostHow::ExtraCrlf => (
                "an empty line".to_owned(),
                "probably one line end too many was written behind the head or between frames",
                "what writes the head of the handshake, and between frames",
            ),
            LostHow::LengthWidth { stated, bytes: wide } => (
                format!("a frame whose length takes {wide} bytes where its header announces {stated}"),
                "probably whatever writes its headers encodes lengths in the wrong width",
                "the code that encodes frames longer than 125 bytes",
            ),
            LostHow::CutShort { came, claimed } => (
                format!(
                    "the next frame behind {came} of {} of the one before",
                    count(claimed, "payload byte")
                ),
                "probably a write was cut short, or two writers share the socket",
                "writes that send less than they were given, and writers without a lock",
            ),
            LostHow::BytesMissing => (
                "the rest of a frame whose beginning is missing".to_owned(),
                "probably bytes were dropped before they reached the socket",
                "what writes to the socket: a buffer that drops, or two writers",
            ),
            LostHow::Unexplained => (
                "bytes that are no frame".to_owned(),
                "none of the usual reasons fits",
                "the first of these bytes, in the finding",
            ),
        };
        Said::part(
            format!(
                "{} sent {what} where a frame should begin{place}: {why}; what follows cannot be read.",
                the(by)
            ),
            format!("Look at {}: {next}.", a(by)),
        )
    }
}
