use crate::knowledge::applications::prelude::*;

pub(super) const ROW: Application = Application {
    name: "discord-voice",
    title: "Discord's voice protocol",
    subprotocols: &[],
    places: &[host(".discord.media")],
    source: "https://docs.discord.com/developers/topics/opcodes-and-status-codes",
    closes: Who::Server,
    codes: &[
        code(4001, "the client sent an opcode that does not exist"),
        code(4002, "the client sent a payload that cannot be decoded"),
        code(4003, "the client sent something before it identified itself"),
        code(4004, "the token is not valid"),
        code(4005, "the client identified itself twice"),
        code(4006, "the session is no longer valid"),
        code(4009, "the session has timed out"),
        code(4011, "the voice server does not exist"),
        code(4012, "the server does not know the protocol that was selected"),
        code(4014, "the client was disconnected: it was removed, or its channel or session is gone"),
        code(4015, "the voice server crashed: the session can be resumed"),
        code(4016, "the server does not know the encryption mode that was selected"),
        code(4020, "the client sent a malformed request"),
        code(4021, "the client was disconnected for sending too much: it should not reconnect"),
        code(4022, "the call is over: the client should not reconnect"),
    ],
    endings: &[],
};
