use super::prelude::*;

pub(super) const ROW: Row = Row {
    name: "gorilla/websocket",
    version: "of Debian 12",
    side: None,
    is_named: true,
    conventions: &[
        does(FAILS, Reported::Abnormal, Clean::No, "returns an error without a code"),
        does(
            &[At::FailedUnfounded],
            Reported::Abnormal,
            Clean::No,
            "returns an error without a code if it failed the connection",
        )
        .or(PROGRAM_CLOSED),
        does(
            NONE_CAME,
            Reported::Abnormal,
            Clean::No,
            "returns CloseError 1006 after a FIN and an error without a code after an RST",
        ),
        does(
            &[At::Left],
            Reported::Abnormal,
            Clean::No,
            "returns CloseError 1006 or an error without a code",
        ),
    ],
    // Watched for 16 s.
    patience_s: None,
};

/// What sends its request by `http.Client`, as other libraries do, has an Accept-Encoding.
pub(super) fn is(heads: &Heads<'_>) -> bool {
    heads.is_client("Host")
        && heads.agent.starts_with("Go-http-client/")
        && heads.value("Accept-Encoding").is_empty()
}
