//! What times tell once the recording is over: Pings nobody answered, a side gone silent, a silence as long as a
//! well-known time-out, and the figures of the report.

use crate::knowledge::IdleEnd;
use crate::knowledge::rules::{ClHalfOpen, ClIdle, FrPingPong};
use crate::knowledge::thresholds::{DELAYED_ACK_NS, NEVER_NS, SILENT_NS, SILENT_TRIES};
use crate::knowledge::timeouts::documented;
use crate::model::{
    Certainty, Closing, Evidence, LastFrame, Level, Outcome, PerRole, Role, Seen, Step, StepVerdict,
    StreamEnd, Tail, Timestamp, Timing, Unanswered,
};
use crate::reference::closing::had_both_at;
use crate::reference::duties;
use crate::reference::endpoint::Endpoint;
use crate::reference::findings::{Findings, Place};
use crate::reference::pings::PendingPing;
use crate::reference::reaction::Judgement;

/// The figures; findings and steps that follow from them are added.
pub(super) fn conclude(
    handshake_at: PerRole<Option<Timestamp>>,
    ends: &PerRole<Endpoint>,
    reactions: &PerRole<Judgement>,
    closing: &mut Closing,
    tail: &Tail,
    last_frame: Option<LastFrame>,
    findings: &mut Findings,
) -> Timing {
    if closing.outcome != Outcome::HandshakeFailed {
        for role in Role::BOTH {
            silent(ends, role, tail, findings);
            closing.steps.extend(pings(ends, reactions, role, tail, findings));
        }
        idle(ends, closing, last_frame, findings);
    }
    let has_gap = ends.client.has_gap() || ends.server.has_gap();
    let figures = |role: Role| ends[role].pings.as_ref().map(|pings| pings.figures(has_gap));
    // What was recorded before its cause was not so long after it.
    let between =
        |from: Option<Timestamp>, to: Option<Timestamp>| Some(to?.since(from?)).filter(|ns| *ns >= 0);
    Timing {
        handshake_ns: between(handshake_at.client, handshake_at.server),
        close_reply_ns: closing.steps.iter().find_map(|step| match (step.action, step.seen) {
            (crate::model::Action::AnswerClose, Seen::Close { after_ns, .. }) => after_ns,
            _ => None,
        }),
        server_tcp_end_ns: between(
            had_both_at(&ends.server, &ends.client),
            ends.server.end().and_then(|end| end.evidence.at()),
        ),
        until: tail.until,
        pings: PerRole { client: figures(Role::Client), server: figures(Role::Server) },
        unanswered: tail.unanswered,
    }
}

/// Says if `role` went silent at the end: its peer sent again and again, and not even an acknowledgement came.
fn silent(ends: &PerRole<Endpoint>, role: Role, tail: &Tail, findings: &mut Findings) {
    let peer = &ends[role.peer()];
    let Some(Unanswered { tries, first_at, last_at }) = tail.unanswered[role.peer()] else { return };
    let Some(for_ns) = last_at.zip(first_at).map(|(last, first)| last.since(first)) else { return };
    // Its acknowledgements may be what the recording lacks.
    if ends[role].lost || ends[role].end().is_some() || tries < SILENT_TRIES || for_ns < SILENT_NS {
        return;
    }
    let pending = peer.pings.iter().flat_map(|pings| pings.pending());
    let ping = pending.filter(|ping| ping.arrived.is_none()).map(|ping| ping.frame).next();
    let violation = ClHalfOpen { tries, for_ns, ping };
    let place = Place { frame: ping, evidence: peer.end().map(|end| end.evidence) };
    findings.add_as(Some(role), violation, Level::Note, Certainty::Likely, place);
}

