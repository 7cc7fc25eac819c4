use super::chromium;
use super::prelude::*;

/// The same browser where HTTP/2 carries the connection.
pub(super) const ROW: Row = Row {
    name: "Chromium over HTTP/2",
    version: "156",
    side: Some(Role::Client),
    is_named: true,
    conventions: &[
        chromium::FAILED_UNFOUNDED,
        does(
            FAILS,
            Reported::Abnormal,
            Clean::No,
            "resets the stream without a Close, fires an error and reports 1006, not clean",
        ),
        chromium::NO_CLOSE_CAME,
        chromium::NEVER_CLOSED,
        does(
            &[At::NotAnswered, At::Unread],
            Reported::Peers,
            Clean::Yes,
            "reports the code, clean, and answers with no Close of its own if the Close came with END_STREAM",
        )
        .likely(),
        does(
            &[At::ResetAfterCloses],
            Reported::Peers,
            Clean::Yes,
            "reports the code, clean, if the stream is reset after both Closes",
        )
        .likely(),
        chromium::MORE_BEHIND.or(&[other(
            Reported::Peers,
            Clean::Yes,
            "what followed came in a frame of its own, behind its answer",
        )]),
        does(
            &[At::PageLeft],
            Reported::Nothing,
            Clean::Unknown,
            "resets the stream (CANCEL) when the page is left, reloaded or closed, and tells no script",
        )
        .likely(),
    ],
    patience_s: None,
};

pub(super) fn is(heads: &Heads<'_>) -> bool {
    let agent = heads.agent;
    heads.is_client(":method") && agent.starts_with("Mozilla/5.0") && agent.contains("Chrome/")
}
