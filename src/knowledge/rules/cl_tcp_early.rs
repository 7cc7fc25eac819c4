use crate::knowledge::prelude::*;

/// CL-TCP-EARLY: TCP ended before the closing handshake was complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClTcpEarly {
    /// How it ended TCP.
    pub how: StreamEnd,
    /// How far the closing handshake was for it.
    pub left: ClosingProgress,
}

/// How far the closing handshake was for a side that left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosingProgress {
    /// It had sent its own Close, and the other side's had not arrived.
    BehindClose {
        /// Frame number of its own.
        close: u64,
    },
    /// It had sent none, and the other side's had not arrived.
    WithoutClose,
    /// The other side's had arrived, and it was in the middle of a message, after which it would have answered.
    InMessage,
}

pub(super) const ROW: Row = Row {
    name: "CL-TCP-EARLY",
    clauses: &[rfc6455("7.1.1"), rfc6455("7.1.2"), rfc6455("7.1.4")],
    level: Should,
    who: Who::Either,
    reaction: Nothing,
    says: "TCP ends once a Close was both sent and received",
    peer: Some("may have nobody left to answer: its Close is refused with an RST, or nobody reads it"),
    text: "The closing handshake is complete for a side that has sent a Close and received one. If TCP ends before \
        that, the end is not clean (RFC 6455 7.1.4), and nobody may be left to read the answer. The finding is \
        against the side that ended TCP, not against its peer. For a client it is a should: the client lets the \
        server end TCP (RFC 6455 7.1.1). A server may close when it likes (RFC 6455 7.3), and no clause makes it \
        wait for the answer, so for a server it is a note. A side that has waited {client_wait} for the other Close, \
        or has failed the connection, may end TCP.",
    next: &[
        "on the side that ended TCP: the call that closes the socket right after the Close, or a process that ends \
         there",
        "whether the other side was in the middle of a message: it may finish that first",
    ],
    shows: &[
        found("a FIN right after its own Close", "C: close 1000 | C: fin | S: close 1000 | S: fin"),
        legal("it waits for the answer", "C: close 1000 | S: close 1000 | S: fin | C: fin"),
    ],
};

impl Told for ClTcpEarly {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { how, left } = *self;
        let end = end(how);
        let when = match left {
            ClosingProgress::BehindClose { close } => {
                format!("after its Close in frame {close}, before the other side's had arrived")
            }
            ClosingProgress::WithoutClose => {
                "without a Close, before the other side's had arrived".to_owned()
            }
            ClosingProgress::InMessage => "in the middle of a message, instead of sending a Close".to_owned(),
        };
        say.words(
            format!("{} left open until a Close has been sent and received", carrier(how)),
            format!("{end} {when}"),
            format!("{} {when}", ended_by(how)),
        )
    }
}
