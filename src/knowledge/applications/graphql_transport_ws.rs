use crate::knowledge::applications::prelude::*;

pub(super) const ROW: Application = Application {
    name: "graphql-transport-ws",
    title: "graphql-transport-ws",
    subprotocols: &["graphql-transport-ws"],
    places: &[],
    source: "https://the-guild.dev/graphql/ws/docs/common/enumerations/CloseCode",
    closes: Who::Either,
    codes: &[
        code(4004, "the client could not make sense of a message of the server"),
        code(4005, "the client failed inside, as in a callback of its own"),
        code(4400, "its sender received a message of an unknown type or form"),
        code(4401, "the client asked for an operation before the connection was acknowledged"),
        code(4403, "the server does not let this client connect"),
        code(4406, "the server speaks none of the subprotocols that were offered"),
        with_reason(4408, "Request Timeout", "a ping of its sender was not answered in time"),
        code(4408, "no connection_init came within the time that the server allows"),
        code(4409, "the id of a new operation belongs to one that is still running"),
        code(4429, "the client sent connection_init more than once"),
        code(4500, "the server failed inside"),
        code(4504, "the client waited in vain for connection_ack"),
    ],
    endings: &[],
};
