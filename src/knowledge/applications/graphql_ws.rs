use crate::knowledge::applications::prelude::*;

pub(super) const ROW: Application = Application {
    name: "graphql-ws",
    title: "graphql-ws (subscriptions-transport-ws)",
    subprotocols: &["graphql-ws"],
    places: &[],
    source: "https://github.com/apollographql/subscriptions-transport-ws/blob/master/PROTOCOL.md",
    closes: Who::Either,
    codes: &[],
    endings: &[
        ending(
            "a connection_error",
            Sign::Member("type", "connection_error"),
            "the server does not accept the connection, or could not parse a message",
            Some(Find::Member("message")),
        ),
        ending(
            "a connection_terminate",
            Sign::Member("type", "connection_terminate"),
            "the client is done",
            None,
        ),
    ],
};
