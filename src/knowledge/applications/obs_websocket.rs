use crate::knowledge::applications::prelude::*;

pub(super) const ROW: Application = Application {
    name: "obs-websocket",
    title: "obs-websocket",
    subprotocols: &["obswebsocket.json", "obswebsocket.msgpack"],
    places: &[],
    source: "https://github.com/obsproject/obs-websocket/blob/master/docs/generated/protocol.md",
    closes: Who::Server,
    codes: &[
        code(4000, "the server does not say why"),
        code(4002, "the server could not decode a message"),
        code(4003, "a message lacks a field"),
        code(4004, "a field of a message has the wrong type"),
        code(4005, "a field of a message has a value that is not valid"),
        code(4006, "a message has no valid opcode"),
        code(4007, "the client sent something before it identified itself"),
        code(4008, "the client identified itself twice"),
        code(4009, "the password is missing or wrong"),
        code(4010, "the server does not support the client's protocol version"),
        code(4011, "the session was ended from OBS: the client should not reconnect automatically"),
        code(4012, "a requested feature is not supported"),
    ],
    endings: &[],
};
