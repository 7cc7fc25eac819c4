use crate::knowledge::prelude::*;

/// CL-HALF-OPEN: This side went silent while the other sent again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClHalfOpen {
    /// How often the other side tried again without any answer.
    pub tries: u32,
    /// From the first of them to the last.
    pub for_ns: i64,
    /// Frame number of the Ping that was neither answered nor acknowledged.
    pub ping: Option<u64>,
}

pub(super) const ROW: Row = Row {
    name: "CL-HALF-OPEN",
    clauses: &[rfc9293("3.8.3")],
    level: Note,
    who: Who::Either,
    reaction: Nothing,
    says: "a side that answers nothing, not even with acknowledgements, is gone, or the path to it is",
    peer: Some(
        "carries on until its own retransmissions or a missing Pong make it give up; it then reports 1006",
    ),
    text: "After a power failure, an unplugged cable, or a firewall that forgot the connection there is no FIN and \
        no RST: the other side retransmits, and nothing comes back. wslog notes it after {silent_tries} segments \
        retransmitted over {silent} seconds or more. A Ping left unanswered by an application that hangs is \
        something else: there the host still acknowledges.",
    next: &[
        "whether other connections to the same host went silent at the same time",
        "a recording at the silent host: do the segments arrive, and do its answers leave?",
        "the state table of a firewall or NAT between them, and how long it keeps an idle connection",
    ],
    shows: &[
        found(
            "retransmitted three times, never acknowledged",
            "C: text hi | C: wait 1000 | C: again | C: wait 2000 | C: again | C: wait 4000 | C: again",
        ),
        legal(
            "acknowledged in the end",
            "C: text hi | C: wait 1000 | C: again | C: wait 2000 | C: again | C: wait 4000 | C: again | \
             S: ack",
        ),
    ],
};

impl Told for ClHalfOpen {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { tries, for_ns, ping } = *self;
        let (ping, comma) =
            ping.map_or_else(Default::default, |ping| (format!(", with the Ping in frame {ping}"), ","));
        let sent = format!("{tries} retransmissions in {}{ping}", duration(for_ns));
        say.words(
            "at least an acknowledgement",
            format!("none for {sent}"),
            format!(
                "went silent: {sent}{comma} got no acknowledgement; its host or the path to it may be gone"
            ),
        )
    }
}
