use crate::knowledge::applications::prelude::*;

pub(super) const ROW: Application = Application {
    name: "twitch-eventsub",
    title: "Twitch EventSub",
    subprotocols: &[],
    places: &[host("eventsub.wss.twitch.tv")],
    source: "https://dev.twitch.tv/docs/eventsub/websocket-reference/",
    closes: Who::Server,
    codes: &[
        code(4000, "the server had an internal error"),
        code(4001, "the client sent something other than a Pong"),
        code(4002, "the client did not answer a Ping"),
        code(4003, "the client subscribed to nothing within the time allowed"),
        code(4004, "the client did not reconnect in time after session_reconnect"),
        code(4005, "there was a network timeout"),
        code(4006, "there was a network error"),
        code(4007, "the reconnect URL is not valid"),
    ],
    endings: &[ending(
        "a session_reconnect",
        Sign::Inner("message_type", "session_reconnect"),
        "the client must move to another connection",
        None,
    )],
};
