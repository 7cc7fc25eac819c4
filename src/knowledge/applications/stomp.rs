use crate::knowledge::applications::prelude::*;

pub(super) const ROW: Application = Application {
    name: "stomp",
    title: "STOMP",
    subprotocols: &["v10.stomp", "v11.stomp", "v12.stomp"],
    places: &[],
    source: "https://stomp.github.io/stomp-specification-1.2.html",
    closes: Who::Either,
    codes: &[],
    endings: &[
        ending(
            "an ERROR",
            Sign::Begins("ERROR\n"),
            "something went wrong, and the server must then close the connection",
            Some(Find::Header("message")),
        ),
        ending("a DISCONNECT", Sign::Begins("DISCONNECT\n"), "the client is done", None),
    ],
};
