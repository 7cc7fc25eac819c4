use crate::knowledge::prelude::*;
use crate::model::LostHow;

/// FR-LOST: Bytes that are no frame, where one should begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrLost<S: Stage = Quoted> {
    /// What they are.
    pub how: LostHow,
    /// The first of them.
    pub start: Bytes<S>,
    /// They were taken out of the report.
    pub redacted: bool,
}

pub(super) const ROW: Row = Row {
    name: "FR-LOST",
    clauses: &[rfc6455("5.1"), rfc6455("5.2")],
    level: Must,
    who: Who::Either,
    reaction: Nothing,
    says: "after the opening handshake a stream consists of frames, one after another",
    peer: Some(
        "reads the bytes as frames: it finds reserved bits, opcodes or impossible lengths, and fails the connection \
         over whichever comes first; or it waits for the rest of a frame that nobody sent",
    ),
    text: "Something other than a frame begins where a frame should. A header read from it breaks 5.2 in some random \
        way, and everything after it is misread. So wslog reports it once, with the first of these that fits: HTTP \
        text, a chunk size, an empty line, a length with a different number of bytes than 126 or 127 announces, a \
        frame cut short with the next one inside its payload, or the rest of a frame whose beginning is missing. \
        Nothing after it is held against anybody unless frames are recognised again. The finding is likely at best, \
        as anything on the path may have written the bytes.",
    next: &[
        "the first bytes: HTTP comes from a second handler on the same socket, or from a proxy that has given up",
        "a sender's write that was cut short, or two writers on one socket without a lock",
        "a proxy that treats the stream as a response body: chunk sizes and line endings",
    ],
    shows: &[
        found(
            "an HTTP response after a message",
            "S: text hi | S: raw 48 54 54 50 2f 31 2e 31 20 34 30 38 20 52 65 71 75 65 73 74 20 54 69 6d 65 6f 75 74 0d \
             0a 0d 0a | S: fin | C: fin",
        ),
        legal("the same text inside a message", "S: text HTTP/1.1 408 Request Timeout"),
    ],
};

/// Bytes shown of what is no text.
const SHOWN: usize = 16;

/// What stands where a frame should begin.
pub(crate) fn in_place_of_a_frame(how: LostHow) -> String {
    match how {
        LostHow::HttpResponse => "an HTTP response".to_owned(),
        LostHow::HttpRequest => "an HTTP request".to_owned(),
        LostHow::ChunkSize => "an HTTP chunk size".to_owned(),
        LostHow::ExtraCrlf => "an empty line".to_owned(),
        LostHow::LengthWidth { stated, bytes } => {
            format!("a frame whose length field has {bytes} bytes instead of {stated}")
        }
        LostHow::CutShort { came, claimed } => {
            format!(
                "the next frame after only {came} of {} of the one before",
                count(claimed, "payload byte")
            )
        }
        LostHow::BytesMissing => "the rest of a frame whose beginning is missing".to_owned(),
        LostHow::Unexplained => "bytes that are not a frame".to_owned(),
    }
}

impl<S: Readable> Told for FrLost<S> {
    fn words(&self, say: &Say<'_>) -> Words {
        let what = in_place_of_a_frame(self.how);
        let is_text = self.redacted
            || self.start.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\r' | b'\n' | b'\t'));
        let start = if is_text {
            format!("\"{}\"", shortened(&visible(&String::from_utf8_lossy(&self.start))))
        } else {
            let more = if self.start.len() > SHOWN { "…" } else { "" };
            format!("{}{more}", Hex(self.start.get(..SHOWN).unwrap_or(&self.start)))
        };
        let did = match self.how {
            LostHow::CutShort { came, claimed } => format!(
                "sent only {came} of {} of a frame, then what looks like the next one ({start}), so that what \
                 follows is misread",
                count(claimed, "payload byte")
            ),
            // These are no text in place of a frame: a frame begins, or goes on.
            LostHow::LengthWidth { .. } | LostHow::BytesMissing => {
                format!("sent {what} ({start}), so that what follows is misread")
            }
            _ => format!("sent {what} where a frame should begin ({start}), so that what follows is misread"),
        };
        say.words("a frame", format!("{what}: {start}"), did)
    }
}

impl<S: Stage> FrLost<S> {
    pub(crate) fn decided<To: Stage>(self, by: &mut impl Decide<S, To>) -> FrLost<To> {
        let Self { how, start, redacted } = self;
        let is_http = matches!(how, LostHow::HttpResponse | LostHow::HttpRequest);
        let (start, found) = by.stream(start, is_http);
        FrLost { how, start, redacted: redacted || found }
    }
}
