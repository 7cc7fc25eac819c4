use super::prelude::*;

const RESET: &str = "returns an error without a code, ResetWithoutClosingHandshake";

pub(super) const ROW: Row = Row {
    name: "tungstenite",
    version: "0.30",
    side: None,
    is_named: false,
    conventions: &[
        does(
            &[At::Failed, At::FailedToInflate, At::FailedSilently],
            Reported::Abnormal,
            Clean::No,
            "sends no Close and returns an error without a code",
        ),
        does(
            &[At::FailedForClose],
            Reported::Own,
            Clean::Unknown,
            "gives its program the Close it answered with, \
            and so its own code, if the code it received may not be sent",
        )
        .or(&[other(Reported::Abnormal, Clean::No, "the Close could not be read at all")]),
        does(
            &[At::FailedUnfounded],
            Reported::Peers,
            Clean::IfSent,
            "sends no Close when it fails the connection: \
            so its program closed",
        )
        .likely(),
        does(NONE_CAME, Reported::Abnormal, Clean::No, RESET),
        does(&[At::Left], Reported::Abnormal, Clean::No, RESET),
    ],
    // It waits for as long as its caller does.
    patience_s: None,
};

/// It has no name; its fields are as its source writes them, those of a server in lower case.
pub(super) fn is(heads: &Heads<'_>) -> bool {
    match heads.role {
        Role::Client => {
            const NAMES: &[&str] =
                &["Host", "Connection", "Upgrade", "Sec-WebSocket-Version", "Sec-WebSocket-Key"];
            heads.are(NAMES, &["Sec-WebSocket-Protocol"])
        }
        Role::Server => {
            const NAMES: &[&str] = &["connection", "upgrade", "sec-websocket-accept"];
            heads.are(NAMES, &["sec-websocket-protocol"])
        }
    }
}
