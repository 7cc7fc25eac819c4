use crate::knowledge::prelude::*;

/// HS-EXT-UNREG: An extension that is not registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HsExtUnreg<S: Stage = Quoted> {
    /// Token of the extension.
    pub name: Text<S>,
}

pub(super) const ROW: Row = Row {
    name: "HS-EXT-UNREG",
    clauses: &[rfc6455("9.1"), rfc6455("11.4")],
    level: Note,
    who: Who::Either,
    reaction: Nothing,
    says: "extension names are registered; a server omits those it does not know",
    peer: Some("a server omits it from its response; the connection goes on without it"),
    text: "IANA registers extension names, and the RFC allows no others. Few follow that, and an offer that the \
        server does not know does no harm, so this is a note. wslog does not know what such an extension does to \
        frames.",
    next: &[
        "whether the response accepted it: then reserved bits and payloads may not mean what they seem to",
        "an old name: x-webkit-deflate-frame and deflate-frame came before permessage-deflate",
    ],
    shows: &[
        found(
            "a name that was never registered",
            "C: request Sec-WebSocket-Extensions: x-webkit-deflate-frame | S: 101",
        ),
        legal("a registered one", "C: request Sec-WebSocket-Extensions: permessage-deflate | S: 101"),
    ],
};

impl<S: Readable> Told for HsExtUnreg<S> {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { name } = self;
        say.words(
            "a registered extension",
            visible(name),
            format!(
                "named the extension {}, which is not registered; that is common in practice",
                visible(name)
            ),
        )
    }
}

impl<S: Stage> HsExtUnreg<S> {
    pub(crate) fn decided<To: Stage>(self, by: &mut impl Decide<S, To>) -> HsExtUnreg<To> {
        let Self { name } = self;
        HsExtUnreg { name: by.text(name) }
    }
}
