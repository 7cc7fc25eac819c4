use crate::knowledge::applications::prelude::*;

pub(super) const ROW: Application = Application {
    name: "pusher",
    title: "Pusher Channels",
    subprotocols: &[],
    places: &[query("/app/", "protocol")],
    source: "https://pusher.com/docs/channels/library_auth_reference/pusher-websockets-protocol/",
    closes: Who::Server,
    codes: &[
        code(4000, "the application takes only connections over TLS (wss)"),
        code(4001, "there is no such application"),
        code(4003, "the application is disabled"),
        code(4004, "the application has no connections left in its quota"),
        code(4005, "there is no such path"),
        code(4006, "the version in the URL cannot be read"),
        code(4007, "the version of the protocol is not supported"),
        code(4008, "the URL names no version of the protocol"),
        code(4009, "the connection is not authorized"),
        code(4100, "the service has no room: the client may try again after a second or more"),
        code(4200, "the client may reconnect at once"),
        code(4201, "the client did not answer a ping"),
        code(4202, "the client had been silent for too long, and answers no pings"),
        code(4301, "the client sends events faster than is allowed"),
        code(4302, "the list of watched users is too long"),
    ],
    endings: &[ending(
        "a pusher:error",
        Sign::Member("event", "pusher:error"),
        "the service reports an error",
        Some(Find::Member("message")),
    )],
};
