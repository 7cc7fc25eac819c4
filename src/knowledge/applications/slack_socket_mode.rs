use crate::knowledge::applications::prelude::*;

pub(super) const ROW: Application = Application {
    name: "slack-socket-mode",
    title: "Slack's Socket Mode",
    subprotocols: &[],
    places: &[path_of(".slack.com", "/link/")],
    source: "https://docs.slack.dev/apis/events-api/using-socket-mode/",
    closes: Who::Server,
    codes: &[],
    endings: &[ending(
        "a disconnect",
        Sign::Member("type", "disconnect"),
        "Slack is about to end the connection",
        Some(Find::Member("reason")),
    )],
};
