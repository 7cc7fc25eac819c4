use crate::knowledge::prelude::*;

/// HS-HTTP-RESP: The answer to the opening handshake is a valid HTTP response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HsHttpResp<S: Stage = Quoted> {
    /// What came instead of a response is not HTTP.
    NotHttp {
        /// Its first bytes.
        start: Bytes<S>,
        /// They were taken out of the report.
        redacted: bool,
    },
    /// The 101 leaves the grammar of HTTP.
    Syntax {
        /// Where it leaves the grammar.
        kind: Syntax,
        /// The first line that does not fit.
        line: Text<S>,
    },
    /// A 101 in HTTP below 1.1.
    Old(Text<S>),
}

pub(super) const ROW: Row = Row {
    name: "HS-HTTP-RESP",
    clauses: &[rfc6455("4.1"), rfc6455("4.2.2"), rfc9112("2.2"), rfc9112("4"), rfc9112("5")],
    level: Must,
    who: Who::Server,
    reaction: FailHandshake,
    says: "the answer to the opening handshake is a valid HTTP response",
    peer: Some(
        "must fail the connection if HTTP leaves no way to read it (RFC 6455 4.1): send no frame and end TCP; it may \
         tolerate a space before a colon or a bare LF",
    ),
    text: "The answer is not HTTP, or a 101 with a malformed line. Bytes that are not HTTP at all are often another \
        protocol on that port: 15 03 begins a TLS alert, which a plain request to a TLS port gets. A 101 in HTTP/1.0 \
        is a note: clients differ in whether they accept it.",
    next: &[
        "the line or the first bytes that the finding quotes",
        "whether the port speaks TLS, and the client was given ws instead of wss",
    ],
    shows: &[
        found("a line without a colon", "C: request | S: 101 +X-Trace 1 | C: fin | S: fin"),
        legal(
            "another phrase after the status",
            "C: request | S: 101 !HTTP/1.1 101 Web Socket Protocol Handshake | S: text hi",
        ),
    ],
};

impl<S: Readable> Told for HsHttpResp<S> {
    fn words(&self, say: &Say<'_>) -> Words {
        match self {
            Self::NotHttp { start, redacted } => {
                let start = if *redacted {
                    String::from_utf8_lossy(start).into_owned()
                } else {
                    Hex(start).to_string()
                };
                say.words(
                    "an HTTP response",
                    format!("bytes that begin with {start}"),
                    format!("answered the opening handshake with bytes that are not HTTP ({start})"),
                )
            }
            Self::Syntax { kind, line } => head(say, *kind, line, "response"),
            Self::Old(version) => say.words(
                "HTTP/1.1",
                format!("{version} 101"),
                format!("answered 101 in {version}, which has no such status; some clients refuse it"),
            ),
        }
    }
}

impl<S: Stage> HsHttpResp<S> {
    pub(crate) fn decided<To: Stage>(self, by: &mut impl Decide<S, To>) -> HsHttpResp<To> {
        match self {
            Self::NotHttp { start, redacted } => {
                let (start, found) = by.bytes(start);
                HsHttpResp::NotHttp { start, redacted: redacted || found }
            }
            Self::Syntax { kind, line } => HsHttpResp::Syntax { kind, line: by.line(line) },
            Self::Old(version) => HsHttpResp::Old(by.text(version)),
        }
    }
}
