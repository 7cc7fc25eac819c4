use super::prelude::*;

const OWN: &str = "calls onClose with its own code and reason as soon as it has sent its Close";

pub(super) const ROW: Row = Row {
    name: "Tomcat",
    version: "10.1.60",
    side: Some(Role::Server),
    is_named: false,
    conventions: &[
        does(
            &[At::Failed, At::FailedForClose],
            Reported::Own,
            Clean::Unknown,
            "calls onClose with its own code and \
            reason for a faulty frame",
        )
        .likely(),
        does(
            &[At::FailedToInflate],
            Reported::Abnormal,
            Clean::No,
            "calls onClose with 1006 for a message that does not inflate",
        )
        .likely(),
        does(
            &[At::FailedUnfounded],
            Reported::Abnormal,
            Clean::No,
            "calls onClose with 1006 if the program throws, \
            for which it sends 1002, and otherwise with its own code",
        )
        .after(&[1002])
        .or(&[other(Reported::Own, Clean::Unknown, "its program closed with that code itself")]),
        does(
            &[At::FailedUnfounded],
            Reported::Own,
            Clean::Unknown,
            "calls onClose with its own code and reason",
        )
        .or(&[other(Reported::Abnormal, Clean::No, "it was a message that does not inflate")]),
        does(
            &[
                At::ClosedFirst,
                At::Crossed,
                At::Left,
                At::Unanswered,
                At::ResetAfterCloses,
                At::ClosesExchanged,
            ],
            Reported::Own,
            Clean::Unknown,
            OWN,
        )
        .likely(),
        does(&[At::AwaitsAnswer], Reported::Own, Clean::Unknown, OWN).likely(),
        does(NONE_CAME, Reported::Abnormal, Clean::No, "calls onError and onClose with 1006"),
        does(&[At::ResetBehind], Reported::Peers, Clean::Unknown, "reports the code").likely(),
    ],
    patience_s: None,
};

/// It has no name any more; no other leaves the reason phrase out and then writes these fields.
pub(super) fn is(heads: &Heads<'_>) -> bool {
    const NAMES: &[&str] = &["Upgrade", "Connection", "Sec-WebSocket-Accept", "Date"];
    heads.role == Role::Server
        && heads.phrase.is_empty()
        && heads.value("Connection") == "upgrade"
        && heads.are(NAMES, &["Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"])
}
