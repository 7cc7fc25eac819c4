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
    text: "A Pong waits behind whatever its sender is busy with, and the time it takes is a measure of that. wslog \
        counts a Pong as late {late} after the Ping was acknowledged, so that neither the path there nor a lost \
        segment counts.",
    next: &[
        "the times of the other Pongs: one outlier is a pause, a growing series is an overload",
        "a large message sent before the Pong, which cannot overtake a frame",
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
            format!("a Pong as soon as is practical; {OURS} {} as late", whole(LATE_NS)),
            format!("Pong {} after its host had acknowledged the Ping", duration(after_ns)),
            format!(
                "answered the Ping in frame {ping} {} after its host had acknowledged it",
                duration(after_ns)
            ),
        )
    }
}
