use super::prelude::*;

pub(super) const ROW: Row = Row {
    name: "python websockets",
    version: "17.4",
    side: None,
    is_named: true,
    conventions: &[
        does(
            &[At::Unread],
            Reported::Peers,
            Clean::Yes,
            "reports its code if it still reads it, with its own answer as sent",
        )
        .open()
        .or(STOPPED),
        does(
            FAILS,
            Reported::Abnormal,
            Clean::No,
            "never counts the answer to a Close with which it failed the \
            connection, and reports close_code 1006",
        ),
        does(
            &[At::FailedUnfounded],
            Reported::Abnormal,
            Clean::No,
            "never counts the answer to a Close with which \
            it failed the connection, and reports close_code 1006",
        )
        .or(PROGRAM_CLOSED),
        does(
            &[At::Answered, At::Crossed],
            Reported::Peers,
            Clean::Yes,
            "answers a Close itself and tells its \
            program the code when the program next reads",
        )
        .likely(),
        does(
            NONE_CAME,
            Reported::Abnormal,
            Clean::No,
            "tells its program close_code 1006 when the program next reads",
        )
        .likely(),
        does(&[At::Left], Reported::Abnormal, Clean::No, "reports close_code 1006"),
        does(
            &[At::ResetBehind, At::NotAnswered],
            Reported::Peers,
            Clean::Yes,
            "reports the code, with its own answer as sent",
        )
        .likely(),
    ],
    patience_s: Some(10),
};

pub(super) fn is(heads: &Heads<'_>) -> bool {
    heads.agent.starts_with("Python/")
        && heads.agent.contains(" websockets/")
        && (heads.role == Role::Server || heads.is_client("Host"))
}
