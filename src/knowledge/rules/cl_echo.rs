use crate::knowledge::prelude::*;

/// CL-ECHO: The answer carries another code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClEcho {
    /// Code of the Close that was answered; `None` where it had none.
    pub received: Option<CloseCode>,
    /// Code of the answer; `None` where it had none.
    pub sent: Option<CloseCode>,
}

pub(super) const ROW: Row = Row {
    name: "CL-ECHO",
    clauses: &[rfc6455("5.5.1")],
    level: Note,
    who: Who::Either,
    reaction: Nothing,
    says: "an answering Close typically echoes the code it received, but may carry another",
    peer: Some("reports the code as received"),
    text: "The answer typically carries the code it answers, but may carry any other. So the two applications can \
        report different codes for a clean end.",
    next: &["nothing: it explains why the two logs differ"],
    shows: &[
        found("1001 answered with 1000", "C: close 1001 | S: close 1000 | S: fin | C: fin"),
        legal("1001 answered with 1001", "C: close 1001 | S: close 1001 | S: fin | C: fin"),
    ],
};

impl Told for ClEcho {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { received, sent } = self;
        say.words(
            format!("typically {}", close(*received)),
            close(*sent),
            format!("answered {} with {}, which is legal", close(*received), close(*sent)),
        )
    }
}
