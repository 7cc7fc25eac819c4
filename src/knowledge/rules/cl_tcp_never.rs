use crate::knowledge::prelude::*;

/// CL-TCP-NEVER: Both Closes and the other side's FIN were there, the own FIN never came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClTcpNever {
    /// How long the recording went on behind that FIN.
    pub for_ns: i64,
}

pub(super) const ROW: Row = Row {
    name: "CL-TCP-NEVER",
    clauses: &[rfc6455("5.5.1")],
    level: Must,
    who: Who::Either,
    reaction: Nothing,
    says: "an endpoint that has sent and received a Close ends TCP",
    peer: Some(
        "has ended its half; its host keeps the connection in FIN-WAIT-2 until a timer of its own ends it",
    ),
    text: "Both Closes have been exchanged and the other side has ended TCP: only this side's FIN is missing. The \
        process has kept the socket open, and such sockets pile up (CLOSE-WAIT). wslog counts {never} as never; if \
        the recording ends sooner, it says nothing.",
    next: &[
        "sockets in CLOSE-WAIT on that host, and the process that holds them",
        "an application that drops its connection object without closing it",
    ],
    shows: &[
        found(
            "11 s after the server's FIN there is none from the client",
            "C: close 1000 | S: close 1000 | S: fin | C: ack | S: wait 11000 | S: ack",
        ),
        legal(
            "it comes after 2 s",
            "C: close 1000 | S: close 1000 | S: fin | C: ack | C: wait 2000 | C: fin",
        ),
    ],
};

impl Told for ClTcpNever {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { for_ns } = *self;
        say.words(
            format!(
                "its own FIN after both Closes and the other side's FIN; {OURS} {} as never",
                whole(NEVER_NS)
            ),
            format!("none in {}", duration(for_ns)),
            format!(
                "did not end TCP within {} of the other side's FIN, after both Close frames",
                duration(for_ns)
            ),
        )
    }
}
