use crate::knowledge::causes::prelude::*;
use crate::model::Unacknowledged;

/// `peer_unreachable`: what a side sent was never acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerUnreachable {
    /// Whose bytes.
    pub of: Role,
    /// How often they were sent again.
    pub times: u32,
    /// From their first sending to the last.
    pub for_ns: Option<i64>,
    /// How long its peer had been silent by then.
    pub silent_ns: Option<i64>,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "peer_unreachable",
    when: "data was sent again and again and never acknowledged",
    proven: None,
    likely: Some("it was sent again at least twice, and nothing at all came from the other side meanwhile"),
    undetermined: Some("it was sent again once, or the recording ends soon after"),
    never: "that the other program is at fault: the network may have lost the way, a NAT or firewall forgotten the \
            connection, or the other host be gone. Of Close and FIN queued behind the lost bytes nothing shows",
    next: &[
        "NAT and firewalls with a shorter memory than the connection was silent: keep-alives more often than that",
        "whether the other host was up, and its address the same",
    ],
    shows: &[],
};

/// What stayed unacknowledged to the end while its peer was silent, and whose it is.
pub(super) fn lost<'a>(facts: &Facts<'a>) -> Option<(Role, &'a Unacknowledged)> {
    Role::BOTH.into_iter().find_map(|role| {
        let lost = facts.tcp(role).unacknowledged.as_ref()?;
        let peer = facts.side(role.peer());
        // What comes behind an end, the peer's or its own, is wanted by nobody.
        let over = peer.end.is_some_and(|end| end.mark.at <= lost.again_at);
        (!over && !peer.has_gap).then_some((role, lost))
    })
}

impl Judge for PeerUnreachable {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        let (of, lost) = lost(facts)?;
        let peer = facts.tcp(of.peer());
        // Who answers with RST in the end is there.
        let answers = peer.ends.iter().any(|end| end.at > lost.again_at);
        if answers || peer.last_segment_at > lost.again_at {
            return None;
        }
        let for_ns = facts.between(lost.sent_at, lost.last_at);
        let grounds = Self {
            of,
            times: lost.times,
            for_ns,
            silent_ns: facts.between(peer.last_segment_at, lost.sent_at),
        };
        let certainty = if lost.times >= 2 { Likely } else { Undetermined };
        let mark = Mark { packet: Some(lost.packet), at: lost.again_at, frame: None };
        Some(Judged::new(grounds, None, certainty).at(mark))
    }

    fn said<S: Readable>(&self, _: &Cause, _: &Conversation<S>) -> Said {
        let Self { of, times, for_ns, silent_ns } = *self;
        let for_ns = for_ns.map_or_else(String::new, |ns| format!(" within {}", duration(ns)));
        let silent = silent_ns.filter(|ns| *ns >= 1_000_000_000);
        let silent = silent.map_or_else(String::new, |ns| format!(" ({} before, it had last sent anything)", duration(ns)));
        Said::part(
            format!(
                "{}'s bytes no longer reached the other host: they were sent again {}{for_ns}, and nothing came back from {}{silent}.",
                the(of), count(u64::from(times), "time"), a(of.peer())
            ),
            "Look at the way between: a NAT or firewall that forgot the connection, a link that went down, a host that is gone.",
        )
    }
}
