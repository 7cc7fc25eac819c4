use crate::knowledge::prelude::*;

/// HS-101-BODY: A 101 that announces a body: the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hs101Body<S: Stage = Quoted> {
    /// The field that announces a body.
    pub line: Text<S>,
}

pub(super) const ROW: Row = Row {
    name: "HS-101-BODY",
    clauses: &[rfc9110("8.6"), rfc9112("6.1")],
    level: Must,
    who: Who::Server,
    reaction: Nothing,
    says: "a 101 has neither Content-Length nor Transfer-Encoding: it has no body, and the client ignores such a \
        field",
    peer: Some("ignores the field: a 101 ends at its empty line (RFC 9112 6.3)"),
    text: "Frames begin right after the 101. A proxy or client that believes Content-Length or Transfer-Encoding \
        takes frames for a body: with Content-Length: 0, the usual case, nothing is lost; with a larger value the \
        first messages are.",
    next: &[
        "a framework or proxy that adds the field to every response",
        "whether the first message arrived, if the length is not 0",
    ],
    shows: &[
        found("an empty body is announced", "C: request | S: 101 Content-Length: 0 | S: text hi"),
        legal("in a refusal, which has a body", "C: request | S: status 403 Forbidden | S: fin | C: fin"),
    ],
};

impl<S: Readable> Told for Hs101Body<S> {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { line } = self;
        say.words(
            "a 101 without Content-Length or Transfer-Encoding",
            visible(line),
            format!("answered 101 with {}; a 101 has no body, and clients ignore the field", visible(line)),
        )
    }
}

impl<S: Stage> Hs101Body<S> {
    pub(crate) fn decided<To: Stage>(self, by: &mut impl Decide<S, To>) -> Hs101Body<To> {
        let Self { line } = self;
        Hs101Body { line: by.line(line) }
    }
}
