use crate::knowledge::causes::prelude::*;
use crate::knowledge::thresholds::SENT_AGAIN_NS;
use crate::model::Unacknowledged;

/// `peer_unreachable`: what a side sent was never acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerUnreachable {
    /// Whose bytes.
    pub of: Role,
    /// What was among them.
    pub what: Resent,
    /// How often they were sent again.
    pub times: u32,
    /// From their first sending to the last.
    pub for_ns: Option<i64>,
    /// How long its peer had been silent by then.
    pub silent_ns: Option<i64>,
    /// Probes that carry nothing were among them, or were all there was.
    pub probes: bool,
    /// Something still came back, and acknowledged none of it.
    pub one_way: bool,
}

/// What was sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resent {
    /// A Close.
    Close,
    /// A Ping that stayed unanswered, in that frame.
    Ping(Option<u64>),
    /// Something else, or what cannot be told.
    Bytes,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "peer_unreachable",
    tone: Tone::Fault,
    tells: &[],
    when: "data was retransmitted repeatedly and never acknowledged",
    proven: None,
    likely: Some("it was retransmitted at least twice, and nothing came from the other side meanwhile"),
    undetermined: Some("it was retransmitted once"),
    never: "that the other program is at fault: the route may have failed, a NAT or firewall may have forgotten the \
        connection, or the other host may be gone; or that the sender did not close: a Close queued behind the lost \
        bytes does not appear in the recording",
    next: &[
        "NAT and firewalls that forget a connection sooner than this one was silent: send keep-alives more often \
         than that",
        "whether the other host was up and still had the same address",
    ],
    shows: &[
        found(
            "a message is retransmitted, and nothing comes back",
            "C: text a | S: text b | S: hold | C: wait 60000 | C: text c | C: wait 300 | C: again | C: wait 600 | C: again | C: wait 1200 | C: again | C: wait 2400 | C: rst",
        ),
        legal(
            "it was acknowledged in the end",
            "C: text a | S: text b | S: hold | C: text c | C: wait 300 | C: again | C: wait 600 | C: again | S: release | S: ack | C: wait 2400 | C: rst",
        ),
    ],
};

/// What stayed unacknowledged to the end while its peer was silent, and whose it is.
pub(super) fn lost<'a>(facts: &Facts<'a>) -> Option<(Role, &'a Unacknowledged)> {
    Role::BOTH.into_iter().find_map(|role| {
        let lost = facts.tcp(role).unacknowledged.as_ref()?;
        let peer = facts.side(role.peer());
        // What comes behind an end, the peer's or its own, is wanted by nobody.
        let over = peer.end.is_some_and(|end| end.mark.at <= lost.again_at);
        // Copies that the capture made follow one another at once.
        let copies = facts.between(lost.sent_at, lost.last_at).is_some_and(|ns| ns < SENT_AGAIN_NS);
        // Whoever shut its window acknowledges no probe.
        let shut = facts.tcp(role.peer()).shut.is_some_and(|shut| shut.to_the_end);
        (!over && !copies && !shut && !peer.has_gap).then_some((role, lost))
    })
}

/// What the first of the bytes that were sent again were, by when they had left.
fn resent(facts: &Facts<'_>, of: Role, sent_at: Option<Timestamp>) -> Resent {
    let side = facts.side(of);
    let is_then = |mark: Mark| sent_at.is_some() && mark.at == sent_at;
    match (side.close, side.unanswered_ping) {
        (Some(close), _) if is_then(close.mark) => Resent::Close,
        (_, Some(ping)) if is_then(ping.mark) => Resent::Ping(ping.mark.frame),
        _ => Resent::Bytes,
    }
}

/// Twice, and for as long as two retransmissions take: each waits twice as long as the one before (RFC 6298 5.5).
pub(super) fn certainty(times: u32, for_ns: Option<i64>) -> Certainty {
    let is_long = for_ns.is_some_and(|ns| ns >= 2 * SENT_AGAIN_NS);
    if times >= 2 && is_long { Likely } else { Undetermined }
}

/// Nothing on the way is known to forget a connection that was silent for less.
const FORGETFUL_NS: i64 = 30_000_000_000;

