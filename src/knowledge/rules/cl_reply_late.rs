use crate::knowledge::prelude::*;

/// CL-REPLY-LATE: An answering Close that came late, or had not come when the recording ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClReplyLate {
    /// Frame number of the Close to be answered.
    pub close: u64,
    /// From its acknowledgement on.
    pub after_ns: i64,
    /// Whether it came at all.
    pub came: bool,
}

pub(super) const ROW: Row = Row {
    name: "CL-REPLY-LATE",
    clauses: &[rfc6455("5.5.1")],
    level: Should,
    who: Who::Either,
    reaction: Nothing,
    says: "a Close is answered as soon as practical; an open message may be finished first",
    peer: Some("may give up waiting and end TCP; it then reports 1006"),
    text: "A library that closes waits a few seconds for the answer; a later one finds nobody. wslog counts an \
        answer as late {late} after the Close was acknowledged. An open message may be finished first, however long \
        that takes.",
    next: &[
        "what kept that side busy: an application that blocks the thread that reads frames",
        "a proxy that answers only after the server behind it has",
    ],
    shows: &[
        found("after 5 s", "C: close 1000 | S: ack | S: wait 5000 | S: close 1000 | S: fin | C: fin"),
        legal(
            "as late, but after the rest of a message",
            "S: 01 01 61 | C: close 1000 | S: ack | S: wait 5000 | S: 80 01 62 | S: close 1000 | S: fin | \
             C: fin",
        ),
    ],
};

impl Told for ClReplyLate {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { close, after_ns, came } = *self;
        let after = duration(after_ns);
        let (observed, did) = if came {
            ("Close", "answered the Close in frame")
        } else {
            ("no Close", "had not answered the Close in frame")
        };
        say.words(
            format!("a Close as soon as practical; {OURS} {} as late", whole(LATE_NS)),
            format!("{observed} {after} after its host had acknowledged the other's"),
            format!("{did} {close} {after} after its host had acknowledged it"),
        )
    }
}
