use crate::knowledge::applications::prelude::*;

pub(super) const ROW: Application = Application {
    name: "socket.io",
    title: "Socket.IO",
    subprotocols: &[],
    places: &[query("", "EIO")],
    source: "https://github.com/socketio/engine.io-protocol",
    closes: Who::Either,
    codes: &[],
    endings: &[
        ending("a close packet of Engine.IO", Sign::Text("1"), "its sender ends the transport", None),
        ending(
            "a disconnect packet of Socket.IO",
            Sign::Begins("41"),
            "its sender leaves the namespace on purpose",
            None,
        ),
        ending(
            "a connect_error packet of Socket.IO",
            Sign::Begins("44"),
            "the server does not let the client into the namespace",
            Some(Find::Member("message")),
        ),
    ],
};