/// The Pings of `role`'s peer that `role` never answered.
fn pings(
    ends: &PerRole<Endpoint>,
    reactions: &PerRole<Judgement>,
    role: Role,
    tail: &Tail,
    findings: &mut Findings,
) -> Option<Step> {
    let (side, peer) = (&ends[role], &ends[role.peer()]);
    let pings = peer.pings.as_ref()?;
    if side.has_gap() || peer.has_gap() || reactions[role].failed_for.is_some() {
        return None;
    }
    // One with a Pong of other data is FR-PONG-DATA's, one behind a fault may go unanswered (7.1.7).
    let is_owed = |ping: &&PendingPing| {
        !ping.missed && peer.fault.as_ref().is_none_or(|fault| ping.frame < fault.frame)
    };
    let oldest = pings.pending().find(is_owed)?;
    let until = duty_ends(side, peer, tail);
    let waited = |ping: &PendingPing| Some(until?.since(ping.arrived.flatten()?));
    let Some(waited_ns) = waited(oldest).filter(|ns| *ns >= NEVER_NS) else {
        // What it sent last without having the Ping says nothing of an answer, nor does the end if it came before.
        let last = [side.close().map(|close| close.evidence), side.end().map(|end| end.evidence)];
        let had = |last: Evidence| last.acked().zip(oldest.end).is_none_or(|(acked, end)| acked >= end);
        let left = until.zip(oldest.evidence.at()).map(|(until, sent)| until.since(sent));
        // Worth a step only where who asked did not close.
        let timed = until.is_some()
            && peer.close().is_none()
            && last.into_iter().flatten().all(had)
            && left.is_none_or(|left| left >= 0);
        let seen = left.map_or(Seen::Nothing, Seen::NothingFor);
        return timed.then(|| duties::answer_ping(role, oldest).settle(seen, StepVerdict::Unobserved));
    };
    let count = pings.pending().filter(is_owed).filter(|ping| ping.arrived.is_some()).count() as u64;
    let violation = FrPingPong { ping: oldest.frame, pings: count, waited_ns };
    let place = Place::frame(oldest.frame, oldest.evidence);
    // That its host had the Ping says nothing of its application, and the time is ours.
    findings.add_as(Some(role), violation, Level::Must, Certainty::Likely, place);
    Some(duties::answer_ping(role, oldest).settle(Seen::NothingFor(waited_ns), StepVerdict::Broken))
}

/// When nothing has to be answered with a Pong any more: at the first Close or end of TCP of either side.
fn duty_ends(side: &Endpoint, peer: &Endpoint, tail: &Tail) -> Option<Timestamp> {
    let closes = [side, peer].map(|end| end.close().map(|close| close.evidence));
    let ends = [side, peer].map(|end| end.end().map(|end| end.evidence));
    let over = closes.into_iter().chain(ends).flatten();
    // Without a time for one of them there is none at all.
    over.map(|evidence| evidence.at()).min().unwrap_or(tail.until)
}

/// TCP ended without a Close after a silence like that of a time-out on the way: before the end, or before the data that an
/// RST answered.
fn idle(ends: &PerRole<Endpoint>, closing: &Closing, last_frame: Option<LastFrame>, findings: &mut Findings) {
    let Some((idle_ns, end)) = closing.idle_before_close_ns.zip(closing.first_end) else { return };
    let is_bare = matches!(closing.outcome, Outcome::NoCloseFrame | Outcome::Reset);
    if !is_bare || ends.client.lost || ends.server.lost || end.how == StreamEnd::Dropped {
        return;
    }
    let reset = last_frame.filter(|last| {
        let after = end.at.map(|at| at.since(last.at));
        let at_once = after.is_some_and(|ns| (0..=DELAYED_ACK_NS).contains(&ns));
        end.how.is_reset() && last.from == end.by.peer() && at_once
    });
    let found = match reset {
        Some(last) => {
            documented(last.pause_ns, IdleEnd::ResetsNextData).map(|seconds| (last.pause_ns, seconds))
        }
        None => documented(idle_ns, IdleEnd::Ends).map(|seconds| (idle_ns, seconds)),
    };
    let Some((idle_ns, seconds)) = found else { return };
    let violation = ClIdle { idle_ns, seconds };
    let place = Place::at(ends[end.by].end().map(|end| end.evidence));
    findings.add_as(Some(end.by), violation, Level::Note, Certainty::Likely, place);
}
