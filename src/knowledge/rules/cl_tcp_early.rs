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
    peer: Some("may have nobody left to answer: its Close is refused by an RST, or read by nobody"),
    text: "The closing handshake is complete for a side that has sent a Close and received one. TCP that ends \
           before is no clean end (RFC 6455 7.1.4), and the answer that is owed may find nobody to read it. The finding \
           is about the side that left, not about the one that was left. For a client it is a should: it leaves \
           the end of TCP to the server (RFC 6455 7.1.1). A server may close when it likes (RFC 6455 7.3), and no clause has it \
           wait for the answer: for a server it is a note. Who has waited {client_wait} for the other Close, or has \
           failed the connection, may go.",
    next: &[
        "the call that closes the socket right after the Close, or a process that ends there: the side that left",
        "whether the other side was in the middle of a message: it may finish that first",
    ],
    shows: &[
        found("a FIN right after its own Close", "C: close 1000 | C: fin | S: close 1000 | S: fin"),
        legal("the answer is waited for", "C: close 1000 | S: close 1000 | S: fin | C: fin"),
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
            ClosingProgress::InMessage => "in the middle of a message, in place of its Close".to_owned(),
        };
        say.words(
            "TCP left open until a Close was both sent and received",
            format!("{end} {when}"),
            format!("ended TCP by {end} {when}"),
        )
    }
}
