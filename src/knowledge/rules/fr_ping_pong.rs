use crate::knowledge::prelude::*;

/// FR-PING-PONG: Pings that were never answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrPingPong {
    /// Frame number of the oldest of them.
    pub ping: u64,
    /// How many there are.
    pub pings: u64,
    /// From the acknowledgement of that Ping to the end of the duty.
    pub waited_ns: i64,
}

pub(super) const ROW: Row = Row {
    name: "FR-PING-PONG",
    clauses: &[rfc6455("5.5.2"), rfc6455("5.5.3")],
    level: Must,
    who: Who::Either,
    reaction: Nothing,
    says: "a Ping is answered with a Pong, unless a Close was received before",
    peer: Some("may consider the connection dead and end it, usually with a Close 1011 or by ending TCP"),
    text: "Libraries answer Pings automatically, so an unanswered one mostly means that nobody is reading: a blocked \
        thread, a full buffer, a stopped process. The host had acknowledged the Ping, so it was not lost on the \
        path. A Pong for a later Ping covers the earlier ones, and after a Close none is owed. wslog counts {never} \
        as never; the finding is proven if the side went on sending.",
    next: &[
        "what that side was doing meanwhile: a long computation, a debugger, a blocked event loop",
        "a proxy that answers or swallows Pings itself: a recording behind it shows whether they get through",
        "the sender's Ping timeout, if it closed because of this",
    ],
    shows: &[
        found(
            "no Pong in 10 s, though a text was sent",
            "S: ping x | C: ack | C: wait 10000 | C: text a | C: close 1000 | S: close 1000 | S: fin | \
             C: fin",
        ),
        legal(
            "a Pong for the later of two Pings",
            "S: ping x | C: ack | C: wait 4000 | S: ping y | C: pong y | C: wait 10000 | C: close 1000 | \
             S: close 1000 | S: fin | C: fin",
        ),
    ],
};

impl Told for FrPingPong {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { ping, pings, waited_ns } = *self;
        let more = match pings {
            0 | 1 => String::new(),
            more => format!(" (and {} after it)", count(more - 1, "Ping")),
        };
        let waited = duration(waited_ns);
        say.words(
            format!("a Pong for the Ping in frame {ping}; {OURS} {} as never", whole(NEVER_NS)),
            format!("none within {waited} of its acknowledgement{more}"),
            format!(
                "did not answer the Ping in frame {ping}{more} within {waited} of its host's acknowledgement"
            ),
        )
    }
}
