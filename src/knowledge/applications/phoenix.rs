use crate::knowledge::applications::prelude::*;

pub(super) const ROW: Application = Application {
    name: "phoenix",
    title: "Phoenix channels",
    subprotocols: &[],
    // The version of the serializer: weak, and no code rests on it.
    places: &[query("", "vsn")],
    source: "https://hexdocs.pm/phoenix/writing_a_channels_client.html",
    closes: Who::Server,
    codes: &[],
    endings: &[
        ending("a phx_error", Sign::Value("phx_error"), "the process of a channel has crashed", None),
        ending("a phx_close", Sign::Value("phx_close"), "a channel was closed on purpose", None),
    ],
};
