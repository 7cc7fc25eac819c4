use crate::knowledge::prelude::*;

/// HS-EXT-SYNTAX: Extensions against their grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HsExtSyntax<S: Stage = Quoted> {
    /// Value of the field.
    pub value: Text<S>,
    /// Byte of it, from 0, at which it leaves the grammar.
    pub at: u16,
}

pub(super) const ROW: Row = Row {
    name: "HS-EXT-SYNTAX",
    clauses: &[rfc6455("4.2.2"), rfc6455("4.3"), rfc6455("9.1")],
    level: Must,
    who: Who::Either,
    reaction: Refuse(&[400]),
    says: "Sec-WebSocket-Extensions is a list of tokens with parameters; otherwise a server refuses the \
           request and a client fails the connection",
    peer: Some(
        "a server must refuse such a request with an HTTP error (RFC 6455 4.2.1), such as 400; a client must fail \
         the connection over such a response (RFC 6455 9.1): send no frame and end TCP",
    ),
    text: "The value is a comma-separated list; parameters follow their extension after semicolons, and a quoted \
        value is a token inside the quotes. An empty field is not a list: a side that offers or accepts nothing \
        omits the field.",
    next: &[
        "the byte that the finding gives",
        "code that assembles the value from parts: an extra separator, or an empty list",
    ],
    shows: &[
        found(
            "a semicolon with nothing after it",
            "C: request Sec-WebSocket-Extensions: permessage-deflate; | S: status 400 Bad Request | \
             S: fin | C: fin",
        ),
        legal(
            "a value in quotes",
            "C: request Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=\"10\" | S: 101",
        ),
    ],
};

impl<S: Readable> Told for HsExtSyntax<S> {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { value, at } = self;
        let found = field("Sec-WebSocket-Extensions", Some(value));
        say.words(
            "a list of extensions: tokens, with parameters after semicolons",
            format!("{found}, malformed from byte {at} on"),
            format!("sent an extension list that is malformed from byte {at} on ({found})"),
        )
    }
}

impl<S: Stage> HsExtSyntax<S> {
    pub(crate) fn decided<To: Stage>(self, by: &mut impl Decide<S, To>) -> HsExtSyntax<To> {
        let Self { value, at } = self;
        HsExtSyntax { value: by.value(field::EXTENSIONS, value), at }
    }
}
