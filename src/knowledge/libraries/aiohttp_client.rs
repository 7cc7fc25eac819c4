use super::prelude::*;

pub(super) const ROW: Row = Row {
    name: "aiohttp client",
    version: "3.14.5",
    side: Some(Role::Client),
    is_named: true,
    conventions: &[
        does(FAILS, Reported::Own, Clean::No, "reports its own code if it failed the connection"),
        does(
            &[At::FailedUnfounded],
            Reported::Own,
            Clean::Unknown,
            "reports its own code if it failed the connection",
        )
        .or(PROGRAM_CLOSED),
        does(NONE_CAME, Reported::Abnormal, Clean::No, "reports close_code 1006"),
        does(&[At::Left], Reported::Abnormal, Clean::No, "reports close_code 1006"),
    ],
    patience_s: Some(10),
};

pub(super) fn is(heads: &Heads<'_>) -> bool {
    heads.is_client("Host") && heads.agent.starts_with("Python/") && heads.agent.contains(" aiohttp/")
}
