use super::prelude::*;

/// The same whatever carries the connection.
pub(super) const FAILED_UNFOUNDED: Convention = does(
    &[At::FailedUnfounded],
    Reported::Abnormal,
    Clean::No,
    "reports 1006, not clean: no script can close with that code",
);
pub(super) const NO_CLOSE_CAME: Convention =
    does(NONE_CAME, Reported::Abnormal, Clean::No, "reports 1006, not clean");
pub(super) const NEVER_CLOSED: Convention =
    does(&[At::Left, At::NotEstablished], Reported::Abnormal, Clean::No, "reports 1006, not clean");
pub(super) const MORE_BEHIND: Convention = does(
    &[At::MoreBehind],
    Reported::Abnormal,
    Clean::No,
    "fails the connection over anything that follows a Close and reports 1006",
);

pub(super) const ROW: Row = Row {
    name: "Chromium",
    version: "156",
    side: Some(Role::Client),
    is_named: true,
    conventions: &[
        FAILED_UNFOUNDED,
        does(
            FAILS,
            Reported::Abnormal,
            Clean::No,
            "fires an error and reports 1006, not clean, whatever comes back",
        ),
        NO_CLOSE_CAME,
        NEVER_CLOSED,
        does(
            &[At::ResetBehind],
            Reported::Abnormal,
            Clean::No,
            "reports 1006 if an RST comes right after the Close",
        ),
        does(
            &[At::ResetAfterCloses],
            Reported::Peers,
            Clean::No,
            "reports the code, but not clean, if TCP is reset after both Closes",
        ),
        MORE_BEHIND,
        does(
            &[At::PageLeft],
            Reported::Nothing,
            Clean::Unknown,
            "sends 1001 when the page is left, reloaded or closed, and tells no script",
        )
        .likely(),
    ],
    patience_s: Some(60),
};

pub(super) fn is(heads: &Heads<'_>) -> bool {
    let agent = heads.agent;
    heads.is_client("Host") && agent.starts_with("Mozilla/5.0") && agent.contains("Chrome/")
}
