//! The closing handshake and the end of TCP as obligations, and what came of them (RFC 6455 5.5.1, 7.1.1).

use crate::knowledge::rules::{ClReply, ClReplyLate, ClServerImmediate, ClTcpNever, ClTcpServerFirst};
use crate::knowledge::thresholds::{CLIENT_WAITED_NS, DELAYED_ACK_NS, LATE_NS, NEVER_NS};
use crate::model::{
    Certainty, Level, PerRole, Role, Seen, Starter, Step, StepVerdict, StreamEnd, Tail, Timestamp, Violation,
};
use crate::reference::closing::early::{LeftEarly, by_end};
use crate::reference::duties;
use crate::reference::endpoint::Endpoint;
use crate::reference::findings::{Findings, Place};
use crate::reference::reaction::Judgement;
use crate::reference::state::{Ended, SentClose};

/// The answer to the first Close, or to the only one (5.5.1).
pub(super) fn answer(
    ends: &PerRole<Endpoint>,
    reactions: &PerRole<Judgement>,
    started_by: Option<Starter>,
    early: &LeftEarly,
    tail: &Tail,
    findings: &mut Findings,
) -> Option<Step> {
    let starter = match (started_by?, ends.client.close(), ends.server.close()) {
        (_, Some(_), None) => Role::Client,
        (_, None, Some(_)) => Role::Server,
        (Starter::One(starter), ..) => starter,
        (Starter::Both, ..) => return None,
    };
    let close = ends[starter].close()?;
    let owing = starter.peer();
    let side = &ends[owing];
    let duty = duties::answer_close(owing, close);
    // What a recording has before the Close was not so long after it.
    let since_close = |at: Option<Timestamp>| Some(at?.since(close.evidence.at()?)).filter(|ns| *ns >= 0);
    if let Some(answer) = side.close() {
        let code = answer.payload.code();
        let seen = Seen::Close { frame: answer.frame, code, after_ns: since_close(answer.evidence.at()) };
        let late = late_by(side, answer.evidence.at())
            .filter(|_| reactions[owing].failed_for.is_none() && !side.has_gap());
        let Some(after_ns) = late else { return Some(duty.settle(seen, StepVerdict::Met)) };
        let late = ClReplyLate { close: close.frame, after_ns, came: true };
        let place = Place::frame(answer.frame, answer.evidence);
        timed(owing, late, place, findings);
        return Some(duty.settle(seen, StepVerdict::Late));
    }
    if reactions[owing].failed_for.is_some() {
        // Failing the connection takes the place of the answer (7.1.7).
        return Some(duty.settle(Seen::NothingMore, StepVerdict::NotApplicable));
    }
    if let Some(left) = ends[starter]
        .end()
        .filter(|left| early[starter].is_some() && side.end().is_none_or(|end| !end.is_own(left)))
    {
        // It was left before it could answer.
        return Some(duty.settle(Seen::PeerEndedTcp(left.how), StepVerdict::NotApplicable));
    }
    let Some(end) = side.end() else { return Some(unanswered(ends, starter, close, tail, findings)) };
    let seen = Seen::TcpEnd { how: end.how, after_ns: since_close(end.evidence.at()) };
    let verdict = match end.knew(close) {
        // It had ended TCP before the Close arrived: there was nothing to answer.
        Some(false) => StepVerdict::NotApplicable,
        _ if side.is_beyond_judgement() => StepVerdict::Unobserved,
        // It may finish a message first.
        _ if side.is_in_message() => StepVerdict::NotApplicable,
        _ => {
            // A host acknowledges, and ends TCP, for a process that has read nothing or is gone.
            let has_read = side.has_read(close) || tail.log_of == Some(owing);
            let certainty = if has_read { Certainty::Proven } else { Certainty::Likely };
            let violation = ClReply { close: close.frame, how: end.how };
            let place = Place::at(Some(end.evidence));
            findings.add_as(Some(owing), violation, Level::Must, certainty, place);
            StepVerdict::Broken
        }
    };
    Some(duty.settle(seen, verdict))
}

/// By how much an answer sent at `at` was late: from the acknowledgement of the Close on, unless a message was
/// open then, which may be finished first (5.5.1).
fn late_by(side: &Endpoint, at: Option<Timestamp>) -> Option<i64> {
    let received = side.state.received().filter(|received| !received.message_open)?;
    Some(at?.since(received.at?)).filter(|ns| *ns >= LATE_NS)
}

