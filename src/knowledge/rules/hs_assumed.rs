use crate::knowledge::prelude::*;

/// HS-ASSUMED: The opening handshake is not, or not wholly, in the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HsAssumed;

pub(super) const ROW: Row = Row {
    name: "HS-ASSUMED",
    clauses: &[rfc6455("4")],
    level: Note,
    who: Who::Nobody,
    reaction: Nothing,
    says: "the opening handshake is not in the recording: roles and extensions are assumed",
    peer: None,
    text: "A recording that began after the connection shows neither who opened it nor what was agreed. Masking \
        tells client from server, but what RSV1 means depends on a response that is missing. What either side did in \
        the handshake is unknown and is not held against anybody.",
    next: &["a recording that begins before the connection does"],
    shows: &[
        found(
            "neither request nor response is in the recording",
            "C: uncaptured request | S: uncaptured 101 | C: text hi | S: text hi | C: ping x | S: pong x | \
             C: close 1000 | S: close 1000 | S: fin | C: fin",
        ),
        legal("both are in the recording", "C: request | S: 101 | C: text hi | S: text hi"),
    ],
};

impl Told for HsAssumed {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words(
            "the opening handshake in the recording",
            "missing from the recording, at least in part",
            "began with an opening handshake that is missing from the recording, at least in part: what it agreed is \
             unknown",
        )
    }
}
