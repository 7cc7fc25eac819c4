use crate::knowledge::applications::prelude::*;

pub(super) const ROW: Application = Application {
    name: "pusher",
    title: "Pusher Channels",
    subprotocols: &[],
    places: &[query("/app/", "protocol")],
    source: "https://pusher.com/docs/channels/library_auth_reference/pusher-websockets-protocol/",
    closes: Who::Server,
    codes: &[
        code(4000, "the application accepts only TLS connections (wss)"),
        code(4001, "the application does not exist"),
        code(4003, "the application is disabled"),
        code(4004, "the application is over its connection quota"),
        code(4005, "the path does not exist"),
        code(4006, "the version in the URL cannot be read"),
        code(4007, "the protocol version is not supported"),
        code(4008, "the URL has no protocol version"),
        code(4009, "the connection is not authorized"),
        code(4100, "the service is over capacity: the client may retry after a second or more"),
        code(4200, "the client may reconnect at once"),
        code(4201, "the client did not answer a ping"),
        code(4202, "the client was silent for too long and did not answer pings"),
        code(4301, "the client sends events faster than allowed"),
        code(4302, "the list of watched users is too long"),
    ],
    endings: &[ending(
        "a pusher:error",
        Sign::Member("event", "pusher:error"),
        "the service reports an error",
        Some(Find::Member("message")),
    )],
};
