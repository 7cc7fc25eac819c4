use crate::knowledge::prelude::*;

/// CL-NEW-MSG: A message begun after the peer's Close had reached the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClNewMsg {
    /// Frame number of that Close.
    pub close: u64,
}

pub(super) const ROW: Row = Row {
    name: "CL-NEW-MSG",
    clauses: &[rfc6455("5.1"), rfc6455("6.1"), rfc6455("7.1.3")],
    level: Note,
    who: Who::Either,
    reaction: Nothing,
    says: "messages are started only in state OPEN, which a received Close ends",
    peer: Some("may ignore it (RFC 6455 1.4)"),
    text: "A message may be sent until its sender's own Close is out (RFC 6455 5.1), but sending must start in state \
        OPEN (RFC 6455 6.1), which a received Close ends. The host had received the Close, but nothing shows whether \
        its application had read it, so this is a note. The message is usually lost: a side that has sent a Close \
        seldom reads on.",
    next: &[
        "whether that message mattered: its sender got no error for it",
        "an application that writes without checking the state of the connection",
    ],
    shows: &[
        found("a text between the two Closes", "S: close 1000 | C: text a | C: close 1000 | S: fin | C: fin"),
        legal(
            "the last fragment of a message that had begun",
            "C: 01 01 61 | S: close 1000 | C: 80 01 62 | C: close 1000 | S: fin | C: fin",
        ),
    ],
};

impl Told for ClNewMsg {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { close } = *self;
        say.words(
            "no new message once a Close has been received",
            format!("a message begun after its host had acknowledged the Close in frame {close}"),
            format!(
                "began a message after its host had acknowledged the Close in frame {close}; its \
                 application may not have read that Close yet"
            ),
        )
    }
}
