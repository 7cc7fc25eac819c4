//! What an endpoint owes: obligations opened by what its peer sent, as the two states have them.
//!
//! An obligation is a function of both endpoints, so nothing has to be kept for it on the way; `closing::steps`
//! and `reaction` settle those that came up.

use crate::model::{Action, Expectation, PerRole, Role, RuleId, Since};
use crate::reference::endpoint::{Endpoint, Fault};
use crate::reference::pings::PendingPing;
use crate::reference::state::{Ended, SentClose};

/// Fail the connection for the peer's fault, or be free to (7.1.7, 10.7).
pub(super) fn fail(role: Role, fault: &Fault) -> Expectation {
    let action = if fault.rule.rule().reaction.is_ordered() {
        Action::Fail(fault.rule)
    } else {
        Action::MayFail(fault.rule)
    };
    let since = Since { frame: Some(fault.frame), at: fault.evidence.at() };
    Expectation { rule: fault.rule, owed_by: role, action, since }
}

/// Process nothing more after failing (7.1.7).
pub(super) fn process_nothing(role: Role, close: &SentClose) -> Expectation {
    let since = of_close(close);
    Expectation { rule: RuleId::FrAfterFail, owed_by: role, action: Action::ProcessNothing, since }
}

/// Answer the peer's Close (5.5.1).
pub(super) fn answer_close(role: Role, theirs: &SentClose) -> Expectation {
    Expectation { rule: RuleId::ClReply, owed_by: role, action: Action::AnswerClose, since: of_close(theirs) }
}

/// End TCP first, at once: the server, after both Closes (7.1.1).
pub(super) fn end_tcp_first(later: &SentClose) -> Expectation {
    Expectation {
        rule: RuleId::ClTcpServerFirst,
        owed_by: Role::Server,
        action: Action::EndTcpFirst,
        since: of_close(later),
    }
}

/// Wait for the server to do so: the client, after both Closes (7.1.1).
pub(super) fn leave_tcp(later: &SentClose) -> Expectation {
    Expectation { owed_by: Role::Client, action: Action::LeaveTcpToServer, ..end_tcp_first(later) }
}

/// End TCP too, after both Closes and the peer's end (5.5.1).
pub(super) fn end_tcp(role: Role, theirs: &Ended) -> Expectation {
    let since = Since { frame: None, at: theirs.evidence.at() };
    Expectation { rule: RuleId::ClTcpNever, owed_by: role, action: Action::EndTcp, since }
}

/// Answer the peer's Ping (5.5.2).
pub(super) fn answer_ping(role: Role, ping: &PendingPing) -> Expectation {
    let since = Since { frame: Some(ping.frame), at: ping.evidence.at() };
    let action = Action::AnswerPing(ping.frame);
    Expectation { rule: RuleId::FrPingPong, owed_by: role, action, since }
}

fn of_close(close: &SentClose) -> Since {
    Since { frame: Some(close.frame), at: close.evidence.at() }
}

/// The Close that completed the closing handshake, by the recording; `None` before.
pub(super) fn later_close(ends: &PerRole<Endpoint>) -> Option<&SentClose> {
    let (client, server) = (ends.client.close()?, ends.server.close()?);
    [client, server].into_iter().max_by_key(|close| close.frame)
}

/// What `role` owes now, or will once what is on its way arrives.
pub(super) fn owed(ends: &PerRole<Endpoint>, role: Role) -> Vec<Expectation> {
    let (side, peer) = (&ends[role], &ends[role.peer()]);
    if side.end().is_some() {
        return Vec::new();
    }
    let mut owed = Vec::new();
    let fault = peer.fault.as_deref();
    let failed = side.close().filter(|close| {
        fault.is_some_and(|fault| fault.fits(close.payload.code()) && fault.was_known_to(close))
    });
    match (fault, failed) {
        (Some(_), Some(close)) => {
            owed.push(process_nothing(role, close));
            return owed;
        }
        (Some(fault), None) if side.close().is_none() => owed.push(fail(role, fault)),
        _ => {}
    }
    match (side.close(), peer.close()) {
        (None, Some(theirs)) => owed.push(answer_close(role, theirs)),
        (Some(_), Some(_)) => match (role, peer.end(), later_close(ends)) {
            (_, Some(end), _) => owed.push(end_tcp(role, end)),
            (Role::Server, None, Some(later)) => owed.push(end_tcp_first(later)),
            (Role::Client, None, Some(later)) => owed.push(leave_tcp(later)),
            (_, None, None) => {}
        },
        // A received Close ends the duty to answer Pings; one on its way soon will.
        (_, None) => {
            let ping = peer.pings.iter().flat_map(|pings| pings.pending()).next_back();
            owed.extend(ping.map(|ping| answer_ping(role, ping)));
        }
    }
    owed
}
