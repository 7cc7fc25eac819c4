//! The reference: RFC 6455 replayed for both endpoints from what each was seen to send.
//!
//! Pure: events in, findings and a [`Closing`] out. No I/O, no clock, no text, no allocation by size of payload.
//! An endpoint is judged by its own sends in its own order; what it had *received* when it sent something is
//! bounded by the acknowledgement number of the segment that carried it. Events are expected in causal order:
//! what a segment acknowledges comes before it.

mod closing;
mod endpoint;
mod frame_rules;
mod masking;
mod pings;
mod reaction;

use crate::limits::Limits;
use crate::model::{
    Certainty, Closing, Event, Evidence, Finding, FrameFacts, Handled, Level, PerRole, Role, RuleId,
    Timestamp, Undecodable, UpgradeRequest, UpgradeResponse, Violation, What,
};
use endpoint::{Ended, Endpoint, SentClose};

/// Both endpoints of one connection, and what was found.
#[derive(Debug)]
pub struct Reference {
    handshake: Handshake,
    ends: PerRole<Endpoint>,
    findings: Findings,
    last_frame_at: Option<Timestamp>,
    idle_before_close_ns: Option<i64>,
}

/// How far the opening handshake is.
#[derive(Debug, Default)]
struct Handshake {
    requested: bool,
    status: Option<u16>,
    switches: bool,
    /// The client must fail the connection for what the response says.
    invalid: bool,
    /// RSV bits may belong to an extension wslog does not know.
    unknown_extension: bool,
    deflate: bool,
    response: Option<Evidence>,
    /// Whose part is not wholly in the recording: what is not there accuses nobody.
    unseen: PerRole<bool>,
}

impl Handshake {
    /// Whether the client took the connection for established: a 101 that does not validate it must refuse,
    /// which shows in that it sends no frame (4.1).
    const fn is_established(&self, client: &Endpoint) -> bool {
        self.switches && (!self.invalid || client.frames > 0)
    }
}

/// Findings up to their cap, at which notes give way to breaches.
#[derive(Debug, Default)]
struct Findings {
    kept: Vec<Finding>,
    /// Of those kept.
    notes: usize,
    omitted: u64,
    max: usize,
    /// Where frames begin, or what the handshake settled, is an assumption: nothing is proven any more.
    assuming: bool,
    /// Of the event at hand, kept or not.
    latest: Vec<(Option<Role>, RuleId, Level)>,
}

/// What the reference concludes.
#[derive(Debug)]
pub struct Conclusion {
    /// Broken clauses and notes, by packet.
    pub findings: Vec<Finding>,
    /// How many more there were.
    pub findings_omitted: u64,
    /// How the connection closed.
    pub closing: Closing,
}

/// Where in the recording a finding stands.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    frame: Option<u64>,
    evidence: Option<Evidence>,
}

impl Place {
    const fn frame(n: u64, evidence: Evidence) -> Self {
        Self { frame: Some(n), evidence: Some(evidence) }
    }

    const fn at(evidence: Option<Evidence>) -> Self {
        Self { frame: None, evidence }
    }
}

impl Findings {
    fn add(&mut self, by: Option<Role>, violation: Violation, place: Place) {
        let level = violation.rule().rule().level;
        self.add_as(by, violation, level, Certainty::Proven, place);
    }

    fn add_as(
        &mut self,
        by: Option<Role>,
        violation: Violation,
        level: Level,
        certainty: Certainty,
        place: Place,
    ) {
        let certainty = if self.assuming { certainty.min(Certainty::Likely) } else { certainty };
        self.latest.push((by, violation.rule(), level));
        if self.kept.len() >= self.max {
            self.omitted += 1;
            if level == Level::Note || !self.drop_note() {
                return;
            }
        }
        self.notes += usize::from(level == Level::Note);
        self.kept.push(Finding {
            violation,
            level,
            by,
            certainty,
            frame: place.frame,
            packet: place.evidence.and_then(|e| e.packet()),
            at: place.evidence.and_then(|e| e.at()),
        });
    }

