use crate::knowledge::applications::prelude::*;

pub(super) const ROW: Application = Application {
    name: "twilio",
    title: "Twilio's streams",
    subprotocols: &[],
    places: &[field("X-Twilio-Signature")],
    source: "https://www.twilio.com/docs/voice/media-streams/websocket-messages",
    closes: Who::Client,
    codes: &[],
    endings: &[
        ending("a stop", Sign::Member("event", "stop"), "the stream was stopped or the call has ended", None),
        ending("an end", Sign::Member("type", "end"), "the server ends the session", None),
    ],
};
