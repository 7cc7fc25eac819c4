//! The closing handshake and the end of TCP: who started, what was owed, what each side will have been told
//! (RFC 6455 7).

use crate::model::finding::Because;
use crate::model::{
    Action, Certainty, CloseCode, Closing, Level, LocalView, Outcome, PerRole, ResetWhen, Role, RuleId, Seen,
    SideClose, StartEvidence, Starter, Step, StepVerdict, StreamEnd, TcpEnd, Violation,
};
use crate::replay::endpoint::{Ended, Endpoint, SentClose};
use crate::replay::reaction::Judgement;
use crate::replay::{Findings, Handshake, Place};

/// Draws the conclusions once the recording is over.
pub(super) fn conclude(
    handshake: &Handshake,
    ends: &PerRole<Endpoint>,
    reactions: &PerRole<Judgement>,
    idle_before_close_ns: Option<i64>,
    findings: &mut Findings,
) -> Closing {
    let first_end = first_end(ends);
    let outcome = outcome(handshake, ends, first_end.as_ref());
    let (started_by, evidence) = started(ends, outcome, first_end.as_ref());
    let mut steps = Vec::new();
    for role in Role::BOTH {
        steps.extend_from_slice(&reactions[role].steps);
    }
    if handshake.is_established(&ends.client) {
        steps.extend(answer_step(ends, reactions, started_by, findings));
        steps.extend(tcp_order_step(ends, findings));
        notes(ends, started_by, outcome, findings);
    }
    let sees = PerRole {
        client: local_view(handshake, ends, reactions, Role::Client, outcome),
        server: local_view(handshake, ends, reactions, Role::Server, outcome),
    };
    let failed_for = Role::BOTH
        .into_iter()
        .find_map(|role| reactions[role].failed_for.map(|failed| (role.peer(), failed.rule, failed.frame)));
    Closing {
        outcome,
        started_by,
        evidence,
        sides: PerRole { client: side_close(&ends.client), server: side_close(&ends.server) },
        first_end,
        ends: PerRole { client: tcp_end(&ends.client), server: tcp_end(&ends.server) },
        sees,
        idle_before_close_ns,
        steps,
        failed_for,
    }
}

fn tcp_end(side: &Endpoint) -> Option<TcpEnd> {
    side.end.as_ref().map(|end| TcpEnd {
        by: side.role,
        how: end.how,
        at: end.evidence.at(),
        packet: end.evidence.packet(),
    })
}

/// The end that came first: by acknowledgement numbers where they tell, else by the order of the recording.
fn first_end(ends: &PerRole<Endpoint>) -> Option<TcpEnd> {
    match (&ends.client.end, &ends.server.end) {
        (Some(client), Some(server)) => {
            let server_first = match (ended_after(client, server), ended_after(server, client)) {
                (Some(true), Some(false)) => true,
                (Some(false), Some(true)) => false,
                _ => server.is_before(client),
            };
            tcp_end(if server_first { &ends.server } else { &ends.client })
        }
        (Some(_), None) => tcp_end(&ends.client),
        (None, _) => tcp_end(&ends.server),
    }
}

/// Whether the sender of `end` had received `theirs` by then; `None` where nothing tells.
fn ended_after(end: &Ended, theirs: &Ended) -> Option<bool> {
    match theirs.how {
        // A FIN takes one sequence number behind the last byte (RFC 9293 3.4).
        StreamEnd::Fin => Some(end.evidence.acked()? > theirs.evidence.offset()?),
        // A host that has received an RST sends no FIN any more; an RST it may answer with one.
        StreamEnd::Rst if end.how == StreamEnd::Fin => Some(false),
        StreamEnd::Rst | StreamEnd::Dropped | StreamEnd::Unobserved => None,
    }
}

fn side_close(side: &Endpoint) -> SideClose {
    side.close.as_ref().map_or_else(SideClose::default, |close| SideClose {
        sent_close: true,
        code: close.payload.code(),
        reason: close.payload.reason().map(str::to_owned),
        at: close.evidence.at(),
        frame: Some(close.frame),
        packet: close.evidence.packet(),
    })
}

