use crate::knowledge::prelude::*;

/// HS-VERSION: Sec-WebSocket-Version stands once and is 13; another number asks for another protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HsVersion<S: Stage = Quoted> {
    /// No version, or one that is no number; as sent.
    NoNumber(Option<Text<S>>),
    /// More than one version.
    Several(u16),
    /// Another version than 13.
    Other(u8),
}

pub(super) const ROW: Row = Row {
    name: "HS-VERSION",
    clauses: &[rfc6455("4.1"), rfc6455("4.2.1"), rfc6455("4.2.2"), rfc6455("4.4"), rfc6455("11.3.5")],
    level: Must,
    who: Who::Client,
    reaction: Refuse(&[400, 426]),
    says: "Sec-WebSocket-Version occurs once and is 13; another number asks for another protocol",
    peer: None,
    text: "13 is the only version that was ever standard; 7 and 8 were drafts that browsers sent in 2011. The field \
        occurs once and has one number. Another number is not a fault but another protocol: it is a note, and wslog \
        does not judge its frames.",
    next: &[
        "a client that writes the request itself",
        "for a duplicate field: a proxy or script that adds what the library already sends",
    ],
    shows: &[
        found(
            "the field is missing",
            "C: request -Sec-WebSocket-Version | S: status 400 Bad Request | S: fin | C: fin",
        ),
        legal("its name in lower case, and no space", "C: request sec-websocket-version:13 | S: 101"),
    ],
};

impl<S: Readable> Told for HsVersion<S> {
    fn words(&self, say: &Say<'_>) -> Words {
        match self {
            Self::NoNumber(found) => {
                let found = field("Sec-WebSocket-Version", found.as_ref());
                say.words(
                    "Sec-WebSocket-Version: 13",
                    found.as_str(),
                    format!("sent a request without Sec-WebSocket-Version: 13 ({found})"),
                )
            }
            Self::Several(count) => {
                let found = times("Sec-WebSocket-Version", *count);
                say.words(
                    "Sec-WebSocket-Version once",
                    found.as_str(),
                    format!("sent a request {}", having(&found)),
                )
            }
            Self::Other(version) => say.words(
                "Sec-WebSocket-Version: 13",
                format!("Sec-WebSocket-Version: {version}"),
                format!(
                    "requested protocol version {version}, which is not that of RFC 6455: wslog does not judge its \
                     frames"
                ),
            ),
        }
    }
}

impl<S: Stage> HsVersion<S> {
    pub(crate) fn decided<To: Stage>(self, by: &mut impl Decide<S, To>) -> HsVersion<To> {
        match self {
            Self::NoNumber(found) => HsVersion::NoNumber(found.map(|found| by.value(field::VERSION, found))),
            Self::Several(count) => HsVersion::Several(count),
            Self::Other(version) => HsVersion::Other(version),
        }
    }
}
