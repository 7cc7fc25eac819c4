use crate::knowledge::applications::prelude::*;

pub(super) const ROW: Application = Application {
    name: "xmpp",
    title: "XMPP",
    subprotocols: &["xmpp"],
    places: &[],
    source: "https://www.rfc-editor.org/rfc/rfc7395.html",
    closes: Who::Either,
    codes: &[],
    endings: &[
        ending("a close element", Sign::Begins("<close"), "its sender ends the stream", None),
        ending(
            "a stream error",
            Sign::Begins("<stream:error"),
            "its sender ends the stream because of an error",
            Some(Find::Child),
        ),
    ],
};
