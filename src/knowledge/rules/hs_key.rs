use crate::knowledge::prelude::*;

/// HS-KEY: Sec-WebSocket-Key stands once and is base64 of 16 random bytes, fresh for each connection; a server need
/// not decode it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HsKey<S: Stage = Quoted> {
    /// A key that is none.
    Malformed {
        /// What it is.
        form: KeyForm,
        /// The value as sent, cut to what is shown.
        found: Option<Text<S>>,
    },
    /// More than one key.
    Several(u16),
    /// The key of an earlier connection.
    Reused {
        /// First packet of that connection.
        earlier: PacketNo,
    },
}

pub(super) const ROW: Row = Row {
    name: "HS-KEY",
    clauses: &[rfc6455("4.1"), rfc6455("4.2.1"), rfc6455("11.3.1")],
    level: Must,
    who: Who::Client,
    reaction: Refuse(&[400]),
    says: "Sec-WebSocket-Key occurs once and is the base64 of 16 random bytes, fresh for each connection; a server \
        need not decode it",
    peer: Some(
        "must refuse a request without a key, or with two, with an HTTP error (RFC 6455 4.2.1), such as 400; it need \
         not decode the value (RFC 6455 4.2.2), so accepting one of the wrong length breaks nothing",
    ),
    text: "The key ties the response to this request; it is not a secret and authenticates nobody. 16 bytes in \
        base64 are 24 characters, the last two of them '='. The same key on two connections is a note, unless one \
        handshake waits for the other as on both sides of a proxy: the client does not generate a fresh one, or the \
        recording shows two sides of something that did not wait.",
    next: &[
        "the length of the key as sent: base64url, a missing '=', or text instead of 16 bytes",
        "a script or load generator with the RFC's example key hard-coded",
    ],
    shows: &[
        found(
            "15 bytes",
            "C: request Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4P | S: status 400 Bad Request | S: fin | \
             C: fin",
        ),
        legal(
            "the key of the RFC's own example, whose unused bits are not 0",
            "C: request Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC== | \
             S: 101 Sec-WebSocket-Accept: OfS0wDaT5NoxF2gqm7Zj2YtetzM=",
        ),
    ],
};

impl<S: Readable> Told for HsKey<S> {
    fn words(&self, say: &Say<'_>) -> Words {
        match self {
            Self::Malformed { form, found } => {
                let what = match form {
                    KeyForm::Absent => "no Sec-WebSocket-Key".to_owned(),
                    KeyForm::Bytes(bytes) => {
                        format!("a Sec-WebSocket-Key of {}", count(u64::from(*bytes), "byte"))
                    }
                    KeyForm::NotBase64 | KeyForm::Sound => {
                        "a Sec-WebSocket-Key that is not base64".to_owned()
                    }
                };
                say.words(
                    "Sec-WebSocket-Key: base64 of 16 bytes",
                    field("Sec-WebSocket-Key", found.as_ref()),
                    format!("sent a request with {what}"),
                )
            }
            Self::Several(count) => {
                let found = times("Sec-WebSocket-Key", *count);
                say.words("Sec-WebSocket-Key once", found.as_str(), format!("sent a request with {found}"))
            }
            Self::Reused { earlier } => say.words(
                "a key of its own for each connection",
                format!("the key of the connection that began with {}", say.packet(*earlier)),
                format!(
                    "sent the same Sec-WebSocket-Key as the connection that began with {}; the two sides of a proxy \
                     look like this too",
                    say.packet(*earlier)
                ),
            ),
        }
    }
}

impl<S: Stage> HsKey<S> {
    pub(crate) fn decided<To: Stage>(self, by: &mut impl Decide<S, To>) -> HsKey<To> {
        match self {
            Self::Malformed { form, found } => {
                HsKey::Malformed { form, found: found.map(|found| by.value(field::KEY, found)) }
            }
            Self::Several(count) => HsKey::Several(count),
            Self::Reused { earlier } => HsKey::Reused { earlier },
        }
    }
}