impl Judge for PeerUnreachable {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        if let Some((of, lost)) = lost(facts) {
            let peer = facts.tcp(of.peer());
            // Who answers with RST in the end is there.
            let answers = peer.ends.iter().any(|end| end.at > lost.again_at);
            if answers {
                return None;
            }
            // What still comes acknowledges nothing: only one way is lost.
            let one_way = peer.last_segment_at > lost.again_at;
            let for_ns = facts.between(lost.sent_at, lost.last_at);
            let silent_ns = facts.between(peer.last_segment_at, lost.sent_at);
            let what = resent(facts, of, lost.sent_at);
            let grounds = Self { of, what, times: lost.times, for_ns, silent_ns, probes: false, one_way };
            let certainty = certainty(lost.times, for_ns);
            let mark = Mark { packet: Some(lost.packet), at: lost.again_at, frame: None };
            return Some(Judged::new(grounds, None, certainty).at(mark));
        }
        // Probes of TCP's own keep-alive that nobody answers say the same.
        Role::BOTH.into_iter().find_map(|of| {
            let finding = facts.finding(of.peer(), RuleId::ClHalfOpen)?;
            let tried = facts.conversation.timing.unanswered[of]?;
            let for_ns = facts.between(tried.first_at, tried.last_at);
            let silent_ns = facts.between(facts.tcp(of.peer()).last_segment_at, tried.first_at);
            let what = Resent::Bytes;
            let grounds =
                Self { of, what, times: tried.tries, for_ns, silent_ns, probes: true, one_way: false };
            let mark = Mark { packet: finding.packet, at: tried.first_at, frame: finding.frame };
            Some(Judged::new(grounds, None, finding.certainty).at(mark))
        })
    }

    fn headline<S: Readable>(&self, _: &Cause, _: &Conversation<S>) -> String {
        match self.what {
            Resent::Close => format!("{}'s Close was never acknowledged", the(self.of)),
            Resent::Ping(_) => format!("{}'s Ping was never acknowledged", the(self.of)),
            Resent::Bytes => format!("{} could no longer reach the other host", the(self.of)),
        }
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let Self { of, what, times, for_ns, silent_ns, probes, one_way } = *self;
        let peer = a(of.peer());
        let for_ns = for_ns.map_or_else(String::new, |ns| format!(" within {}", duration(ns)));
        let silent = silent_ns.filter(|ns| *ns >= 1_000_000_000);
        let silent =
            silent.map_or_else(String::new, |ns| format!(", last heard from {} before that", duration(ns)));
        // Whatever forgot the connection did so in the silence before.
        let silence = silent_ns.filter(|ns| *ns >= FORGETFUL_NS);
        let since = silence.zip(cause.at).map_or_else(
            || from_clock(conversation, cause.at),
            |(ns, at)| format!(" from {} before {} on", duration(ns), clock(at, conversation.started_at)),
        );
        // Whatever forgets a silent connection is kept from it by traffic.
        let pings = silent_ns.filter(|ns| *ns >= FORGETFUL_NS).map_or_else(String::new, |ns| {
            format!(" If one forgot it, Pings at an interval well below {} would have kept it.", duration(ns))
        });
        let tried = match what {
            _ if probes => "probed the connection".to_owned(),
            Resent::Close => {
                let at = when(conversation, conversation.closing.sides[of].at);
                format!("sent {}{at} and retransmitted it", close_of(conversation, of))
            }
            Resent::Ping(Some(frame)) => format!("retransmitted its Ping (frame {frame})"),
            Resent::Ping(None) => "retransmitted a Ping".to_owned(),
            Resent::Bytes => "retransmitted its data".to_owned(),
        };
        let came = if one_way {
            format!("what still arrived from {peer} acknowledged none of it")
        } else {
            format!("nothing came back from {peer}{silent}")
        };
        let tell = if what == Resent::Close { Said::close } else { Said::part };
        tell(
            format!(
                "{} {}could no longer reach {peer}'s host, or no answer could get back: it {tried} {}{for_ns}, and \
                 {came}.",
                the(of),
                probably(cause.certainty),
                count(u64::from(times), "time"),
            ),
            format!(
                "Check the path between the two{since} for a NAT or firewall that forgot the connection or a link that \
                 went down, and whether {peer}'s host was up.{pings}"
            ),
        )
    }
}
