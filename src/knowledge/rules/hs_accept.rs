use crate::knowledge::prelude::*;

/// HS-ACCEPT: Sec-WebSocket-Accept stands once and is base64 of SHA-1 over the key and the GUID; otherwise the client
/// fails the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HsAccept<S: Stage = Quoted> {
    /// The accept value is not the one the key asks for.
    Value {
        /// What it should have been; `None` where the request had no key.
        expected: Option<AcceptValue>,
        /// What was sent.
        found: Option<Text<S>>,
    },
    /// More than one accept value.
    Several(u16),
}

pub(super) const ROW: Row = Row {
    name: "HS-ACCEPT",
    clauses: &[rfc6455("4.1"), rfc6455("4.2.2"), rfc6455("11.3.3")],
    level: Must,
    who: Who::Server,
    reaction: FailHandshake,
    says: "Sec-WebSocket-Accept occurs once and is the base64 of the SHA-1 of the key and the GUID; otherwise the \
        client fails the connection",
    peer: Some(
        "must fail the connection: it ends TCP without a Close, as no WebSocket connection is open yet (RFC 6455 4.1)",
    ),
    text: "The value proves that the server has read this request and speaks WebSocket: a cache or plain HTTP server \
        cannot produce it by chance. White space around it is ignored.",
    next: &[
        "whether a proxy or cache answered with the response to another request",
        "whether the server hashes the key as sent, not decoded, and appends the GUID in upper case",
    ],
    shows: &[
        found(
            "the value belongs to another key",
            "C: request | S: 101 Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI= | C: fin | S: fin",
        ),
        legal(
            "white space around the value",
            "C: request | S: 101 Sec-WebSocket-Accept:  s3pPLMBiTxaQ9kYGzzhZRbK+xOo=  | S: text hi",
        ),
    ],
};

impl<S: Readable> Told for HsAccept<S> {
    fn words(&self, say: &Say<'_>) -> Words {
        match self {
            Self::Value { expected, found } => {
                let asked = expected.as_ref().map_or_else(String::new, |expected| {
                    format!(", where the key requires {}", expected.as_str())
                });
                let did = match found.as_deref() {
                    Some(found) => {
                        format!("answered 101 with Sec-WebSocket-Accept {}{asked}", visible(found))
                    }
                    None => format!("answered 101 without Sec-WebSocket-Accept{asked}"),
                };
                let expected = expected.as_ref().map_or("a value for a valid key", AcceptValue::as_str);
                let found = found.as_deref().map_or("none".into(), |v| visible(v).into_owned());
                say.words(
                    format!("Sec-WebSocket-Accept: {expected}"),
                    format!("Sec-WebSocket-Accept: {found}"),
                    did,
                )
            }
            Self::Several(count) => {
                let found = times("Sec-WebSocket-Accept", *count);
                say.words("Sec-WebSocket-Accept once", found.as_str(), format!("answered 101 with {found}"))
            }
        }
    }
}

impl<S: Stage> HsAccept<S> {
    pub(crate) fn decided<To: Stage>(self, by: &mut impl Decide<S, To>) -> HsAccept<To> {
        match self {
            Self::Value { expected, found } => {
                let expected = expected.map(|expected| by.accept(expected));
                HsAccept::Value { expected, found: found.map(|found| by.value(field::ACCEPT, found)) }
            }
            Self::Several(count) => HsAccept::Several(count),
        }
    }
}
