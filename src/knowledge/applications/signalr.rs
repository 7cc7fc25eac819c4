use crate::knowledge::applications::prelude::*;

pub(super) const ROW: Application = Application {
    name: "signalr",
    title: "SignalR",
    subprotocols: &[],
    // The token of a negotiated connection: weak, and no code rests on it.
    places: &[query("", "id")],
    source: "https://github.com/dotnet/aspnetcore/blob/main/src/SignalR/docs/specs/HubProtocol.md",
    closes: Who::Either,
    codes: &[],
    endings: &[ending(
        "a Close message (type 7)",
        Sign::Record(7),
        "its sender ends the connection",
        Some(Find::Member("error")),
    )],
};
