use crate::knowledge::applications::prelude::*;

pub(super) const ROW: Application = Application {
    name: "action-cable",
    title: "Action Cable",
    subprotocols: &["actioncable-v1-json"],
    places: &[],
    source: "https://github.com/rails/rails/blob/main/actioncable/lib/action_cable.rb",
    closes: Who::Server,
    codes: &[],
    endings: &[ending(
        "a disconnect",
        Sign::Member("type", "disconnect"),
        "the server ends the connection",
        Some(Find::Member("reason")),
    )],
};
