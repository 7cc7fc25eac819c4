use super::prelude::*;

pub(super) const ROW: Row = Row {
    name: "undici",
    version: "7.30.2",
    side: Some(Role::Client),
    is_named: true,
    conventions: &[
        does(&[At::Unread], Reported::Peers, Clean::Yes, "reports its code, clean, if it still reads it")
            .open()
            .or(STOPPED),
        does(
            &[At::FailedUnfounded],
            Reported::Abnormal,
            Clean::No,
            "reports 1006, not clean: no script can close with that code",
        ),
        does(FAILS, Reported::Abnormal, Clean::No, "fires an error and reports 1006, not clean"),
        does(NONE_CAME, Reported::Abnormal, Clean::No, "fires an error and reports 1006, not clean"),
        does(&[At::Left], Reported::Abnormal, Clean::No, "reports 1006, not clean"),
        does(
            &[At::ResetBehind, At::NotAnswered],
            Reported::Peers,
            Clean::Yes,
            "reports the code, clean, though its answer could not be sent",
        )
        .likely(),
        does(&[At::ResetAfterCloses], Reported::Peers, Clean::Yes, "reports the code, clean"),
    ],
    // Watched for 75 s.
    patience_s: None,
};

pub(super) fn is(heads: &Heads<'_>) -> bool {
    heads.is_client("host") && heads.agent == "undici"
}
