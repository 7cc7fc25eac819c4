use super::prelude::*;

pub(super) const ROW: Row = Row {
    name: "Node's own WebSocket",
    version: "20.20.2",
    side: Some(Role::Client),
    is_named: true,
    conventions: &[
        does(&[At::Unread], Reported::Peers, Clean::Unknown, "").open().or(STOPPED),
        does(NONE_CAME, Reported::Abnormal, Clean::No, "reports 1006, not clean"),
        // An older undici; whether it calls that clean was not measured.
        does(&[At::ResetBehind, At::NotAnswered], Reported::Peers, Clean::Unknown, "").likely(),
        does(FAILS, Reported::Abnormal, Clean::No, "").likely(),
        does(&[At::FailedUnfounded], Reported::Abnormal, Clean::No, "").likely(),
    ],
    // Watched for 12 s.
    patience_s: None,
};

pub(super) fn is(heads: &Heads<'_>) -> bool {
    heads.is_client("host") && heads.agent == "node"
}
