use crate::knowledge::applications::prelude::*;

pub(super) const ROW: Application = Application {
    name: "assemblyai",
    title: "AssemblyAI's streaming API",
    subprotocols: &[],
    places: &[host("streaming.assemblyai.com"), host("streaming.eu.assemblyai.com")],
    source: "https://www.assemblyai.com/docs/streaming/common-session-errors-and-closures",
    closes: Who::Server,
    codes: &[
        code(3005, "the service had an internal error"),
        code(3006, "the client sent a message that is not JSON, or not of a valid type"),
        with_reason(3007, "Input duration", "the client sent pieces of audio that are too short or too long"),
        with_reason(3007, "Transmission Rate", "the client sent audio faster than it is spoken"),
        code(3008, "the session reached its maximum duration"),
        code(3009, "too many sessions are open at once"),
    ],
    endings: &[ending(
        "an Error",
        Sign::Member("type", "Error"),
        "the service ends the session because of an error",
        Some(Find::Member("error")),
    )],
};
