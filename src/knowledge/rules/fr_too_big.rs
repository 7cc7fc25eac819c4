use crate::knowledge::prelude::*;

/// FR-TOO-BIG: This side closed with 1009.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrTooBig {
    /// The largest frame it had received: number and payload length.
    pub largest: Option<(u64, u64)>,
}

pub(super) const ROW: Row = Row {
    name: "FR-TOO-BIG",
    clauses: &[rfc6455("7.4.1"), rfc6455("10.4")],
    level: Note,
    who: Who::Either,
    reaction: Nothing,
    says: "an endpoint may limit the size of frames and messages and refuse larger ones with 1009",
    peer: Some("answers the Close like any other"),
    text: "A limit is the receiver's own choice and no fault of the sender. The RFC ties no size to it and \
           orders no code; 1009 is the one that fits.",
    next: &[
        "the limit in the configuration of the side that sent 1009",
        "the size of the largest frame it was sent",
    ],
    shows: &[
        found("Close 1009", "S: binary 0123456789 | C: close 1009 | S: close 1009 | S: fin | C: fin"),
        legal("Close 1008", "S: binary 0123456789 | C: close 1008 | S: close 1008 | S: fin | C: fin"),
    ],
};

impl Told for FrTooBig {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { largest } = self;
        let largest = largest.map_or_else(String::new, |(n, len)| {
            format!("; the largest frame it had been sent was frame {n} with {}", bytes(len))
        });
        say.words(
            "a limit is the receiver's own choice",
            format!("Close 1009{largest}"),
            format!("closed with 1009, message too big{largest}"),
        )
    }
}
