use crate::knowledge::applications::prelude::*;

pub(super) const ROW: Application = Application {
    name: "gemini-live",
    title: "the Gemini Live API",
    subprotocols: &[],
    places: &[
        path_of("generativelanguage.googleapis.com", "/ws/google.ai.generativelanguage."),
        path_of(".googleapis.com", "/ws/google.cloud.aiplatform."),
    ],
    source: "https://ai.google.dev/gemini-api/docs/live-session",
    closes: Who::Server,
    codes: &[],
    endings: &[ending(
        "a goAway",
        Sign::Has("goAway"),
        "the server is about to end the connection",
        Some(Find::Member("timeLeft")),
    )],
};
