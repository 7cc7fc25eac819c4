//! Who ended TCP before the closing handshake was complete (RFC 6455 7.1.1, 7.1.2, 7.1.4).

use crate::knowledge::rules::{ClTcpEarly, ClosingProgress};
use crate::knowledge::thresholds::CLIENT_WAITED_NS;
use crate::model::{Certainty, Level, PerRole, Role, StreamEnd};
use crate::reference::endpoint::Endpoint;
use crate::reference::findings::{Findings, Place};
use crate::reference::reaction::Judgement;
use crate::reference::state::Ended;

/// A side left: it ended TCP of its own, before the closing handshake was complete for it, and had not waited.
#[derive(Clone, Copy, Debug)]
pub(super) struct Early {
    /// It had failed the connection, and waits for nothing (7.1.7).
    pub(super) failed: bool,
}

pub(super) type LeftEarly = PerRole<Option<Early>>;

/// Finds who left, and says so.
pub(super) fn find(
    ends: &PerRole<Endpoint>,
    reactions: &PerRole<Judgement>,
    findings: &mut Findings,
) -> LeftEarly {
    let mut early = LeftEarly::default();
    for role in Role::BOTH {
        let Some((left, end)) = left(ends, role) else { continue };
        let failed = reactions[role].failed_for.is_some();
        early[role] = Some(Early { failed });
        if failed {
            continue;
        }
        let violation = ClTcpEarly { how: end.how, left };
        // A server may end TCP when it likes (7.3); it is the client that waits (7.1.1).
        let level = if role == Role::Client { Level::Should } else { Level::Note };
        findings.add_as(Some(role), violation, level, by_end(end), Place::at(Some(end.evidence)));
    }
    early
}

/// A FIN, and what it acknowledges, is its sender's; an RST can be anybody's.
pub(super) const fn by_end(end: &Ended) -> Certainty {
    match end.how {
        StreamEnd::Rst => Certainty::Likely,
        // Who resets a stream of HTTP/2 is at one end of the connection.
        StreamEnd::RstStream(_)
        | StreamEnd::EndStream
        | StreamEnd::Fin
        | StreamEnd::Dropped
        | StreamEnd::Unobserved => Certainty::Proven,
    }
}

/// How far the closing handshake was when `role` left, if it was not complete and it had not waited.
fn left(ends: &PerRole<Endpoint>, role: Role) -> Option<(ClosingProgress, &Ended)> {
    let (side, peer) = (&ends[role], &ends[role.peer()]);
    let end = own_end(ends, role)?;
    // A Close may be what the recording lacks.
    if side.is_beyond_judgement() || peer.is_beyond_judgement() {
        return None;
    }
    let had_theirs = peer.close().map(|theirs| end.knew(theirs));
    let left = match (side.close(), had_theirs) {
        (None, None) | (Some(_), Some(None | Some(true))) => return None,
        (Some(own), _) => {
            let waited = end.evidence.at()?.since(own.evidence.at()?);
            (waited < CLIENT_WAITED_NS).then_some(ClosingProgress::BehindClose { close: own.frame })?
        }
        // Where the Close is an answer to this end there was no closing handshake yet.
        (None, Some(Some(false))) if peer.close().and_then(|close| end.was_known_to(close)) != Some(true) => {
            ClosingProgress::WithoutClose
        }
        (None, Some(Some(false))) => return None,
        (None, Some(_)) => side.is_in_message().then_some(ClosingProgress::InMessage)?,
    };
    Some((left, end))
}

/// The end of TCP of `role`, if it is not an answer to the other's.
fn own_end(ends: &PerRole<Endpoint>, role: Role) -> Option<&Ended> {
    if ends[role].half_closed {
        return None;
    }
    let end = ends[role].end().filter(|end| end.how.is_orderly() || end.how.is_reset())?;
    ends[role.peer()].end().is_none_or(|theirs| end.is_own(theirs)).then_some(end)
}

/// Whether one side had ended TCP before the other's Close could arrive.
pub(super) fn cut_short(ends: &PerRole<Endpoint>) -> bool {
    let is_late = |role: Role| {
        let (end, theirs) = (own_end(ends, role), ends[role.peer()].close());
        end.zip(theirs).is_some_and(|(end, theirs)| end.knew(theirs) == Some(false))
    };
    Role::BOTH.into_iter().any(is_late)
}
