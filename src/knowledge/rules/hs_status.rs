use crate::knowledge::prelude::*;

/// HS-STATUS: The upgrade was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HsStatus {
    /// The status of the response.
    pub status: u16,
    /// It answers an extended CONNECT of HTTP/2.
    pub is_connect: bool,
}

pub(super) const ROW: Row = Row {
    name: "HS-STATUS",
    clauses: &[rfc6455("4.1"), rfc6455("4.2.2")],
    level: Note,
    who: Who::Server,
    reaction: Nothing,
    says: "any status other than 101, in HTTP/2 other than 2xx, refuses the upgrade; the client follows HTTP",
    peer: Some("follows HTTP; a browser fails the connection"),
    text: "Only 101 opens a WebSocket connection, in HTTP/2 only a 2xx (RFC 8441 5). A browser does not follow a redirect here, does not show the body, \
        and reports 1006 whatever the status was.",
    next: &[
        "the status and body of the response",
        "401, 403: credentials or Origin; 404: the path; 200: something took the request for plain HTTP; \
         426: the version; 502, 504: the server behind a proxy",
    ],
    shows: &[
        found("refused", "C: request | S: status 403 Forbidden | S: fin | C: fin"),
        legal("accepted", "C: request | S: 101 | S: text hi"),
    ],
};

impl Told for HsStatus {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { status, is_connect } = self;
        let (expected, what) = match is_connect {
            true => ("a 2xx status", "extended CONNECT"),
            false => ("101 Switching Protocols", "upgrade"),
        };
        say.words(expected, format!("status {status}"), format!("refused the {what} with status {status}"))
    }
}
