use crate::knowledge::applications::prelude::*;

pub(super) const ROW: Application = Application {
    name: "cdp",
    title: "the Chrome DevTools Protocol",
    subprotocols: &[],
    places: &[path_of("", "/devtools/page/"), path_of("", "/devtools/browser/")],
    source: "https://chromedevtools.github.io/devtools-protocol/tot/Inspector/",
    closes: Who::Server,
    codes: &[],
    endings: &[
        ending(
            "an Inspector.detached",
            Sign::Member("method", "Inspector.detached"),
            "the browser is about to end the debugging connection",
            Some(Find::Member("reason")),
        ),
        ending(
            "an Inspector.targetCrashed",
            Sign::Member("method", "Inspector.targetCrashed"),
            "the page being debugged has crashed",
            None,
        ),
    ],
};
