use crate::knowledge::prelude::*;

/// HS-ORIGIN: A browser's request without `Origin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HsOrigin;

pub(super) const ROW: Row = Row {
    name: "HS-ORIGIN",
    clauses: &[rfc6455("4.1"), rfc6455("4.2.1")],
    level: Note,
    who: Who::Client,
    reaction: Nothing,
    says: "a browser sends Origin: without it the client is not a browser, or something on the path removed the field",
    peer: Some("may refuse a request without Origin, for example with 403 (RFC 6455 4.2.2, 10.2)"),
    text: "Browsers send Origin with every opening handshake, and scripts cannot omit it; servers check it to refuse \
        connections from foreign pages. User-Agent names a browser here, but any program can claim to be one.",
    next: &[
        "User-Agent: a test tool or scraper that copies a browser's",
        "a proxy that removes Origin, if the client is a browser",
    ],
    shows: &[
        found(
            "the User-Agent of a browser, no Origin",
            "C: request User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 | S: 101",
        ),
        legal(
            "a page with an opaque origin",
            "C: request User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 & \
             Origin: null | S: 101",
        ),
    ],
};

impl Told for HsOrigin {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words(
            "Origin, as browsers send it",
            "Origin absent, User-Agent of a browser",
            "sent no Origin although its User-Agent names a browser: it is not one, or a proxy removed the field",
        )
    }
}
