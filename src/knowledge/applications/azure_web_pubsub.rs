use crate::knowledge::applications::prelude::*;

pub(super) const ROW: Application = Application {
    name: "azure-web-pubsub",
    title: "Azure Web PubSub",
    subprotocols: &["json.webpubsub.azure.v1", "json.reliable.webpubsub.azure.v1"],
    places: &[],
    source: "https://learn.microsoft.com/en-us/azure/azure-web-pubsub/reference-json-webpubsub-subprotocol",
    closes: Who::Server,
    codes: &[],
    endings: &[ending(
        "a disconnected event",
        Sign::Member("event", "disconnected"),
        "the service ends the connection",
        Some(Find::Member("message")),
    )],
};