fn outcome(handshake: &Handshake, ends: &PerRole<Endpoint>, first_end: Option<&TcpEnd>) -> Outcome {
    let lost = ends.client.lost || ends.server.lost;
    if !handshake.is_established(&ends.client) {
        return match (handshake.status, first_end) {
            (Some(_), _) => Outcome::HandshakeFailed,
            (None, _) if lost => Outcome::NotObservable,
            (None, Some(_)) => Outcome::HandshakeFailed,
            (None, None) => Outcome::Open,
        };
    }
    match (&ends.client.close, &ends.server.close, first_end) {
        (Some(_), Some(_), Some(end)) if end.how == StreamEnd::Rst => Outcome::CleanTcpReset,
        (Some(_), Some(_), Some(_)) => Outcome::Clean,
        (_, _, None) => Outcome::Open,
        (None, _, _) if ends.client.lost => Outcome::NotObservable,
        (_, None, _) if ends.server.lost => Outcome::NotObservable,
        (None, None, Some(end)) if end.how == StreamEnd::Rst => Outcome::Reset,
        (None, None, Some(_)) => Outcome::NoCloseFrame,
        _ => Outcome::CloseUnanswered,
    }
}

fn started(
    ends: &PerRole<Endpoint>,
    outcome: Outcome,
    first_end: Option<&TcpEnd>,
) -> (Option<Starter>, StartEvidence) {
    match (&ends.client.close, &ends.server.close) {
        (Some(client), Some(server)) => {
            match (knew(client, server), knew(server, client)) {
                (Some(true), Some(false)) => {
                    (Some(Starter::One(Role::Server)), StartEvidence::Acknowledgement)
                }
                (Some(false), Some(true)) => {
                    (Some(Starter::One(Role::Client)), StartEvidence::Acknowledgement)
                }
                (Some(false), Some(false)) => (Some(Starter::Both), StartEvidence::Acknowledgement),
                // One acknowledgement is missing, or the two contradict each other.
                _ => {
                    let first = if client.frame < server.frame { Role::Client } else { Role::Server };
                    (Some(Starter::One(first)), StartEvidence::Order)
                }
            }
        }
        // The other side's Close may be in a gap, and have come before.
        (Some(_), None) if ends.server.lost => (None, StartEvidence::Undetermined),
        (None, Some(_)) if ends.client.lost => (None, StartEvidence::Undetermined),
        (Some(_), None) => (Some(Starter::One(Role::Client)), StartEvidence::OnlyClose),
        (None, Some(_)) => (Some(Starter::One(Role::Server)), StartEvidence::OnlyClose),
        (None, None) => match first_end {
            Some(end) if outcome != Outcome::NotObservable => {
                (Some(Starter::One(end.by)), StartEvidence::TcpEnd)
            }
            _ => (None, StartEvidence::Undetermined),
        },
    }
}

/// Whether the sender of `close` had received `theirs` when it sent it.
fn knew(close: &SentClose, theirs: &SentClose) -> Option<bool> {
    Some(close.evidence.acked()? >= theirs.end?)
}

/// Whether the TCP end of `side` left after its host had received `close`.
fn ended_knowing(end: &Ended, close: &SentClose) -> Option<bool> {
    Some(end.evidence.acked()? >= close.end?)
}

