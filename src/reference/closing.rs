//! The closing handshake and the end of TCP: who started, what was owed, what each side will have been told
//! (RFC 6455 7).

mod early;
mod situations;
mod steps;

pub(super) use steps::had_both_at;

use crate::knowledge::rules::{ClAbnormal, ClCross, ClEcho, ClRst, ResetWhen};
use crate::knowledge::thresholds::SENT_AGAIN_NS;
use crate::model::{
    Certainty, Closing, Level, Outcome, PerRole, Role, SideClose, StartEvidence, Starter, StreamEnd, Tail,
    TcpEnd,
};
use crate::reference::closing::early::LeftEarly;
use crate::reference::duties;
use crate::reference::endpoint::Endpoint;
use crate::reference::findings::{Findings, Place};
use crate::reference::opening::Opening;
use crate::reference::reaction::Judgement;
use crate::reference::state::{Ended, SentClose};

/// Draws the conclusions once the recording is over.
pub(super) fn conclude(
    opening: &Opening,
    ends: &PerRole<Endpoint>,
    reactions: &PerRole<Judgement>,
    idle_before_close_ns: Option<i64>,
    tail: &Tail,
    findings: &mut Findings,
) -> Closing {
    let order = EndOrder::of(ends);
    let outcome = outcome(opening, ends, order, tail);
    let (started_by, evidence) = started(ends, outcome, order);
    let mut steps = Vec::new();
    for role in Role::BOTH {
        steps.extend_from_slice(&reactions[role].steps);
    }
    if opening.is_established(&ends.client) && opening.is_judged() {
        let early = early::find(ends, reactions, findings);
        steps.extend(steps::answer(ends, reactions, started_by, &early, tail, findings));
        steps.extend(steps::tcp(ends, &early, tail, findings));
        notes(ends, started_by.zip(Some(evidence)), (outcome, order), &early, findings);
    }
    // Behind a TLS handshake that failed no opening handshake could begin.
    let came_to = match (outcome, order) {
        (Outcome::Encrypted, EndOrder::Open) => outcome,
        (Outcome::Encrypted, _) if tail.not_secured => Outcome::HandshakeFailed,
        _ => outcome,
    };
    let mut sees = PerRole {
        client: situations::of(opening, ends, reactions, Role::Client, came_to),
        server: situations::of(opening, ends, reactions, Role::Server, came_to),
    };
    if findings.assuming {
        for role in Role::BOTH {
            sees[role].certainty = sees[role].certainty.min(Certainty::Likely);
        }
    }
    // Where both failed for something, the second may only have answered.
    let failing = match started_by {
        Some(Starter::One(Role::Server)) => [Role::Server, Role::Client],
        _ => Role::BOTH,
    };
    let failed_for = failing
        .into_iter()
        .find_map(|role| reactions[role].failed_for.map(|failed| (role.peer(), failed.rule, failed.frame)));
    Closing {
        outcome,
        started_by,
        evidence,
        sides: PerRole {
            client: side_close(opening, ends, Role::Client),
            server: side_close(opening, ends, Role::Server),
        },
        first_end: order.role().and_then(|role| tcp_end(&ends[role])),
        ends_crossed: matches!(order, EndOrder::Crossed(_)),
        ends: PerRole { client: tcp_end(&ends.client), server: tcp_end(&ends.server) },
        sees,
        idle_before_close_ns,
        steps,
        cause: None,
        spoken: None,
        failed_for,
        framing_lost: PerRole { client: ends.client.unframed, server: ends.server.unframed },
    }
}

fn tcp_end(side: &Endpoint) -> Option<TcpEnd> {
    side.end().map(|end| TcpEnd {
        by: side.role,
        how: end.how,
        at: end.evidence.at(),
        packet: end.evidence.packet(),
    })
}

/// Which end of TCP came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EndOrder {
    /// Neither side has ended.
    Open,
    /// This side's, as acknowledgement numbers show, or as the only one.
    First(Role),
    /// This side's by the order of the recording; acknowledgement numbers do not decide.
    Recorded(Role),
    /// Neither had received the other's when it sent its own; this one was recorded first.
    Crossed(Role),
}

impl EndOrder {
    fn of(ends: &PerRole<Endpoint>) -> Self {
        let (client, server) = match (ends.client.end(), ends.server.end()) {
            (Some(client), Some(server)) => (client, server),
            (Some(_), None) => return Self::First(Role::Client),
            (None, Some(_)) => return Self::First(Role::Server),
            (None, None) => return Self::Open,
        };
        let (recorded, first, second) = if server.is_before(client) {
            (Role::Server, server, client)
        } else {
            (Role::Client, client, server)
        };
        match (client.is_after(server), server.is_after(client)) {
            (Some(true), Some(true)) => Self::Recorded(recorded),
            (Some(true), _) => Self::First(Role::Server),
            (_, Some(true)) => Self::First(Role::Client),
            (Some(false), Some(false)) => Self::Crossed(recorded),
            // An RST without acknowledgement number may answer a FIN recorded before it, not one after it.
            _ if first.how.is_reset() && second.how.is_orderly() => Self::Crossed(recorded),
            _ => Self::Recorded(recorded),
        }
    }

