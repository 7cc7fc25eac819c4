//! Pings and the Pongs that answer them (RFC 6455 5.5.2, 5.5.3).

use crate::limits::Limits;
use crate::model::{FrameFacts, PerRole, Role, Violation};
use crate::replay::endpoint::Endpoint;
use crate::replay::{Findings, Place};

/// A Ping that waits for its Pong.
#[derive(Debug)]
pub(super) struct PendingPing {
    frame: u64,
    len: u64,
    data: Vec<u8>,
    /// A Pong that fitted none was booked against it.
    missed: bool,
}

impl PendingPing {
    pub(super) fn new(frame: &FrameFacts<'_>) -> Self {
        Self { frame: frame.n, len: frame.header.payload_len, data: frame.payload.to_vec(), missed: false }
    }

    fn is_answered_by(&self, pong: &FrameFacts<'_>) -> bool {
        self.len == pong.header.payload_len && self.data == pong.payload
    }
}

/// A Pong that came while Pings were pending and fitted none.
#[derive(Debug)]
pub(super) struct PongMismatch {
    pub(super) ping: u64,
    pub(super) ping_len: u64,
    pub(super) pong_len: u64,
    pub(super) place: Place,
}

/// Matches a Pong of `from` with the peer's pending Pings; returns the number of the one it answers.
///
/// A Pong for a later Ping settles the older ones too (5.5.3). A Pong that fits none while some are pending is
/// kept aside: an unsolicited Pong may carry anything, so it counts only if its Ping is never answered.
pub(super) fn answer(
    ends: &mut PerRole<Endpoint>,
    from: Role,
    pong: &FrameFacts<'_>,
    limits: &Limits,
    findings: &mut Findings,
    place: Place,
) -> Option<u64> {
    if !pong.is_complete() {
        return None;
    }
    let pings = &mut ends[from.peer()].pings;
    if let Some(at) = pings.iter().rposition(|ping| ping.is_answered_by(pong)) {
        let frame = pings[at].frame;
        pings.drain(..=at);
        ends[from].pong_mismatches.retain(|m| m.ping > frame);
        return Some(frame);
    }
    // The Pong it owes, or the Ping this one answers, may be what is missing.
    if ends[from].has_gap() || ends[from.peer()].has_gap() {
        return None;
    }
    let has_room = ends[from].pong_mismatches.len() < limits.max_pending_pings;
    if has_room && let Some(ping) = ends[from.peer()].pings.iter_mut().find(|ping| !ping.missed) {
        ping.missed = true;
        let (ping, ping_len, pong_len) = (ping.frame, ping.len, pong.header.payload_len);
        ends[from].pong_mismatches.push(PongMismatch { ping, ping_len, pong_len, place });
    } else if !std::mem::replace(&mut ends[from].noted_unsolicited, true) {
        findings.add(Some(from), Violation::PongUnsolicited, place);
    }
    None
}
