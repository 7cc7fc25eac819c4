use crate::knowledge::prelude::*;

/// HS-HTTP-REQ: The request leaves the grammar of HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HsHttpReq<S: Stage = Quoted> {
    /// Where it leaves the grammar.
    pub kind: Syntax,
    /// The first line that does not fit.
    pub line: Text<S>,
}

pub(super) const ROW: Row = Row {
    name: "HS-HTTP-REQ",
    clauses: &[rfc6455("4.1"), rfc6455("4.2.1"), rfc9112("2.2"), rfc9112("3"), rfc9112("5")],
    level: Must,
    who: Who::Client,
    reaction: Refuse(&[400]),
    says: "the opening handshake is a valid HTTP request",
    peer: None,
    text: "A request that each hop reads differently can be smuggled past one of them, so servers and proxies refuse \
        it: a space before the colon, a line without a colon, a control character. What HTTP allows a server to \
        tolerate (a bare LF, a folded line) breaks the clause too, but need not be refused.",
    next: &[
        "the line that the finding quotes: a value set by the application may contain a line break",
        "a client that writes the request itself",
    ],
    shows: &[
        found(
            "a space before the colon",
            "C: request +X-Trace : 1 | S: status 400 Bad Request | S: fin | C: fin",
        ),
        legal("no space after it", "C: request +X-Trace:1 | S: 101"),
    ],
};

impl<S: Readable> Told for HsHttpReq<S> {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { kind, line } = self;
        head(say, *kind, line, "request")
    }
}

impl<S: Stage> HsHttpReq<S> {
    pub(crate) fn decided<To: Stage>(self, by: &mut impl Decide<S, To>) -> HsHttpReq<To> {
        let Self { kind, line } = self;
        HsHttpReq { kind, line: by.line(line) }
    }
}
