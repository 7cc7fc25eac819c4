use crate::knowledge::prelude::*;

/// CL-REPLY: A received Close was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClReply {
    /// Frame number of the Close.
    pub close: u64,
    /// What it did instead.
    pub how: StreamEnd,
}

pub(super) const ROW: Row = Row {
    name: "CL-REPLY",
    clauses: &[rfc6455("5.5.1")],
    level: Must,
    who: Who::Either,
    reaction: Nothing,
    says: "a received Close is answered with a Close, unless one was sent before",
    peer: Some("may give up waiting and end TCP; it reports 1006"),
    text: "The closing handshake is two Closes. If the second is missing, the side that started reports 1006. That a \
        host acknowledged the Close and ended TCP says nothing about its application, which may have been gone by \
        then, so the finding is likely. It is proven if the side answered something after the Close, such as a Ping, \
        and so had read it. A side in the middle of a message may finish it first, and one whose peer ended TCP \
        before it could answer owes nothing: both are CL-TCP-EARLY for the side that ended TCP.",
    next: &[
        "the side that did not answer: a process that ended, or a library that closes the socket when a Close arrives",
        "its application's log: whether it read the Close. wslog has checked that its host received it",
    ],
    shows: &[
        found("TCP ends in place of the answer", "C: close 1000 | S: fin | C: fin"),
        legal(
            "TCP had ended before the Close came",
            "S: hold | C: close 1000 | S: fin | S: release | C: fin",
        ),
        legal("the other side ended TCP before it could answer", "C: close 1000 | C: fin | S: fin"),
    ],
};

impl Told for ClReply {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { close, how } = self;
        say.words(
            format!("a Close in answer to frame {close}"),
            format!("{} without one", end(*how)),
            format!("{} without answering the Close in frame {close}", ended_by(*how)),
        )
    }
}