    const fn role(self) -> Option<Role> {
        match self {
            Self::Open => None,
            Self::First(role) | Self::Recorded(role) | Self::Crossed(role) => Some(role),
        }
    }

    /// Whether TCP ended by RST: that of the first side, or of either where the ends crossed, whichever the
    /// recording has first.
    fn is_reset(self, ends: &PerRole<Endpoint>) -> bool {
        let reset = |role: Role| ends[role].end().is_some_and(|end| end.how.is_reset());
        match self {
            Self::Open => false,
            Self::First(role) | Self::Recorded(role) => reset(role),
            Self::Crossed(_) => reset(Role::Client) || reset(Role::Server),
        }
    }
}

fn side_close(opening: &Opening, ends: &PerRole<Endpoint>, role: Role) -> SideClose {
    let (side, peer) = (&ends[role], &ends[role.peer()]);
    let state = side.lifecycle(peer);
    let Some(close) = side.close() else {
        // A hole may hide one, and what cannot be read.
        let sent_close = if side.lost || opening.is_encrypted { None } else { Some(false) };
        return SideClose { sent_close, state, ..SideClose::default() };
    };
    SideClose {
        sent_close: Some(true),
        code: close.payload.code(),
        reason: close.payload.reason().cloned(),
        at: close.evidence.at(),
        frame: Some(close.frame),
        packet: close.evidence.packet(),
        reached: peer.has(close.end),
        reached_at: peer.state.received().and_then(|received| received.at),
        state,
    }
}

fn outcome(opening: &Opening, ends: &PerRole<Endpoint>, order: EndOrder, tail: &Tail) -> Outcome {
    let lost = ends.client.lost || ends.server.lost;
    if opening.is_encrypted {
        return Outcome::Encrypted;
    }
    if !opening.is_established(&ends.client) {
        return match (opening.status, order) {
            (Some(_), _) => Outcome::HandshakeFailed,
            (None, _) if tail.not_connected => Outcome::HandshakeFailed,
            (None, _) if lost || tail.cut => Outcome::NotObservable,
            (None, EndOrder::Open) => Outcome::Open,
            (None, _) => Outcome::HandshakeFailed,
        };
    }
    match (ends.client.close(), ends.server.close(), order) {
        (_, _, EndOrder::Open) if tail.cut => Outcome::NotObservable,
        (_, _, EndOrder::Open) => Outcome::Open,
        (Some(_), Some(_), _) if early::cut_short(ends) => Outcome::CloseCutShort,
        (Some(_), Some(_), _) if order.is_reset(ends) => Outcome::CleanTcpReset,
        (Some(_), Some(_), _) => Outcome::Clean,
        (None, _, _) if ends.client.lost => Outcome::NotObservable,
        (_, None, _) if ends.server.lost => Outcome::NotObservable,
        (None, None, _) if order.is_reset(ends) => Outcome::Reset,
        (None, None, _) => Outcome::NoCloseFrame,
        (client, server, _) => {
            let mut closes = [(client, &ends.server), (server, &ends.client)].into_iter();
            let is_into_nothing =
                closes.any(|(close, peer)| close.is_some_and(|close| into_nothing(close, peer)));
            if is_into_nothing { Outcome::NoCloseFrame } else { Outcome::CloseUnanswered }
        }
    }
}

/// The only Close was sent when the peer had ended TCP, as its sender knew, and the peer's host took no byte of it: there was no
/// connection left to close.
fn into_nothing(close: &SentClose, peer: &Endpoint) -> bool {
    let knew_end = peer.end().and_then(|end| close.knew_end(end)) == Some(true);
    knew_end && peer.has(close.end) == Some(false)
}

