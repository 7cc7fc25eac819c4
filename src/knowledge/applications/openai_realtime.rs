use crate::knowledge::applications::prelude::*;

pub(super) const ROW: Application = Application {
    name: "openai-realtime",
    title: "OpenAI's Realtime API",
    subprotocols: &["realtime"],
    places: &[path_of("api.openai.com", "/v1/realtime"), path_of(".openai.azure.com", "/openai/")],
    source: "https://platform.openai.com/docs/api-reference/realtime-server-events/error",
    closes: Who::Server,
    codes: &[],
    endings: &[ending(
        "an error event",
        Sign::Member("type", "error"),
        "something went wrong, which need not end the session",
        Some(Find::Member("message")),
    )],
};
