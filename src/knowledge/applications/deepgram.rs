use crate::knowledge::applications::prelude::*;

pub(super) const ROW: Application = Application {
    name: "deepgram",
    title: "Deepgram's API",
    subprotocols: &[],
    places: &[host(".deepgram.com")],
    source: "https://developers.deepgram.com/docs/stt-troubleshooting-websocket-data-and-net-errors",
    closes: Who::Server,
    codes: &[
        with_reason(1008, "DATA-0000", "what the client sent cannot be decoded as audio"),
        with_reason(
            1011,
            "NET-0000",
            "the service had nothing to send for too long: a fault of its own, or too little audio",
        ),
        with_reason(1011, "NET-0001", "the service received no audio for too long"),
    ],
    endings: &[],
};
