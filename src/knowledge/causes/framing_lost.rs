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
    tone: Tone::Fault,
    tells: &[],
    when: "from some byte on, what a side sent is not WebSocket",
    proven: None,
    likely: Some(
        "where a frame should begin there is HTTP text, a chunk size, an empty line, a length field of the wrong \
         width, another frame inside one that was cut short, or the rest of one whose beginning is missing",
    ),
    undetermined: Some("none of these fits, or it came when the end had already been decided"),
    never: "anything from the bytes that follow, which are misread: they show no Close, fault or obligation. Or that \
        the program on that side wrote them: anything on the path may have",
    next: &[
        "HTTP text: a second handler on the same socket, or a proxy that gave up on the connection",
        "a write that was cut short, or two writers on one socket without a lock",
        "a proxy that treats the stream as a response body",
    ],
    shows: &[
        found(
            "an HTTP response in place of a frame",
            "S: text hi | S: raw 48 54 54 50 2f 31 2e 31 20 34 30 38 20 52 65 71 75 65 73 74 20 54 69 6d 65 6f 75 74 0d 0a 0d 0a | C: close 1002 | C: fin | S: fin",
        ),
        legal(
            "a reserved opcode in a real frame",
            "S: text hi | S: 83 00 | C: close 1002 | S: close 1002 | S: fin | C: fin",
        ),
    ],
};

/// The first line of the text of HTTP that a side sent instead of a frame.
fn first_line<S: Readable>(conversation: &Conversation<S>, by: Role) -> Option<String> {
    let lost =
        conversation.findings.iter().filter(|f| f.by == Some(by)).find_map(|f| match &f.violation {
            Violation::FrLost(lost) => Some(lost),
            _ => None,
        })?;
    let line = lost.start.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
    let line = std::str::from_utf8(line).ok().filter(|line| !line.is_empty())?;
    Some(shortened(&visible(line)))
}

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

    fn headline<S: Readable>(&self, cause: &Cause, _: &Conversation<S>) -> String {
        let by = the(side(cause.by).unwrap_or(Role::Server));
        match self.how {
            LostHow::HttpResponse | LostHow::HttpRequest | LostHow::ChunkSize => {
                format!("{by} sent HTTP instead of a frame")
            }
            LostHow::ExtraCrlf => format!("{by} sent an empty line instead of a frame"),
            LostHow::LengthWidth { .. } => format!("{by} sent a length field of the wrong width"),
            LostHow::CutShort { .. } => format!("{by} cut a frame short"),
            LostHow::BytesMissing => format!("{by} left out the beginning of a frame"),
            LostHow::Unexplained => format!("{by} sent bytes that are not a frame"),
        }
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let by = side(cause.by).unwrap_or(Role::Server);
        let place = match (self.after, cause.packet) {
            (Some(frame), _) => format!(" (after frame {frame})"),
            (None, Some(packet)) => format!(" ({})", crate::knowledge::words::packet(conversation, packet)),
            (None, None) => String::new(),
        };
        let frame = match self.after {
            Some(after) => format!("the frame after frame {after}"),
            None => format!("a frame{place}"),
        };
        let instead = |what: &str| format!("sent {what} where a frame should begin{place}");
        let line = |what: &str| {
            first_line(conversation, by)
                .map_or_else(|| what.to_owned(), |line| format!("{what}, \"{line}\","))
        };
        let (did, why, next) = match self.how {
            LostHow::HttpResponse => (
                instead(&line("an HTTP response")),
                "probably a second handler on the same socket, or a proxy, wrote it",
                "anything besides the WebSocket handler that answers HTTP on that socket",
            ),
            LostHow::HttpRequest => (
                instead(&line("an HTTP request")),
                "probably something reused the connection as if it were still HTTP",
                "whatever sends requests over the connection: a connection pool, or a proxy that keeps it alive",
            ),
            LostHow::ChunkSize => (
                instead("an HTTP chunk size"),
                "probably a proxy treats the stream as a response body",
                "a proxy that does not know that the connection was upgraded",
            ),
            LostHow::ExtraCrlf => (
                instead("an empty line"),
                "probably an extra line ending was written after the handshake or after a frame",
                "whatever writes an extra line ending after the handshake or after a frame",
            ),
            LostHow::LengthWidth { stated, bytes: wide } => (
                format!(
                    "sent a frame{place} whose length field has {wide} bytes where its header calls for {stated}"
                ),
                "probably its encoder writes lengths in the wrong width",
                "the code that encodes frames longer than 125 bytes",
            ),
            LostHow::CutShort { came, claimed } => (
                format!(
                    "sent only {came} of the {} of {frame}, then another frame instead of the rest",
                    count(claimed, "payload byte")
                ),
                "probably a write was cut short, or two writers share the socket without a lock",
                "a write that sends less than it was given, or two writers sharing the socket without a lock",
            ),
            LostHow::BytesMissing => (
                format!("sent the rest of a frame{place} without its beginning"),
                "probably bytes were dropped before they reached the socket",
                "whatever writes to the socket: a buffer that drops data, or two writers",
            ),
            LostHow::Unexplained => (
                format!("sent bytes that are not a WebSocket frame{place}"),
                "the recording does not show how they got there, and none of the usual reasons fits",
                "whatever wrote the first of these bytes, which the finding shows",
            ),
        };
        let hedge = match (cause.certainty, self.how) {
            (Undetermined, LostHow::Unexplained) | (Proven | Likely, _) => "",
            _ => "; the recording does not show whether that ended the connection",
        };
        Said::part(
            format!(
                "{} {did}{}: {why}; what follows cannot be read{hedge}.",
                the(by),
                when(conversation, cause.at)
            ),
            format!("{}, and look for {next}.", look(conversation, by, cause)),
        )
    }
}