/// The answer to the first Close (5.5.1).
fn answer_step(
    ends: &PerRole<Endpoint>,
    reactions: &PerRole<Judgement>,
    started_by: Option<Starter>,
    findings: &mut Findings,
) -> Option<Step> {
    let Some(Starter::One(starter)) = started_by else { return None };
    let close = ends[starter].close.as_ref()?;
    let owing = starter.peer();
    let side = &ends[owing];
    let step = |seen, verdict| {
        Some(Step { rule: RuleId::ClReply, owed_by: owing, action: Action::AnswerClose, seen, verdict })
    };
    let since_close = |at: Option<crate::model::Timestamp>| Some(at?.since(close.evidence.at()?));
    if let Some(answer) = &side.close {
        let seen = Seen::Close {
            frame: answer.frame,
            code: answer.payload.code(),
            after_ns: since_close(answer.evidence.at()),
        };
        return step(seen, StepVerdict::Met);
    }
    if reactions[owing].failed_for.is_some() {
        // Failing the connection takes the place of the answer (7.1.7).
        return step(Seen::NothingMore, StepVerdict::NotApplicable);
    }
    let Some(end) = &side.end else {
        let seen = ends[starter].end.as_ref().map_or(Seen::Nothing, |end| Seen::PeerEndedTcp(end.how));
        return step(seen, StepVerdict::Unobserved);
    };
    let seen = Seen::TcpEnd { how: end.how, after_ns: since_close(end.evidence.at()) };
    match ended_knowing(end, close) {
        // It had ended TCP before the Close arrived: there was nothing to answer.
        Some(false) => step(seen, StepVerdict::NotApplicable),
        _ if side.lost => step(seen, StepVerdict::Unobserved),
        known => {
            let certainty = if known == Some(true) { Certainty::Proven } else { Certainty::Likely };
            let violation = Violation::NoReply { close: close.frame, how: end.how };
            let place = Place::at(Some(end.evidence));
            findings.add_as(Some(owing), violation, Level::Must, certainty, place);
            step(seen, StepVerdict::Broken)
        }
    }
}

/// After both Closes the server ends TCP first (7.1.1).
fn tcp_order_step(ends: &PerRole<Endpoint>, findings: &mut Findings) -> Option<Step> {
    let (client_close, server_close) = (ends.client.close.as_ref()?, ends.server.close.as_ref()?);
    let both_at = client_close.evidence.at().max(server_close.evidence.at());
    let step = |owed_by, action, seen, verdict| {
        Some(Step { rule: RuleId::ClTcpServerFirst, owed_by, action, seen, verdict })
    };
    let since = |end: &Ended| Some(end.evidence.at()?.since(both_at?));
    let ended = |end: &Ended| Seen::TcpEnd { how: end.how, after_ns: since(end) };
    match (&ends.client.end, &ends.server.end) {
        (None, None) => step(Role::Server, Action::EndTcpFirst, Seen::Nothing, StepVerdict::Unobserved),
        (None, Some(server)) => step(Role::Server, Action::EndTcpFirst, ended(server), StepVerdict::Met),
        // A log knows who called close(), not whose FIN came first.
        (Some(client), None) if client.how == StreamEnd::Dropped => {
            step(Role::Client, Action::LeaveTcpToServer, ended(client), StepVerdict::Unobserved)
        }
        // It acknowledges more than the server's Close: a FIN that the recording lacks.
        (Some(client), None) if client.evidence.acked() > server_close.end && server_close.end.is_some() => {
            step(Role::Server, Action::EndTcpFirst, Seen::Nothing, StepVerdict::Unobserved)
        }
        (Some(client), server) => {
            // A client that had not received the server's end has not waited for it, whichever was captured first.
            let had_server_end =
                |server: &Ended| ended_after(client, server).unwrap_or_else(|| server.is_before(client));
            match server {
                Some(server) if had_server_end(server) => {
                    step(Role::Server, Action::EndTcpFirst, ended(server), StepVerdict::Met)
                }
                _ => {
                    let place = Place::at(Some(client.evidence));
                    findings.add(Some(Role::Client), Violation::ClientEndedTcpFirst, place);
                    step(Role::Client, Action::LeaveTcpToServer, ended(client), StepVerdict::Broken)
                }
            }
        }
    }
}

