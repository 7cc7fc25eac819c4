//! Pings and the Pongs that answer them (RFC 6455 5.5.2, 5.5.3): matching, latency, rhythm.

use std::collections::VecDeque;

use crate::knowledge::rules::{FrPongLate, FrPongUnsol};
use crate::knowledge::thresholds::{KEEP_ALIVE_NS, LATE_NS, RHYTHM_PART};
use crate::limits::Limits;
use crate::model::{Certainty, Evidence, FrameFacts, Latency, Level, PerRole, PingFigures, Role, Timestamp};
use crate::reference::endpoint::Endpoint;
use crate::reference::findings::{Findings, Place};

/// The Pings of one endpoint.
#[derive(Debug, Default)]
pub(super) struct Pings {
    /// Those that wait for a Pong, oldest first.
    pending: VecDeque<PendingPing>,
    /// The peer's Pongs that fitted none of them, one for each at the most.
    pub(super) mismatches: Vec<PongMismatch>,
    sent: u64,
    /// Those after the last one that was answered.
    unanswered: u64,
    /// Those that made room for newer ones.
    pub(super) given_up: u64,
    /// The last one whose data are not known, given up or with a hole in it, unless a Pong for a later one came.
    unknown: Option<u64>,
    /// One had a hole.
    in_part: bool,
    rhythm: Rhythm,
    latency: Option<Measured>,
}

/// A Ping that waits for its Pong.
#[derive(Debug)]
pub(super) struct PendingPing {
    pub(super) frame: u64,
    pub(super) evidence: Evidence,
    len: u64,
    data: Vec<u8>,
    /// Offset behind it in its sender's stream.
    pub(super) end: Option<u64>,
    /// When the peer's host acknowledged it; the inner `None` without a time.
    pub(super) arrived: Option<Option<Timestamp>>,
    /// A Pong came that fitted none and may have been meant for it: nobody left it unanswered.
    pub(super) missed: bool,
    /// Its Pong may be in a hole, or a later one with the same data that the Pong to come answers.
    doubtful: bool,
}

/// A Pong that came while Pings were pending and fitted none.
#[derive(Debug)]
pub(super) struct PongMismatch {
    pub(super) ping: u64,
    pub(super) ping_len: u64,
    pub(super) pong_len: u64,
    pub(super) place: Place,
}

/// Intervals from Ping to Ping.
#[derive(Debug, Default)]
struct Rhythm {
    first_at: Option<Timestamp>,
    last_at: Option<Timestamp>,
    intervals: i64,
    min_ns: i64,
    max_ns: i64,
}

/// Times from Ping to Pong.
#[derive(Debug)]
struct Measured {
    latency: Latency,
    sum_ns: i64,
}

impl Pings {
    /// Books a Ping.
    pub(super) fn sent(&mut self, frame: &FrameFacts<'_>, limits: &Limits) {
        self.sent += 1;
        self.unanswered += 1;
        self.rhythm.next(frame.first.at());
        if self.pending.len() >= limits.max_pending_pings {
            self.unknown = self.pending.pop_front().map(|ping| ping.frame).max(self.unknown);
            self.given_up += 1;
        }
        self.pending.push_back(PendingPing {
            frame: frame.n,
            evidence: frame.first,
            len: frame.header.payload_len,
            data: frame.payload.to_vec(),
            end: frame.end_offset(),
            arrived: None,
            missed: false,
            doubtful: false,
        });
    }

    /// Books a Ping with a hole: a Pong that fits no other may be for it.
    pub(super) fn sent_in_part(&mut self, frame: &FrameFacts<'_>) {
        self.sent += 1;
        self.rhythm.next(frame.first.at());
        (self.unknown, self.in_part) = (Some(frame.n), true);
    }

    /// The peer's host has received the stream up to `offset`.
    pub(super) fn arrived(&mut self, offset: u64, at: Option<Timestamp>) {
        for ping in self.pending.iter_mut().rev().take_while(|ping| ping.arrived.is_none()) {
            if ping.end.is_some_and(|end| offset >= end) {
                ping.arrived = Some(at);
            }
        }
    }

    /// Frames of one side are missing: what waits may have been answered.
    pub(super) fn doubt(&mut self) {
        self.pending.iter_mut().for_each(|ping| ping.doubtful = true);
    }

    /// Those that wait for a Pong, oldest first.
    pub(super) fn pending(&self) -> impl DoubleEndedIterator<Item = &PendingPing> {
        self.pending.iter()
    }

    /// The figures for the report; `has_gap`: Pongs may be missing.
    pub(super) fn figures(&self, has_gap: bool) -> PingFigures {
        PingFigures {
            sent: self.sent,
            unanswered: (!has_gap && !self.in_part).then_some(self.unanswered),
            interval_ns: self.rhythm.interval_ns(),
            latency: self.latency.as_ref().map(|measured| measured.latency),
        }
    }

