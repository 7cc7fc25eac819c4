use super::prelude::*;

pub(super) const ROW: Row = Row {
    name: "aiohttp server",
    version: "3.14.5",
    side: Some(Role::Server),
    is_named: true,
    conventions: &[
        does(FAILS, Reported::Abnormal, Clean::No, "reports close_code 1006, with its own code in ws.exception()"),
        does(&[At::FailedUnfounded], Reported::Abnormal, Clean::No, "reports close_code 1006 if it failed the \
            connection")
            .or(PROGRAM_CLOSED),
        does(&[At::ClosedFirst, At::ResetAfterCloses], Reported::Peers, Clean::Yes, "reports the code to the handler \
            that closed, and close_code 1000 to a handler that is reading when a shutdown closes the connection")
            .after(&[1001])
            .or(&[other(Reported::Fixed(CloseCode::NORMAL_CLOSURE), Clean::Unknown, "a shutdown closed the connection")]),
        does(&[At::Left, At::Unanswered], Reported::Fixed(CloseCode::NORMAL_CLOSURE), Clean::Unknown, "reports \
            close_code 1000 to the handler that is reading when a shutdown closes the connection")
            .after(&[1001])
            .or(&[other(Reported::Abnormal, Clean::No, "its handler closed the connection itself and waited in vain")]),
        does(NONE_CAME, Reported::Abnormal, Clean::No, "reports close_code 1006"),
        does(&[At::Left], Reported::Abnormal, Clean::No, "reports close_code 1006"),
        does(&[At::ResetBehind], Reported::Peers, Clean::Unknown, "reports the code").likely(),
    ],
    patience_s: Some(10),
};

pub(super) fn is(heads: &Heads<'_>) -> bool {
    heads.role == Role::Server && heads.agent.starts_with("Python/") && heads.agent.contains(" aiohttp/")
}