/// What is worth saying about the end though nobody may be to blame.
fn notes(ends: &PerRole<Endpoint>, started_by: Option<Starter>, outcome: Outcome, findings: &mut Findings) {
    if let (Some(Starter::Both), Some(client), Some(server)) =
        (started_by, &ends.client.close, &ends.server.close)
    {
        let later = if client.frame < server.frame { server } else { client };
        findings.add(None, Violation::Crossing, Place::frame(later.frame, later.evidence));
    }
    if let (Some(Starter::One(starter)), Some(client), Some(server)) =
        (started_by, &ends.client.close, &ends.server.close)
    {
        let (close, answer) = if starter == Role::Client { (client, server) } else { (server, client) };
        let (received, sent) = (close.payload.code(), answer.payload.code());
        if received != sent {
            let place = Place::frame(answer.frame, answer.evidence);
            findings.add(Some(starter.peer()), Violation::OtherCode { received, sent }, place);
        }
    }
    let closes = [&ends.client.close, &ends.server.close].iter().filter(|close| close.is_some()).count();
    for role in Role::BOTH {
        let side = &ends[role];
        let Some(end) = &side.end else { continue };
        let place = Place::at(Some(end.evidence));
        if end.how == StreamEnd::Rst {
            let (when, level) = match closes {
                0 => (ResetWhen::BeforeClose, Level::Should),
                1 => (ResetWhen::BetweenCloses, Level::Should),
                _ => (ResetWhen::AfterCloses, Level::Note),
            };
            // A middlebox can send an RST in anybody's name.
            findings.add_as(Some(role), Violation::Reset(when), level, Certainty::Likely, place);
        }
        let is_first = first_end(ends).is_some_and(|first| first.by == role);
        if is_first && matches!(outcome, Outcome::NoCloseFrame | Outcome::Reset) {
            findings.add(Some(role), Violation::NoCloseFrame(end.how), place);
        }
    }
}

/// What the API of `role` will have reported (7.1.4 to 7.1.6, and the WebSocket API for 1006).
fn local_view(
    handshake: &Handshake,
    ends: &PerRole<Endpoint>,
    reactions: &PerRole<Judgement>,
    role: Role,
    outcome: Outcome,
) -> LocalView {
    let abnormal = |because| LocalView {
        code: Some(CloseCode::ABNORMAL_CLOSURE),
        reason: None,
        was_clean: Some(false),
        because,
    };
    let unknown = |because| LocalView { code: None, reason: None, was_clean: None, because };
    if !handshake.is_established(&ends.client) {
        return match (outcome, role) {
            (Outcome::HandshakeFailed, Role::Client) => abnormal(Because::NotEstablished),
            // With its 101 the server takes the connection for established (4.2.2).
            (Outcome::HandshakeFailed, Role::Server) if handshake.switches => {
                abnormal(Because::NoCloseReceived)
            }
            (Outcome::HandshakeFailed, Role::Server) => unknown(Because::NoConnection),
            (Outcome::Open, _) => unknown(Because::Open),
            _ => unknown(Because::NotRecorded),
        };
    }
    let (side, peer) = (&ends[role], &ends[role.peer()]);
    if outcome == Outcome::Open {
        let over = side.close.is_some() && peer.close.is_some();
        return unknown(if over { Because::TcpStillOpen } else { Because::Open });
    }
    match reactions[role].failed_for {
        Some(failed) if failed.in_close => return abnormal(Because::FailedForClose),
        Some(_) => return abnormal(Because::Failed),
        None => {}
    }
    let Some(close) = &peer.close else {
        let view = if peer.lost { unknown(Because::NotRecorded) } else { abnormal(Because::NoCloseReceived) };
        return view;
    };
    // Received by the host, and before this side gave TCP up: only then can its API have seen it.
    let arrived = side.has(close.end) != Some(false);
    let in_time = side.end.as_ref().is_none_or(|end| ended_knowing(end, close) != Some(false));
    if !arrived || !in_time {
        return abnormal(Because::CloseNotReceived);
    }
    let (was_clean, because) = match side.close {
        Some(_) => (Some(true), Because::CloseReceived),
        None if side.lost => (None, Because::NotRecorded),
        None => (Some(false), Because::CloseNotAnswered),
    };
    LocalView {
        code: Some(close.payload.code().unwrap_or(CloseCode::NO_STATUS_RCVD)),
        reason: close.payload.reason().map(str::to_owned),
        was_clean,
        because,
    }
}