fn started(ends: &PerRole<Endpoint>, outcome: Outcome, order: EndOrder) -> (Option<Starter>, StartEvidence) {
    match (ends.client.close(), ends.server.close()) {
        (Some(client), Some(server)) => {
            match (knew(client, &ends.client, server), knew(server, &ends.server, client)) {
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
        (Some(close), None) => only_close(close, Role::Client, ends.server.end()),
        (None, Some(close)) => only_close(close, Role::Server, ends.client.end()),
        (None, None) if matches!(outcome, Outcome::NotObservable | Outcome::Encrypted) => {
            (None, StartEvidence::Undetermined)
        }
        (None, None) => match order {
            EndOrder::First(role) => (Some(Starter::One(role)), StartEvidence::TcpEnd),
            EndOrder::Recorded(role) => (Some(Starter::One(role)), StartEvidence::Order),
            EndOrder::Crossed(_) => (Some(Starter::Both), StartEvidence::Acknowledgement),
            EndOrder::Open => (None, StartEvidence::Undetermined),
        },
    }
}

/// Whether `close` of `side` left after its host had received `theirs`. Where its FIN was recorded long before, this is a
/// copy that was sent again: it left before that FIN, and what it acknowledges itself says nothing.
fn knew(close: &SentClose, side: &Endpoint, theirs: &SentClose) -> Option<bool> {
    let is_long_before = |end: &&Ended| {
        let ns = close.evidence.at().zip(end.evidence.at()).map(|(close, end)| close.since(end));
        end.how.is_orderly() && ns.is_some_and(|ns| ns >= SENT_AGAIN_NS)
    };
    match side.end().filter(is_long_before) {
        Some(fin) => fin.knew(theirs).filter(|knew| !knew),
        None => close.knew(theirs),
    }
}

/// The only Close, of `role`, held against the peer's end of TCP: it may be the answer to that, or have crossed it.
fn only_close(close: &SentClose, role: Role, peers: Option<&Ended>) -> (Option<Starter>, StartEvidence) {
    let knew = peers.map(|end| (end.was_known_to(close), end.knew(close)));
    match knew {
        Some((Some(true), _)) => (Some(Starter::One(role.peer())), StartEvidence::Acknowledgement),
        Some((Some(false), Some(false))) => (Some(Starter::Both), StartEvidence::Acknowledgement),
        _ => (Some(Starter::One(role)), StartEvidence::OnlyClose),
    }
}

/// What is worth saying about the end though nobody may be to blame.
fn notes(
    ends: &PerRole<Endpoint>,
    started: Option<(Starter, StartEvidence)>,
    (outcome, order): (Outcome, EndOrder),
    early: &LeftEarly,
    findings: &mut Findings,
) {
    if let (Some((Starter::Both, _)), Some(later)) = (started, duties::later_close(ends)) {
        findings.add(None, ClCross, Place::frame(later.frame, later.evidence));
    }
    if let (Some((Starter::One(starter), evidence)), Some(client), Some(server)) =
        (started, ends.client.close(), ends.server.close())
    {
        let (close, answer) = if starter == Role::Client { (client, server) } else { (server, client) };
        let (received, sent) = (close.payload.code(), answer.payload.code());
        if received != sent {
            let place = Place::frame(answer.frame, answer.evidence);
            let certainty = match evidence {
                StartEvidence::Order => Certainty::Likely,
                _ => Certainty::Proven,
            };
            let violation = ClEcho { received, sent };
            findings.add_as(Some(starter.peer()), violation, Level::Note, certainty, place);
        }
    }
    let closes = [ends.client.close(), ends.server.close()].iter().flatten().count();
    let may_hide_close = Role::BOTH.iter().any(|&role| ends[role].close().is_none() && ends[role].lost);
    let is_misread = ends.client.unframed.is_some() || ends.server.unframed.is_some();
    for role in Role::BOTH {
        let side = &ends[role];
        let Some(end) = side.end() else { continue };
        let place = Place::at(Some(end.evidence));
        // What resets a stream says why; the rule is of TCP.
        if end.how == StreamEnd::Rst {
            let (when, level) = match closes {
                _ if may_hide_close || is_misread => (ResetWhen::Unknown, Level::Note),
                0 => (ResetWhen::BeforeClose, Level::Should),
                1 => (ResetWhen::BetweenCloses, Level::Should),
                _ => (ResetWhen::AfterCloses, Level::Note),
            };
            // Who was left has nobody to send the rest to.
            let peer = &ends[role.peer()];
            let was_left = early[role.peer()].is_some() && peer.end().is_some_and(|left| !end.is_own(left));
            let level = if was_left { Level::Note } else { level };
            // A middlebox can send an RST in anybody's name.
            findings.add_as(Some(role), ClRst { when }, level, Certainty::Likely, place);
        }
        let is_first = order.role() == Some(role) || matches!(order, EndOrder::Crossed(_));
        let is_bare = matches!(outcome, Outcome::NoCloseFrame | Outcome::Reset);
        // The peer's Close came in answer to this end.
        let is_answered = outcome == Outcome::CloseUnanswered
            && side.close().is_none()
            && started.is_some_and(|(starter, _)| starter == Starter::One(role));
        if (is_first && is_bare) || is_answered {
            let violation = ClAbnormal { how: end.how };
            findings.add_as(Some(role), violation, Level::Note, early::by_end(end), place);
        }
    }
}