/// No answer and no end of TCP from the side that owed it: the other side gave up, or the recording ended.
fn unanswered(
    ends: &PerRole<Endpoint>,
    starter: Role,
    close: &SentClose,
    tail: &Tail,
    findings: &mut Findings,
) -> Step {
    let (side, waiting) = (&ends[starter.peer()], &ends[starter]);
    let duty = duties::answer_close(starter.peer(), close);
    let until = waiting.end().map_or(tail.until, |end| end.evidence.at());
    let waited = late_by(side, until)
        .filter(|ns| *ns >= NEVER_NS && !side.is_beyond_judgement() && !side.is_in_message());
    let seen = match (waiting.end(), waited) {
        (Some(_), Some(ns)) => Seen::PeerWaited(ns),
        (None, Some(ns)) => Seen::NothingFor(ns),
        (Some(end), None) => Seen::PeerEndedTcp(end.how),
        (None, None) => Seen::Nothing,
    };
    let Some(after_ns) = waited else { return duty.settle(seen, StepVerdict::Unobserved) };
    let violation = ClReplyLate { close: close.frame, after_ns, came: false };
    timed(starter.peer(), violation, Place::frame(close.frame, close.evidence), findings);
    duty.settle(seen, StepVerdict::Late)
}

/// A breach that rests on a time: likely at best.
fn timed(role: Role, violation: impl Into<Violation>, place: Place, findings: &mut Findings) {
    let violation = violation.into();
    let level = violation.level();
    findings.add_as(Some(role), violation, level, Certainty::Likely, place);
}

/// When `side` had both Closes: the later of its own and the acknowledgement of the peer's; without that, of both
/// Closes.
pub(in crate::reference) fn had_both_at(side: &Endpoint, peer: &Endpoint) -> Option<Timestamp> {
    let (own, theirs) = (side.close()?, peer.close()?);
    match side.state.received().map(|received| received.at) {
        Some(Some(at)) => own.evidence.at().max(Some(at)),
        _ => own.evidence.at().max(theirs.evidence.at()),
    }
}

/// After both Closes the server ends TCP first, at once, and the client after it (5.5.1, 7.1.1).
pub(super) fn tcp(
    ends: &PerRole<Endpoint>,
    early: &LeftEarly,
    tail: &Tail,
    findings: &mut Findings,
) -> Vec<Step> {
    let Some(later) = duties::later_close(ends) else { return Vec::new() };
    // Who ends a stream of HTTP/2 first, and whether both do, is left to them (RFC 8441 5).
    if tail.is_stream {
        return Vec::new();
    }
    let mut steps = Vec::new();
    let never = PerRole {
        client: never(ends, Role::Client, tail, findings),
        server: never(ends, Role::Server, tail, findings),
    };
    let is_accused = never.server.is_some_and(|step| step.verdict == StepVerdict::Broken);
    let both_at = later.evidence.at();
    // Who failed the connection may have ended TCP before: that was not after both.
    let since = |end: &Ended| Some(end.evidence.at()?.since(both_at?)).filter(|ns| *ns >= 0);
    let seen = |end: &Ended| Seen::TcpEnd { how: end.how, after_ns: since(end) };
    let first = duties::end_tcp_first(later);
    let left = |role: Role| ends[role].end().filter(|_| early[role].is_some_and(|early| !early.failed));
    if left(Role::Client).is_some() || left(Role::Server).is_some() {
        // Whoever left did so before there was anything to wait for.
        for (role, duty) in [(Role::Server, first), (Role::Client, duties::leave_tcp(later))] {
            steps.extend(left(role).map(|end| {
                duty.settle(Seen::TcpEnd { how: end.how, after_ns: None }, StepVerdict::NotApplicable)
            }));
        }
        steps.extend([never.client, never.server].into_iter().flatten());
        return steps;
    }
    match (ends.client.end(), ends.server.end()) {
        (None, None) => {
            let kept = kept_open(ends, tail.until, LATE_NS).filter(|_| !may_have_ended(ends, Role::Server));
            let step = match kept {
                Some(ns) => {
                    keeps(ns, Place::frame(later.frame, later.evidence), findings);
                    first.settle(Seen::NothingFor(ns), StepVerdict::Broken)
                }
                None => first.settle(Seen::Nothing, StepVerdict::Unobserved),
            };
            steps.push(step);
        }
        // A log knows who called close(), not whose FIN came first.
        (Some(client), None) if client.how == StreamEnd::Dropped => {
            steps.push(duties::leave_tcp(later).settle(seen(client), StepVerdict::Unobserved));
        }
        (client, Some(server)) if client.is_none_or(|client| waited_for(client, server)) => {
            let kept = kept_open(ends, server.evidence.at(), LATE_NS);
            if let Some(ns) = kept {
                keeps(ns, Place::at(Some(server.evidence)), findings);
            }
            let verdict = if kept.is_some() { StepVerdict::Late } else { StepVerdict::Met };
            steps.push(first.settle(seen(server), verdict));
        }
        (None, Some(_)) => {}
        // A FIN of the server is what the recording lacks, if the client has acknowledged more than its Close.
        (Some(client), None) if ends.server.is_beyond_judgement() || has_more_than_close(client, ends) => {
            steps.push(first.settle(Seen::Nothing, StepVerdict::Unobserved));
        }
        // Bytes that are no frames are reason enough to leave.
        (Some(client), _) if ends.client.misreads => {
            steps.push(duties::leave_tcp(later).settle(seen(client), StepVerdict::Unobserved));
        }
        (Some(client), _) => {
            let place = Place::at(Some(client.evidence));
            let leave = duties::leave_tcp(later);
            let Some(wait) = since(client).filter(|ns| *ns >= CLIENT_WAITED_NS) else {
                let violation = ClTcpServerFirst;
                findings.add_as(Some(Role::Client), violation, Level::Should, by_end(client), place);
                steps.push(leave.settle(seen(client), StepVerdict::Broken));
                steps.extend([never.client, never.server].into_iter().flatten());
                return steps;
            };
            // The client was patient enough, so the server was not at once.
            let kept = kept_open(ends, client.evidence.at(), CLIENT_WAITED_NS - DELAYED_ACK_NS);
            if let Some(ns) = kept.filter(|_| !is_accused) {
                keeps(ns, place, findings);
            }
            let verdict = if kept.is_some() { StepVerdict::Broken } else { StepVerdict::Unobserved };
            steps.push(first.settle(Seen::PeerWaited(wait), verdict));
            steps.push(leave.settle(seen(client), StepVerdict::Met));
        }
    }
    steps.extend([never.client, never.server].into_iter().flatten());
    steps
}

