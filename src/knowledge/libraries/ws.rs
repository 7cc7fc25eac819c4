use super::prelude::*;

pub(super) const ROW: Row = Row {
    name: "ws",
    version: "8.23.0",
    side: None,
    is_named: false,
    conventions: &[
        does(&[At::Unread], Reported::Peers, Clean::No, "reports its code if it still reads it, not clean")
            .open()
            .or(STOPPED),
        does(
            FAILS,
            Reported::Abnormal,
            Clean::No,
            "emits an error and reports 1006, even if the peer answers",
        ),
        does(
            &[At::FailedUnfounded],
            Reported::Abnormal,
            Clean::No,
            "emits an error and reports 1006, even if the peer answers",
        )
        .or(PROGRAM_CLOSED),
        does(NONE_CAME, Reported::Abnormal, Clean::No, "reports 1006"),
        does(&[At::Left], Reported::Abnormal, Clean::No, "reports 1006"),
        does(
            &[At::ResetBehind, At::NotAnswered],
            Reported::Peers,
            Clean::IfSent,
            "reports the code, not clean where its answer was not written",
        )
        .likely(),
        does(
            &[At::ResetAfterCloses],
            Reported::Peers,
            Clean::Yes,
            "reports the code, clean where its answer was written",
        ),
        does(&[At::MoreBehind], Reported::Peers, Clean::Yes, "reports the first Close"),
        does(&[At::HalfShut], Reported::Peers, Clean::IfSent, "goes on reading and reports the code")
            .likely(),
    ],
    patience_s: Some(30),
};

/// Its fields are spelt and ordered as no other client's; it has no name.
pub(super) fn is(heads: &Heads<'_>) -> bool {
    const BEGIN: [&str; 4] = ["Sec-WebSocket-Version", "Sec-WebSocket-Key", "Connection", "Upgrade"];
    heads.is_client(BEGIN[0]) && heads.fields.iter().map(|(name, _)| name).take(4).eq(BEGIN)
}
