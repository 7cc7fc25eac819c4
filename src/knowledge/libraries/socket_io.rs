use super::prelude::*;

pub(super) const ROW: Row = Row {
    name: "socket.io",
    version: "4.8.4",
    side: None,
    is_named: false,
    conventions: &[does(
        &[At::Answered, At::ClosedFirst, At::Crossed],
        Reported::Peers,
        Clean::Yes,
        "gives its program a reason of its own, such as \"transport close\", with the code only in the details",
    )
    .likely()],
    patience_s: None,
};

/// Above whatever library carries it, where that is not known.
pub(super) fn is(heads: &Heads<'_>) -> bool {
    heads.target.starts_with("/socket.io/") && heads.target.contains("EIO=4")
}