    /// Makes room by the last note; false where none is kept.
    fn drop_note(&mut self) -> bool {
        let last = (self.notes > 0).then(|| self.kept.iter().rposition(|f| f.level == Level::Note)).flatten();
        if let Some(at) = last {
            self.kept.remove(at);
            self.notes -= 1;
        }
        last.is_some()
    }
}

impl Reference {
    /// Both endpoints CONNECTING.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            handshake: Handshake::default(),
            ends: PerRole { client: Endpoint::new(Role::Client), server: Endpoint::new(Role::Server) },
            findings: Findings { max: limits.max_findings, ..Findings::default() },
            last_frame_at: None,
            idle_before_close_ns: None,
        }
    }

    /// Takes the next event. The rules a frame broke are appended to `broke`.
    pub fn observe(&mut self, event: &Event<'_>, limits: &Limits, broke: &mut Vec<RuleId>) {
        let from = event.from;
        self.findings.latest.clear();
        match event.what {
            What::Request(request) => self.request(request),
            What::Response(response) => self.response(response, event.evidence),
            What::Frame(ref frame) => self.frame(from, frame, limits, broke),
            What::Undecodable(undecodable) => self.undecodable(from, undecodable, event.evidence),
            What::Gap { .. } => self.ends[from].lost = true,
            What::LogPaused => {
                self.ends.client.lost = true;
                self.ends.server.lost = true;
            }
            What::LogResumed => {}
            What::HandshakeUnseen => self.handshake_unseen(from, event.evidence),
            What::Upgraded => (self.handshake.requested, self.handshake.switches) = (true, true),
            What::Resumed { .. } => {
                self.ends[from].resumed = true;
                self.findings.assuming = true;
            }
            What::Acked(offset) => self.ends[from].has_received(offset),
            What::StreamEnd(how) => {
                if let Some(evidence) = event.evidence {
                    self.note_idle(evidence.at());
                    self.ends[from].end = Some(Ended { how, evidence });
                    if let Some(acked) = evidence.acked() {
                        self.ends[from].has_received(acked);
                    }
                }
            }
        }
    }

    /// Ends the replay and draws the conclusions.
    #[must_use]
    pub fn finish(mut self) -> Conclusion {
        self.end_of_handshake();
        self.open_messages();
        self.pong_data();
        self.too_big();
        let reactions = PerRole {
            client: reaction::judge(&self.ends, Role::Client, &mut self.findings),
            server: reaction::judge(&self.ends, Role::Server, &mut self.findings),
        };
        let closing = closing::conclude(
            &self.handshake,
            &self.ends,
            &reactions,
            self.idle_before_close_ns,
            &mut self.findings,
        );
        let mut findings = self.findings.kept;
        findings.sort_by_key(|f| (f.packet, f.frame));
        Conclusion { findings, findings_omitted: self.findings.omitted, closing }
    }

    fn request(&mut self, _request: &UpgradeRequest) {
        let unseen = self.handshake.unseen;
        self.handshake = Handshake { requested: true, unseen, ..Handshake::default() };
    }

    fn handshake_unseen(&mut self, from: Role, evidence: Option<Evidence>) {
        if !self.handshake.unseen.client && !self.handshake.unseen.server {
            self.findings.add(None, Violation::HandshakeAssumed, Place::at(evidence));
        }
        self.findings.assuming = true;
        self.handshake.unseen[from] = true;
        self.handshake.unknown_extension |= from == Role::Server;
        self.ends[from].lost = true;
    }

    fn response(&mut self, response: &UpgradeResponse, evidence: Option<Evidence>) {
        self.handshake.status = Some(response.status);
        self.handshake.switches = response.switches;
        self.handshake.response = evidence;
        for extension in &response.extensions {
            if extension.name.eq_ignore_ascii_case("permessage-deflate") {
                self.handshake.deflate = true;
            } else {
                self.handshake.unknown_extension = true;
            }
        }
        if self.handshake.unseen.client || self.handshake.unseen.server {
            self.handshake.unknown_extension |= self.handshake.unseen.server;
            if response.switches {
                return;
            }
        }
        if response.switches && response.accept_valid() != Some(true) {
            self.handshake.invalid = true;
            let violation = Violation::Accept {
                expected: response.expected_accept.map(|value| value.as_str().to_owned()),
                found: response.accept().map(str::to_owned),
            };
            self.findings.add(Some(Role::Server), violation, Place::at(evidence));
        } else if !response.switches {
            self.findings.add(Some(Role::Server), Violation::Status(response.status), Place::at(evidence));
        }
    }

    fn frame(&mut self, from: Role, frame: &FrameFacts<'_>, limits: &Limits, broke: &mut Vec<RuleId>) {
        let place = Place::frame(frame.n, frame.first);
        if let Some(acked) = frame.first.acked() {
            self.ends[from].has_received(acked);
        }
        self.ends[from].is_known_again(frame);
        self.coalesced(from, frame, place);
        if from == Role::Client && self.handshake.invalid && !self.ends.client.warned_of_handshake {
            self.ends.client.warned_of_handshake = true;
            self.findings.add(Some(from), Violation::HandshakeNotFailed, place);
        }

        frame_rules::check(
            from,
            frame,
            &self.handshake,
            &mut self.ends[from],
            &mut |violation, level, certainty| {
                self.findings.add_as(Some(from), violation, level, certainty, place);
            },
        );
        self.after_own_close(from, frame, place);
        self.after_fault_of_peer(from, frame, limits, place);

        for (by, rule, level) in self.findings.latest.iter().copied() {
            if level == Level::Note {
                continue;
            }
            if by == Some(from) && !broke.contains(&rule) {
                broke.push(rule);
            }
            if rule.rule().reaction != crate::model::Reaction::Nothing {
                self.ends[from].faulted(rule, frame);
            }
        }
        let opcode = frame.header.opcode;
        if opcode == crate::model::Opcode::CLOSE {
            self.note_idle(frame.first.at());
        }
        self.ends[from].sent(frame, limits);
        self.last_frame_at = frame.last.and_then(|e| e.at()).or(frame.first.at()).or(self.last_frame_at);
    }

    fn coalesced(&mut self, from: Role, frame: &FrameFacts<'_>, place: Place) {
        if from == Role::Server
            && self.ends.server.frames == 0
            && let Some(response) = self.handshake.response
            && response.packet().is_some()
            && response.packet() == frame.first.packet()
        {
            self.findings.add(Some(from), Violation::Coalesced, place);
        }
    }

    /// Rules on what follows the own Close (5.5.1).
    fn after_own_close(&mut self, from: Role, frame: &FrameFacts<'_>, place: Place) {
        if self.ends[from].close.is_none() {
            return;
        }
        let opcode = frame.header.opcode;
        if opcode == crate::model::Opcode::CLOSE {
            self.findings.add(Some(from), Violation::SecondClose, place);
        } else if !opcode.is_control() {
            self.findings.add(Some(from), Violation::DataAfterClose, place);
        }
    }

    /// Evidence that `from` went on handling what the peer sent after a fault, and Pings answered.
    fn after_fault_of_peer(&mut self, from: Role, frame: &FrameFacts<'_>, limits: &Limits, place: Place) {
        let peer = from.peer();
        let answered = if frame.header.opcode == crate::model::Opcode::PONG {
            pings::answer(&mut self.ends, from, frame, limits, &mut self.findings, place)
        } else {
            None
        };
        let Some(fault) = self.ends[peer].fault.as_deref().copied() else { return };
        let handled = match answered {
            Some(ping) if ping > fault.frame => Some((Handled::Ping { ping }, Certainty::Proven)),
            _ if frame.header.opcode.is_control() || !fault.was_received(frame.first.acked()) => None,
            _ if fault.is_echoed_by(frame) => Some((Handled::Echo, Certainty::Likely)),
            _ => Some((Handled::Data, Certainty::Likely)),
        };
        let Some((handled, certainty)) = handled else { return };
        let side = &mut self.ends[from];
        if let Some(close) = &side.close {
            // Only a Close that failed the connection makes a later Pong a breach (5.5.2, 7.1.7).
            if matches!(handled, Handled::Ping { .. }) && fault.fits(close.payload.code()) {
                self.findings.add(Some(from), Violation::AfterFail(handled), place);
            }
        } else if side.handled.is_none_or(|(known, ..)| handled.weight() > known.weight()) {
            side.handled = Some((handled, certainty, place));
        }
    }

    fn undecodable(&mut self, from: Role, undecodable: &Undecodable, evidence: Option<Evidence>) {
        match undecodable {
            Undecodable::CutHeader { bytes } => {
                let violation = Violation::Cut { len: None, got: bytes.len() as u64 };
                self.findings.add(Some(from), violation, Place::at(evidence));
            }
            Undecodable::FramingLost { .. } => self.ends[from].lost = true,
        }
    }

    /// Silence before the closing began: set once, by the first Close or TCP end.
    fn note_idle(&mut self, at: Option<Timestamp>) {
        let closing = self.ends.client.close.is_some() || self.ends.server.close.is_some();
        let ended = self.ends.client.end.is_some() || self.ends.server.end.is_some();
        if let (false, false, Some(at), Some(last)) = (closing, ended, at, self.last_frame_at) {
            self.idle_before_close_ns = Some(at.since(last).max(0));
        }
    }

    fn end_of_handshake(&mut self) {
        let lost = self.ends.client.lost || self.ends.server.lost;
        let silent =
            self.handshake.requested && self.handshake.status.is_none() && !self.handshake.switches && !lost;
        if let (true, Some(end)) = (silent, &self.ends.server.end)
            && self.ends.client.end.as_ref().is_none_or(|client| end.is_before(client))
        {
            let place = Place::at(Some(end.evidence));
            self.findings.add(Some(Role::Server), Violation::NoResponse, place);
        }
    }

    fn open_messages(&mut self) {
        for role in Role::BOTH {
            let side = &self.ends[role];
            let over = side.close.is_some() || side.end.is_some();
            if let (true, false, Some((message, place))) = (over, side.lost, side.open_message) {
                self.findings.add(Some(role), Violation::MessageUnfinished { message }, place);
            }
        }
    }

    fn pong_data(&mut self) {
        for role in Role::BOTH {
            for mismatch in std::mem::take(&mut self.ends[role].pong_mismatches) {
                let place = mismatch.place;
                let violation = Violation::PongData {
                    ping: mismatch.ping,
                    ping_len: mismatch.ping_len,
                    pong_len: mismatch.pong_len,
                };
                self.findings.add_as(Some(role), violation, Level::Must, Certainty::Likely, place);
            }
        }
    }

    fn too_big(&mut self) {
        for role in Role::BOTH {
            if let Some(SentClose { payload, frame, evidence, .. }) = self.ends[role].close.as_deref()
                && payload.code() == Some(crate::model::CloseCode::MESSAGE_TOO_BIG)
            {
                let theirs = self.ends[role.peer()].close.as_ref();
                if theirs.is_some_and(|c| c.frame < *frame && c.payload.code() == payload.code()) {
                    continue; // An echo says nothing about its sender's limits.
                }
                let largest = self.ends[role.peer()].largest.filter(|(n, _)| n < frame);
                let place = Place::frame(*frame, *evidence);
                self.findings.add(Some(role), Violation::TooBig { largest }, place);
            }
        }
    }
}