    fn measure(&mut self, pong: u64, ns: i64) {
        let ns = ns.max(0);
        let measured = self.latency.get_or_insert(Measured {
            latency: Latency { pongs: 0, min_ns: ns, mean_ns: ns, max_ns: ns, slowest_frame: pong },
            sum_ns: 0,
        });
        let latency = &mut measured.latency;
        latency.pongs += 1;
        measured.sum_ns = measured.sum_ns.saturating_add(ns);
        latency.mean_ns = i64::try_from(latency.pongs).map_or(0, |pongs| measured.sum_ns / pongs);
        latency.min_ns = latency.min_ns.min(ns);
        if ns > latency.max_ns {
            latency.max_ns = ns;
            latency.slowest_frame = pong;
        }
    }
}

impl Rhythm {
    fn next(&mut self, at: Option<Timestamp>) {
        let Some(at) = at else { return };
        self.first_at.get_or_insert(at);
        if let Some(last) = self.last_at.replace(at) {
            let ns = at.since(last);
            self.min_ns = if self.intervals == 0 { ns } else { self.min_ns.min(ns) };
            self.max_ns = self.max_ns.max(ns);
            self.intervals += 1;
        }
    }

    /// The mean, if there are two intervals at least, of keep-alive length, and all near it.
    fn interval_ns(&self) -> Option<i64> {
        let total = self.last_at?.since(self.first_at?);
        let mean = total.checked_div(self.intervals)?;
        let near = |ns: i64| ns.abs_diff(mean) <= mean.unsigned_abs() / RHYTHM_PART.unsigned_abs();
        (self.intervals >= 2 && mean >= KEEP_ALIVE_NS && near(self.min_ns) && near(self.max_ns))
            .then_some(mean)
    }
}

impl PendingPing {
    fn is_answered_by(&self, pong: &FrameFacts<'_>) -> bool {
        self.was_received(pong) && self.len == pong.header.payload_len && self.data == pong.payload
    }

    /// Whether the sender of `pong` had received it by then; without acknowledgement numbers the order of the
    /// recording has to do.
    fn was_received(&self, pong: &FrameFacts<'_>) -> bool {
        pong.first.acked().zip(self.end).is_none_or(|(acked, end)| acked >= end)
    }
}

/// Matches a Pong of `from` with the peer's pending Pings; returns the number of the one it answers.
///
/// A Pong for a later Ping settles the older ones too (5.5.3). A Pong that fits none while some are pending is
/// kept aside: an unsolicited Pong may carry anything, so it counts only if its Ping is never answered.
pub(super) fn answer(
    ends: &mut PerRole<Endpoint>,
    from: Role,
    pong: &FrameFacts<'_>,
    findings: &mut Findings,
) -> Option<u64> {
    let place = Place::frame(pong.n, pong.first);
    if !pong.is_complete() {
        // It may answer any of them.
        let pending = ends[from.peer()].pings.iter_mut().flat_map(|pings| &mut pings.pending);
        pending.filter(|ping| ping.was_received(pong)).for_each(|ping| ping.missed = true);
        return None;
    }
    // The Pong it owes, or the Ping this one answers, may be what is missing.
    let has_gap = ends[from].has_gap() || ends[from.peer()].has_gap();
    // After a Close no Pong is owed, so none is late.
    let owed = ends[from.peer()].close().is_none() && !has_gap;
    if let Some(pings) = &mut ends[from.peer()].pings {
        if let Some(at) = pings.pending.iter().rposition(|ping| ping.is_answered_by(pong)) {
            let ping = pings.pending.drain(..=at).next_back()?;
            pings.unanswered = pings.pending.len() as u64;
            pings.mismatches.retain(|m| m.ping > ping.frame);
            // It covers the older ones.
            pings.unknown = pings.unknown.filter(|unknown| *unknown > ping.frame);
            if !ping.doubtful
                && let (Some(sent), Some(back)) = (ping.evidence.at(), pong.first.at())
            {
                pings.measure(pong.n, back.since(sent));
                late(from, &ping, back, owed, findings, place);
            }
            return Some(ping.frame);
        }
        if pings.unknown.is_some() {
            return None; // It may answer that.
        }
        if !has_gap
            && let Some(ping) = pings.pending.iter_mut().find(|ping| !ping.missed && ping.was_received(pong))
        {
            ping.missed = true;
            let (ping, ping_len, pong_len) = (ping.frame, ping.len, pong.header.payload_len);
            pings.mismatches.push(PongMismatch { ping, ping_len, pong_len, place });
            return None;
        }
    }
    if !has_gap && !std::mem::replace(&mut ends[from].noted_unsolicited, true) {
        findings.add(Some(from), FrPongUnsol, place);
    }
    None
}

/// Late by the acknowledgement of the Ping: the network before it is not the endpoint's.
fn late(from: Role, ping: &PendingPing, back: Timestamp, owed: bool, findings: &mut Findings, place: Place) {
    let Some(arrived) = ping.arrived.flatten() else { return };
    let after_ns = back.since(arrived);
    if owed && after_ns >= LATE_NS {
        let violation = FrPongLate { ping: ping.frame, after_ns };
        findings.add_as(Some(from), violation, Level::Should, Certainty::Likely, place);
    }
}
