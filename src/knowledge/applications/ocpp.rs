use crate::knowledge::applications::prelude::*;

pub(super) const ROW: Application = Application {
    name: "ocpp",
    title: "OCPP",
    subprotocols: &["ocpp1.2", "ocpp1.5", "ocpp1.6", "ocpp2.0", "ocpp2.0.1", "ocpp2.1"],
    places: &[],
    source: "https://openchargealliance.org/protocols/open-charge-point-protocol/",
    closes: Who::Either,
    codes: &[],
    endings: &[ending(
        "a CALLERROR",
        Sign::Element("4"),
        "its sender could not handle a call",
        Some(Find::Element(2)),
    )],
};
