use crate::knowledge::causes::prelude::*;

/// `path_mtu`: large segments do not get through, small ones do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathMtu {
    /// Whose segments.
    pub of: Role,
    /// Payload bytes of the smallest that was never acknowledged.
    pub smallest: u32,
    /// Payload bytes of the largest that was.
    pub passed: u32,
    /// How often they were sent again, and for how long.
    pub times: u32,
    /// From the first of them to the last.
    pub for_ns: Option<i64>,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "path_mtu",
    tone: Tone::Fault,
    tells: &[],
    when: "only full-size segments are never acknowledged, while smaller ones pass",
    proven: None,
    likely: Some(
        "every segment that was retransmitted, twice or more, is larger than every one that was acknowledged, and \
         close to the size of an Ethernet frame",
    ),
    undetermined: Some("they were retransmitted only once, or nothing has come back since"),
    never: "that the peer is gone while it is still sending",
    next: &[
        "the MTU of tunnels and VPNs on the path, and whether ICMP \"fragmentation needed\" gets through",
        "MSS clamping: pings of growing size with the don't-fragment bit show where the limit is",
    ],
    shows: &[
        found(
            "a large message is retransmitted repeatedly, and Pings are answered",
            "C: text a | S: ack | S: hold | C: 82 7e 05 78 61*1400 | S: ping a | C: wait 300 | C: again | S: ping b | C: wait 600 | C: again | S: ping c | C: wait 1200 | C: again | S: rst",
        ),
        legal(
            "nothing comes back any more",
            "C: text a | S: ack | S: hold | C: 82 7e 05 78 61*1400 | C: wait 300 | C: again | C: wait 600 | C: again | C: wait 1200 | C: again | C: rst",
        ),
    ],
};

/// From this payload on a segment is one that a smaller MTU on the way can stop.
const FULL_SIZE: u32 = 1_200;

impl Judge for PathMtu {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        let (of, lost) = super::peer_unreachable::lost(facts)?;
        let passed = facts.tcp(of).largest_acknowledged;
        if lost.smallest < FULL_SIZE || passed >= lost.smallest || passed == 0 {
            return None;
        }
        let grounds = Self {
            of,
            smallest: lost.smallest,
            passed,
            times: lost.times,
            for_ns: facts.between(lost.sent_at, lost.last_at),
        };
        let mark = Mark { packet: Some(lost.packet), at: lost.again_at, frame: None };
        // Where nothing comes back at all, small ones may not get through either; and once can be chance.
        let heard_since = facts.tcp(of.peer()).last_segment_at >= lost.again_at;
        let certainty = match super::peer_unreachable::certainty(lost.times, grounds.for_ns) {
            certainty if heard_since => certainty,
            _ => Undetermined,
        };
        Some(Judged::new(grounds, Blame::Between, certainty).at(mark))
    }

    fn headline<S: Readable>(&self, _: &Cause, _: &Conversation<S>) -> String {
        format!("Large segments from {} did not get through", a(self.of))
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let Self { of, smallest, passed, times, for_ns } = *self;
        let for_ns = for_ns.map_or_else(String::new, |ns| format!(" within {}", duration(ns)));
        Said::part(
            format!(
                "Large segments from {} {}did not get through: those of {} and more were retransmitted {}{for_ns} \
                 and never acknowledged, while those of up to {} were.",
                a(of),
                probably(cause.certainty),
                exact_bytes(u64::from(smallest)),
                count(u64::from(times), "time"),
                exact_bytes(u64::from(passed))
            ),
            format!(
                "Check the MTU of every tunnel between {} and {}{}, and whether ICMP gets through.",
                a(of),
                a(of.peer()),
                at_clock(conversation, cause.at)
            ),
        )
    }
}
