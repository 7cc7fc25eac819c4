use super::prelude::*;

pub(super) const ROW: Row = Row {
    name: "java.net.http",
    version: "JDK 17.0.15",
    side: Some(Role::Client),
    is_named: true,
    conventions: &[
        does(FAILS, Reported::Abnormal, Clean::No, "calls onError, without a code"),
        does(
            &[At::FailedUnfounded],
            Reported::Peers,
            Clean::IfSent,
            "sends no Close when it fails the connection: \
            so its program closed, and onClose is called with the code that came back",
        )
        .likely(),
        does(
            NONE_CAME,
            Reported::Abnormal,
            Clean::No,
            "calls onClose with 1006 after a FIN, though it sends a Close 1000 itself, and onError after an RST",
        ),
        does(&[At::Left], Reported::Abnormal, Clean::No, "calls onClose with 1006 or onError"),
    ],
    // Watched for 25 s.
    patience_s: None,
};

pub(super) fn is(heads: &Heads<'_>) -> bool {
    heads.is_client("Connection") && heads.agent.starts_with("Java-http-client/")
}
