use crate::knowledge::prelude::*;

/// CL-BACKOFF: A new connection soon after the abnormal end of an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClBackoff {
    /// Nanoseconds from that end to this connection.
    pub pause_ns: i64,
    /// How many connections in a row came so, this one included.
    pub times: u32,
    /// First packet of the earlier connection.
    pub earlier: PacketNo,
}

pub(super) const ROW: Row = Row {
    name: "CL-BACKOFF",
    clauses: &[rfc6455("7.2.3")],
    level: Should,
    who: Who::Client,
    reaction: Nothing,
    says: "after an abnormal end a client waits a random time before it connects again, and longer after \
           each attempt that fails",
    peer: Some("gets all its clients back at the same moment, often while it is still starting"),
    text: "A server that restarts drops all its connections at once; clients that reconnect without a random pause \
        all return together. wslog looks at ends that came from the server or the network without a Close: a new \
        connection within {at_once}, or {pauses} short pauses in a row that do not grow. Two connections with the \
        same address, server, target and User-Agent may still belong to two programs, so the finding is likely at \
        best.",
    next: &[
        "the reconnect settings of the client's library: first delay, factor, jitter",
        "what ends the connections: every pause of the same length points to a timer without backoff",
    ],
    shows: &[
        found("a new connection at once", "C: request | S: 101 | S: fin | C: fin | C2: request | S2: 101"),
        legal(
            "after a pause",
            "C: request | S: 101 | S: fin | C: fin | C2: wait 2300 | C2: request | S2: 101",
        ),
    ],
};

impl Told for ClBackoff {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { pause_ns, times, earlier } = self;
        let pause = duration(*pause_ns);
        let earlier = say.packet(*earlier);
        let row = if *times > 1 { format!(", {times} times in a row") } else { String::new() };
        say.words(
            "a random pause before the first new connection, growing ones after attempts that fail",
            format!("{pause} after the abnormal end of the connection of {earlier}{row}"),
            format!("connected again {pause} after the abnormal end of the connection of {earlier}{row}"),
        )
    }
}
