use crate::knowledge::prelude::*;

/// FR-PONG-LATE: A Pong that came late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrPongLate {
    /// Frame number of the Ping.
    pub ping: u64,
    /// From its acknowledgement to the Pong.
    pub after_ns: i64,
}

pub(super) const ROW: Row = Row {
    name: "FR-PONG-LATE",
    clauses: &[rfc6455("5.5.2")],
    level: Should,
    who: Who::Either,
    reaction: Nothing,
    says: "a Pong is sent as soon as is practical",
    peer: Some("may have given up by then"),
    text: "A Pong waits behind whatever its sender is busy with, and the time it takes is a measure of \
           that. wslog takes {late} from the acknowledgement of the Ping for late: the way there is then \
           not counted, nor is what a lost segment cost.",
    next: &[
        "the times of the other Pongs: one outlier is a pause, a growing row is an overload",
        "a large message that was on its way before the Pong: it cannot overtake a frame",
    ],
    shows: &[
        found("5 s after the Ping was acknowledged", "S: ping x | C: ack | C: wait 5000 | C: pong x"),
        legal(
            "as late, but nothing shows that the Ping had arrived sooner",
            "S: ping x | C: wait 5000 | C: pong x",
        ),
    ],
};

impl Told for FrPongLate {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { ping, after_ns } = *self;
        say.words(
            format!("a Pong as soon as is practical; {OURS} {} for late", whole(LATE_NS)),
            format!("Pong {} after its host had acknowledged the Ping", duration(after_ns)),
            format!(
                "answered the Ping in frame {ping} {} after its host had acknowledged it",
                duration(after_ns)
            ),
        )
    }
}
