use super::prelude::*;

pub(super) const ROW: Row = Row {
    name: "tornado",
    version: "6.6.1",
    side: Some(Role::Server),
    is_named: true,
    conventions: &[
        does(FAILS, Reported::Abnormal, Clean::No, "calls on_close without a code, which stands for 1006"),
        does(
            &[At::FailedUnfounded],
            Reported::Abnormal,
            Clean::No,
            "calls on_close without a code, which stands for 1006",
        )
        .or(PROGRAM_CLOSED),
        does(
            NONE_CAME,
            Reported::Abnormal,
            Clean::No,
            "calls on_close without a code, which stands for 1006",
        ),
        does(
            &[At::Left],
            Reported::Abnormal,
            Clean::No,
            "calls on_close without a code, which stands for 1006",
        ),
    ],
    patience_s: None,
};

pub(super) fn is(heads: &Heads<'_>) -> bool {
    heads.role == Role::Server && heads.agent.starts_with("TornadoServer/")
}