/// A client that had not received the server's end has not waited for it, whichever was captured first.
fn waited_for(client: &Ended, server: &Ended) -> bool {
    client.is_after(server).unwrap_or_else(|| server.is_before(client))
}

/// Whether the client's host had received more than the server's Close when it ended TCP.
fn has_more_than_close(client: &Ended, ends: &PerRole<Endpoint>) -> bool {
    let close_end = ends.server.close().and_then(|close| close.end);
    client.evidence.acked().zip(close_end).is_some_and(|(acked, end)| acked > end)
}

/// Whether the peer's host had received more than the Close of `role`: a FIN that the recording lacks, it may be.
fn may_have_ended(ends: &PerRole<Endpoint>, role: Role) -> bool {
    let close_end = ends[role].close().and_then(|close| close.end);
    ends[role.peer()].received.zip(close_end).is_some_and(|(received, end)| received > end)
}

/// How long the server kept TCP open after both Closes, if that is so long.
fn kept_open(ends: &PerRole<Endpoint>, until: Option<Timestamp>, min_ns: i64) -> Option<i64> {
    if ends.server.is_beyond_judgement() {
        return None; // Its end may be what the recording lacks.
    }
    // Without an acknowledgement of the client's Close the server may not have had it.
    ends.server.state.received()?;
    let since = had_both_at(&ends.server, &ends.client)?;
    Some(until?.since(since)).filter(|ns| *ns >= min_ns)
}

fn keeps(for_ns: i64, place: Place, findings: &mut Findings) {
    timed(Role::Server, ClServerImmediate { for_ns }, place, findings);
}

/// The peer has ended TCP by FIN after both Closes, and `role` has not: it owes its own end.
fn never(ends: &PerRole<Endpoint>, role: Role, tail: &Tail, findings: &mut Findings) -> Option<Step> {
    let (side, peer) = (&ends[role], &ends[role.peer()]);
    let fin = peer.end().filter(|end| end.how.is_orderly())?;
    if side.end().is_some() {
        return None;
    }
    let duty = duties::end_tcp(role, fin);
    // A FIN takes one sequence number behind the last byte (RFC 9293 3.4).
    let has_fin = fin.evidence.offset().is_some_and(|offset| side.received > Some(offset));
    let waited = tail.until.zip(fin.evidence.at()).map(|(until, fin)| until.since(fin));
    let may_have_ended = side.is_beyond_judgement() || may_have_ended(ends, role);
    match waited.filter(|ns| has_fin && !may_have_ended && *ns >= NEVER_NS) {
        Some(for_ns) => {
            let violation = ClTcpNever { for_ns };
            timed(role, violation, Place::at(Some(fin.evidence)), findings);
            Some(duty.settle(Seen::NothingFor(for_ns), StepVerdict::Broken))
        }
        None => Some(duty.settle(Seen::Nothing, StepVerdict::Unobserved)),
    }
}
