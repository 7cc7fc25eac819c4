//! What each side had come to when the connection was over for it, and how far its own later packets show that: what its API
//! reports by (RFC 6455 7.1.4 to 7.1.7). What it then reports is its library's convention, and none of this room's.

use crate::knowledge::thresholds::DELAYED_ACK_NS;
use crate::model::{Certainty, CloseCode, LocalView, Outcome, PerRole, Role, RuleId, Situation, StreamEnd};
use crate::reference::Opening;
use crate::reference::endpoint::Endpoint;
use crate::reference::reaction::Judgement;
use crate::reference::state::{Ended, SentClose};

/// Of `role`, with nothing filled in of what its API makes of it.
pub(super) fn of(
    opening: &Opening,
    ends: &PerRole<Endpoint>,
    reactions: &PerRole<Judgement>,
    role: Role,
    outcome: Outcome,
) -> LocalView {
    let (situation, shown) = if opening.is_established(&ends.client) {
        established(&ends[role], &ends[role.peer()], &reactions[role], outcome)
    } else {
        match (outcome, role) {
            (Outcome::HandshakeFailed, Role::Client) => (Situation::NotEstablished, Certainty::Proven),
            // With its 101 the server takes the connection for established (4.2.2).
            (Outcome::HandshakeFailed, Role::Server) if opening.switches => {
                (Situation::NoClose, Certainty::Proven)
            }
            (Outcome::HandshakeFailed, Role::Server) => (Situation::NoConnection, Certainty::Proven),
            (Outcome::Open, _) => (Situation::Open, Certainty::Undetermined),
            (Outcome::Encrypted, _) => (Situation::Encrypted, Certainty::Undetermined),
            _ => (Situation::NotRecorded, Certainty::Undetermined),
        }
    };
    LocalView::new(situation, shown)
}

fn established(
    side: &Endpoint,
    peer: &Endpoint,
    judgement: &Judgement,
    outcome: Outcome,
) -> (Situation, Certainty) {
    if let Some(failed) = failed(side, peer, judgement) {
        return (failed, Certainty::Likely);
    }
    match (peer.close(), outcome) {
        (theirs, Outcome::Open) => still_open(side, theirs),
        (Some(theirs), _) => closed(side, peer, theirs),
        (None, _) if peer.lost => (Situation::NotRecorded, Certainty::Undetermined),
        (None, _) => not_closed(side, peer),
    }
}

/// Whether it failed the connection, after which it processes no answer (7.1.7).
fn failed(side: &Endpoint, peer: &Endpoint, judgement: &Judgement) -> Option<Situation> {
    // A Close it had read before the fault counts (7.1.5).
    let before = |fault| peer.close().is_some_and(|close| close.frame < fault);
    match judgement.failed_for {
        Some(failed) if failed.in_close => return Some(Situation::FailedForClose),
        Some(failed) if !before(failed.frame) => {
            let is_said = side.close().is_some();
            return Some(match failed.rule {
                _ if !is_said => Situation::FailedSilently,
                RuleId::PmdInflate | RuleId::PmdCtxLost => Situation::FailedToInflate,
                _ => Situation::Failed,
            });
        }
        _ => {}
    }
    let says_so = side.close()?.payload.code().is_some_and(speaks_of_a_fault);
    (says_so && !side.echoes(peer)).then_some(Situation::FailedUnfounded)
}

/// Codes that a library sends when it fails the connection.
const fn speaks_of_a_fault(code: CloseCode) -> bool {
    matches!(code.0, 1002 | 1003 | 1007 | 1009)
}

fn still_open(side: &Endpoint, theirs: Option<&SentClose>) -> (Situation, Certainty) {
    let has_theirs = theirs.is_some_and(|theirs| side.has(theirs.end) != Some(false));
    match side.close() {
        Some(_) if has_theirs => (Situation::ClosesExchanged, Certainty::Likely),
        Some(_) => (Situation::AwaitsAnswer, Certainty::Likely),
        None => (Situation::Open, Certainty::Undetermined),
    }
}

/// TCP is over, and no Close came.
fn not_closed(side: &Endpoint, peer: &Endpoint) -> (Situation, Certainty) {
    let after_end = |own: &SentClose| peer.end().and_then(|theirs| own.knew_end(theirs)) == Some(true);
    let own = side.close().filter(|own| !after_end(own));
    if ended_itself(side, peer) {
        let situation = if own.is_some() { Situation::Unanswered } else { Situation::EndedItself };
        return (situation, Certainty::Likely);
    }
    // A process that is stopped or gone has its host acknowledge too: only what it sends for the end shows that it heard of it.
    let answers = side.end().zip(peer.end()).is_some_and(|(end, theirs)| end.is_after(theirs) == Some(true));
    let shown = answers || side.close().is_some_and(after_end);
    let situation = if own.is_some() { Situation::Unanswered } else { Situation::NoClose };
    (situation, if shown { Certainty::Proven } else { Certainty::Likely })
}

