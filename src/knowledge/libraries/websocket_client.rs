use super::prelude::*;

pub(super) const ROW: Row = Row {
    name: "websocket-client",
    version: "1.9.2",
    side: Some(Role::Client),
    is_named: false,
    conventions: &[
        does(
            FAILS,
            Reported::Abnormal,
            Clean::No,
            "calls on_close without a code, which stands for 1006, and sends 1000 whatever the fault",
        ),
        does(
            &[At::FailedUnfounded],
            Reported::Nothing,
            Clean::Unknown,
            "sends 1000 whatever the fault: so its program closed, and is told nothing about an answer",
        )
        .likely(),
        does(
            &[At::AnsweredFaulty],
            Reported::Abnormal,
            Clean::No,
            "calls on_error for a faulty Close and sends 1000 whatever the fault",
        ),
        does(
            NONE_CAME,
            Reported::Abnormal,
            Clean::No,
            "calls on_error and on_close without a code, which stands for 1006",
        ),
        does(
            &[At::Left],
            Reported::Abnormal,
            Clean::No,
            "calls on_close without a code, which stands for 1006",
        ),
        does(
            &[At::ClosedFirst],
            Reported::Nothing,
            Clean::Unknown,
            "reports nothing about an answer to its own Close",
        )
        .likely(),
    ],
    patience_s: Some(3),
};

/// It has no name; no other writes Upgrade, Host and an Origin of its own making in this order.
pub(super) fn is(heads: &Heads<'_>) -> bool {
    const BEGIN: [&str; 4] = ["Upgrade", "Host", "Origin", "Sec-WebSocket-Key"];
    heads.is_client(BEGIN[0])
        && heads.fields.iter().map(|(name, _)| name).take(4).eq(BEGIN)
        && heads.value("Origin").ends_with(heads.value("Host"))
}
