use crate::knowledge::applications::prelude::*;

pub(super) const ROW: Application = Application {
    name: "discord-gateway",
    title: "Discord's gateway protocol",
    subprotocols: &[],
    places: &[host(".discord.gg")],
    source: "https://docs.discord.com/developers/topics/opcodes-and-status-codes",
    closes: Who::Server,
    codes: &[
        code(4000, "Discord does not know what went wrong"),
        code(4001, "the client sent an opcode, or a payload for one, that does not exist"),
        code(4002, "the client sent a payload that cannot be decoded"),
        code(4003, "the client sent something before it identified itself"),
        code(4004, "the token is not valid: do not reconnect with it"),
        code(4005, "the client identified itself twice"),
        code(4007, "the session cannot be resumed from that sequence number: a new one must be started"),
        code(4008, "the client exceeded the rate limit"),
        code(4009, "the session has timed out: a new one must be started"),
        code(4010, "the shard that the client named does not exist: do not reconnect"),
        code(4011, "the session would hold too many guilds and must be sharded"),
        code(4012, "the API version is not valid: do not reconnect"),
        code(4013, "the intents are not valid: do not reconnect"),
        code(4014, "an intent is not enabled or not approved for the bot: do not reconnect"),
    ],
    endings: &[
        ending("opcode 7 (Reconnect)", Sign::Number("op", 7), "the client should reconnect and resume", None),
        ending("opcode 9 (Invalid Session)", Sign::Number("op", 9), "the session is no longer valid", None),
    ],
};
