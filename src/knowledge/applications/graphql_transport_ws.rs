use crate::knowledge::applications::prelude::*;

pub(super) const ROW: Application = Application {
    name: "graphql-transport-ws",
    title: "graphql-transport-ws",
    subprotocols: &["graphql-transport-ws"],
    places: &[],
    source: "https://the-guild.dev/graphql/ws/docs/common/enumerations/CloseCode",
    closes: Who::Either,
    codes: &[
        code(4004, "the client could not understand a message from the server"),
        code(4005, "the client had an internal error, for example in a callback"),
        code(4400, "its sender received a message of an unknown type or form"),
        code(4401, "the client asked for an operation before the connection was acknowledged"),
        code(4403, "the server does not let this client connect"),
        code(4406, "the server speaks none of the subprotocols that were offered"),
        with_reason(4408, "Request Timeout", "the other side did not answer its ping in time"),
        code(4408, "no connection_init came within the time that the server allows"),
        code(4409, "the id of a new operation is in use by one that is still running"),
        code(4429, "the client sent connection_init more than once"),
        code(4500, "the server had an internal error"),
        code(4504, "the client received no connection_ack in time"),
    ],
    endings: &[],
};
