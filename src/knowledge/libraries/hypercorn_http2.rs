use super::prelude::*;

const OWN: &[At] = &[At::ClosedFirst, At::Crossed, At::Left, At::Unanswered, At::ResetAfterCloses];
const PEERS: &[At] = &[
    At::Answered,
    At::AnsweredFaulty,
    At::NotAnswered,
    At::Unread,
    At::MaybeAnswered,
    At::MoreBehind,
    At::ResetBehind,
];

/// Measured over HTTP/2 alone.
pub(super) const ROW: Row = Row {
    name: "Hypercorn over HTTP/2",
    version: "0.18.0",
    side: Some(Role::Server),
    is_named: true,
    conventions: &[
        does(
            OWN,
            Reported::Nothing,
            Clean::Unknown,
            "closes with 1011 for a program that raised or returned, which hears nothing more",
        )
        .after(&[1011])
        .likely(),
        does(
            OWN,
            Reported::Fixed(CloseCode::NORMAL_CLOSURE),
            Clean::Unknown,
            "reports 1000 to a program that closed the connection itself, whatever its code",
        )
        .likely(),
        does(PEERS, Reported::Abnormal, Clean::No, "reports 1006 for a Close of the client, too").likely(),
    ],
    patience_s: None,
};

pub(super) fn is(heads: &Heads<'_>) -> bool {
    heads.role == Role::Server && heads.agent == "hypercorn-h2"
}
