use super::prelude::*;

const OWN: &[At] = &[At::ClosedFirst, At::Left, At::Unanswered, At::ResetAfterCloses];
const RESTART: &str = "raises WebSocketDisconnect with its own code, 1012, when it shuts down";
const CLOSED: &str = "tells the program nothing more if the program closed the connection itself";

pub(super) const ROW: Row = Row {
    name: "uvicorn with starlette",
    version: "0.54 and 1.10",
    side: Some(Role::Server),
    is_named: true,
    conventions: &[
        does(FAILS, Reported::Own, Clean::No, "raises WebSocketDisconnect with its own code and reason"),
        does(
            &[At::FailedUnfounded],
            Reported::Own,
            Clean::Unknown,
            "raises WebSocketDisconnect with its own code and reason",
        )
        .or(&[other(Reported::Nothing, Clean::Unknown, "its program closed the connection itself")]),
        does(OWN, Reported::Own, Clean::Unknown, RESTART).after(&[1012]),
        does(&[At::AwaitsAnswer], Reported::Own, Clean::Unknown, RESTART).after(&[1012]).likely(),
        does(
            &[At::Left, At::Unanswered],
            Reported::Fixed(CloseCode::NO_STATUS_RCVD),
            Clean::Unknown,
            "raises WebSocketDisconnect with 1005 after an unanswered Ping",
        )
        .after(&[1011])
        .open()
        .or(&[other(Reported::Nothing, Clean::Unknown, "the program closed with 1011 itself")]),
        does(OWN, Reported::Nothing, Clean::Unknown, CLOSED).likely(),
        does(
            &[At::Answered, At::Crossed],
            Reported::Peers,
            Clean::Yes,
            "answers a Close itself and raises WebSocketDisconnect when its program next reads",
        )
        .likely(),
        does(
            &[At::NoClose],
            Reported::Abnormal,
            Clean::No,
            "raises WebSocketDisconnect with 1006 when its program next reads",
        )
        .likely(),
    ],
    patience_s: None,
};

pub(super) fn is(heads: &Heads<'_>) -> bool {
    heads.role == Role::Server && heads.agent == "uvicorn"
}