/// Whether TCP was ended in its name, and not in answer to the peer's end: its application may have been gone by
/// then, and a middlebox can reset in its name.
fn ended_itself(side: &Endpoint, peer: &Endpoint) -> bool {
    let answers = |end: &Ended| peer.end().is_some_and(|theirs| end.is_after(theirs) == Some(true));
    side.end().is_some_and(|end| match end.how {
        StreamEnd::Rst | StreamEnd::RstStream(_) => true,
        StreamEnd::Fin | StreamEnd::EndStream => !answers(end),
        StreamEnd::Dropped | StreamEnd::Unobserved => false,
    })
}

/// TCP is over, and the peer sent a Close: it counts if it arrived before this side gave TCP up.
fn closed(side: &Endpoint, peer: &Endpoint, theirs: &SentClose) -> (Situation, Certainty) {
    let arrived = side.has(theirs.end);
    // Behind its END_STREAM a side reads on.
    let in_time = side.end().filter(|_| !side.half_closed).map_or(arrived, |end| end.knew(theirs));
    let reset = reset(side, peer);
    if let Some(end) = side.end().filter(|_| in_time == Some(false)) {
        // A socket that is closed answers what still comes by RST; one that is shut for sending only acknowledges it.
        let reads_on = end.how.is_orderly() && arrived == Some(true);
        let situation = match side.close() {
            _ if reads_on => Situation::HalfShut,
            Some(_) => Situation::Left,
            None => Situation::EndedItself,
        };
        return (situation, Certainty::Likely);
    }
    if arrived == Some(false) {
        // After an RST a host acknowledges nothing: what lay right before it may have arrived all the same.
        let is_close = reset.and_then(|reset| Some(reset.evidence.at()?.since(theirs.evidence.at()?)));
        let is_behind = is_close.is_some_and(|ns| ns <= DELAYED_ACK_NS);
        let situation = if is_behind { Situation::ResetBehind } else { Situation::Undelivered };
        return (situation, Certainty::Likely);
    }
    let Some(own) = side.close() else {
        // What its host had, its application has read only where it sent something for it.
        // A stream of HTTP/2 is reset by its library, which had the end of the peer's half.
        let resets = side.end().filter(|end| matches!(end.how, StreamEnd::RstStream(_)));
        let had_end = resets.zip(peer.end()).is_some_and(|(end, theirs)| end.is_after(theirs) == Some(true));
        let has_read = arrived == Some(true) && in_time == Some(true) && (side.has_read(theirs) || had_end);
        let situation = match reset {
            _ if side.lost => Situation::MaybeAnswered,
            Some(_) => Situation::ResetBehind,
            None if arrived.is_some() && !has_read => Situation::Unread,
            None => Situation::NotAnswered,
        };
        return (situation, if has_read { Certainty::Proven } else { Certainty::Likely });
    };
    let situation = match (own.answers(theirs), theirs.answers(own)) {
        _ if peer.more_behind_close => Situation::MoreBehind,
        _ if reset.is_some() => Situation::ResetAfterCloses,
        (true, _) if theirs.faulty => Situation::AnsweredFaulty,
        (true, _) => Situation::Answered,
        (false, true) => Situation::ClosedFirst,
        (false, false) => Situation::Crossed,
    };
    // To its own Close a process that is gone or stopped waits for nothing: its FIN, which had the peer's, is the answer to that.
    let ends_for_it = side.end().is_some_and(|end| end.how.is_orderly());
    let has_read = own.answers(theirs) || side.has_read(theirs) || ends_for_it;
    // To a faulty Close it may have failed the connection, with whatever code: the RFC leaves open what it reports then.
    let proven = arrived == Some(true) && in_time == Some(true) && has_read && !theirs.faulty;
    (situation, if proven { Certainty::Proven } else { Certainty::Likely })
}

/// The RST in the peer's name by which TCP was over for this side.
fn reset<'a>(side: &Endpoint, peer: &'a Endpoint) -> Option<&'a Ended> {
    let reset = peer.end().filter(|end| end.how.is_reset())?;
    side.end().filter(|_| !side.half_closed).is_none_or(|own| !own.is_own(reset)).then_some(reset)
}
