use crate::knowledge::prelude::*;

/// HS-NOT-FAILED: After a response that does not validate the client sends no frames and ends TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HsNotFailed {
    /// Frames were sent after a response that does not validate.
    SentFrames,
    /// TCP was kept open after a response that does not validate.
    KeptOpen {
        /// Nanoseconds from the response to the client's end.
        after_ns: i64,
    },
}

pub(super) const ROW: Row = Row {
    name: "HS-NOT-FAILED",
    clauses: &[rfc6455("4.1"), rfc6455("7.1.7")],
    level: Must,
    who: Who::Client,
    reaction: Nothing,
    says: "after an invalid response, the client sends no frames and ends TCP",
    peer: None,
    text: "An invalid response comes from a server that does not speak WebSocket, or not on this connection. \
        Something else may read what the client then sends.",
    next: &["which check of the response the client's library skips"],
    shows: &[
        found(
            "frames after a wrong Sec-WebSocket-Accept",
            "C: request | S: 101 Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI= | C: text hi",
        ),
        legal(
            "TCP is ended instead",
            "C: request | S: 101 Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI= | C: fin | S: fin",
        ),
    ],
};

impl Told for HsNotFailed {
    fn words(&self, say: &Say<'_>) -> Words {
        match self {
            Self::SentFrames => say.words(
                "no frames: the response is not valid",
                "the client sent frames",
                "sent frames after an invalid response instead of failing the connection",
            ),
            Self::KeptOpen { after_ns } => say.words(
                "TCP ended: the response is not valid",
                format!("TCP kept open for {}", duration(*after_ns)),
                format!(
                    "kept TCP open for {} after an invalid response instead of failing the connection",
                    duration(*after_ns)
                ),
            ),
        }
    }
}
