use crate::knowledge::applications::prelude::*;

pub(super) const ROW: Application = Application {
    name: "wamp",
    title: "WAMP",
    subprotocols: &["wamp.2.json"],
    places: &[],
    source: "https://wamp-proto.org/wamp_latest_ietf.html",
    closes: Who::Either,
    codes: &[],
    endings: &[
        ending(
            "an ABORT",
            Sign::Element("3"),
            "its sender gives up the session before it is established, or because of a fault",
            Some(Find::Element(2)),
        ),
        ending("a GOODBYE", Sign::Element("6"), "its sender closes the session", Some(Find::Element(2))),
    ],
};
