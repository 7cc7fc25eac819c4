//! What each side's application will have been told (RFC 6455 7.1.4 to 7.1.6; the WebSocket API for 1006).

use crate::model::{Because, Certainty, CloseCode, LocalView, Outcome, PerRole, Role, StreamEnd};
use crate::reference::Opening;
use crate::reference::endpoint::Endpoint;
use crate::reference::reaction::Judgement;
use crate::reference::state::{Ended, SentClose};

/// What the API of `role` will have reported.
pub(super) fn of(
    opening: &Opening,
    ends: &PerRole<Endpoint>,
    reactions: &PerRole<Judgement>,
    role: Role,
    outcome: Outcome,
) -> LocalView {
    if !opening.is_established(&ends.client) {
        return match (outcome, role) {
            (Outcome::HandshakeFailed, Role::Client) => abnormal(Because::NotEstablished, Certainty::Proven),
            // With its 101 the server takes the connection for established (4.2.2).
            (Outcome::HandshakeFailed, Role::Server) if opening.switches => {
                abnormal(Because::NoCloseReceived, Certainty::Proven)
            }
            (Outcome::HandshakeFailed, Role::Server) => {
                LocalView { certainty: Certainty::Proven, ..unknown(Because::NoConnection) }
            }
            (Outcome::Open, _) => unknown(Because::Open),
            _ => unknown(Because::NotRecorded),
        };
    }
    let (side, peer) = (&ends[role], &ends[role.peer()]);
    if outcome == Outcome::Open {
        let over = side.close().is_some() && peer.close().is_some();
        return unknown(if over { Because::TcpStillOpen } else { Because::Open });
    }
    // A Close it had read before the fault counts (7.1.5); one after it is not processed (7.1.7).
    let before = |fault| peer.close().is_some_and(|close| close.frame < fault);
    match reactions[role].failed_for {
        Some(failed) if failed.in_close => {
            return abnormal(Because::FailedForClose, Certainty::Undetermined);
        }
        Some(failed) if !before(failed.frame) => return abnormal(Because::Failed, Certainty::Likely),
        _ => {}
    }
    match peer.close() {
        Some(close) => closed(side, close),
        None if peer.lost => unknown(Because::NotRecorded),
        None if ended_itself(side, peer) => abnormal(Because::EndedByItsHost, Certainty::Likely),
        None => abnormal(Because::NoCloseReceived, Certainty::Proven),
    }
}

/// Whether TCP was ended in its name, and not in answer to the peer's end: its application may have been gone by
/// then, and a middlebox can reset in its name.
fn ended_itself(side: &Endpoint, peer: &Endpoint) -> bool {
    let answers = |end: &Ended| peer.end().is_some_and(|theirs| end.is_after(theirs) == Some(true));
    side.end().is_some_and(|end| match end.how {
        StreamEnd::Rst => true,
        StreamEnd::Fin => !answers(end),
        StreamEnd::Dropped | StreamEnd::Unobserved => false,
    })
}

/// The peer sent a Close: it counts if it arrived before this side gave TCP up.
fn closed(side: &Endpoint, close: &SentClose) -> LocalView {
    let arrived = side.has(close.end);
    let in_time = side.end().map_or(arrived, |end| end.knew(close));
    if arrived == Some(false) {
        return abnormal(Because::CloseNotReceived, Certainty::Likely);
    }
    if in_time == Some(false) {
        let fin = side.end().is_some_and(|end| end.how == StreamEnd::Fin);
        let because = if fin { Because::CloseAfterOwnEnd } else { Because::CloseNotReceived };
        return abnormal(because, Certainty::Likely);
    }
    let (was_clean, because) = match side.close() {
        Some(_) => (Some(true), Because::CloseReceived),
        None if side.lost => (None, Because::NotRecorded),
        None => (Some(false), Because::CloseNotAnswered),
    };
    // What its host had, its application has read only where it sent something for it. To a faulty Close it may have
    // failed the connection, with whatever code: the RFC leaves open what it reports then.
    let has_read = side.close().is_some() || side.has_read(close);
    let proven = arrived == Some(true) && in_time == Some(true) && has_read && !close.faulty;
    LocalView {
        code: Some(close.payload.code().unwrap_or(CloseCode::NO_STATUS_RCVD)),
        reason: close.payload.reason().cloned(),
        was_clean,
        because,
        certainty: if proven { Certainty::Proven } else { Certainty::Likely },
    }
}

const fn abnormal(because: Because, certainty: Certainty) -> LocalView {
    LocalView {
        code: Some(CloseCode::ABNORMAL_CLOSURE),
        reason: None,
        was_clean: Some(false),
        because,
        certainty,
    }
}

const fn unknown(because: Because) -> LocalView {
    LocalView { code: None, reason: None, was_clean: None, because, certainty: Certainty::Undetermined }
}
