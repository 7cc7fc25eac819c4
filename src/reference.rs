//! The reference: RFC 6455 replayed for both endpoints from what each was seen to send.
//!
//! Pure: events in, findings and a [`Closing`] out. No I/O, no clock, no text, no allocation by size of payload.
//! An endpoint is judged by its own sends in its own order; what it had *received* when it sent something is
//! bounded by the acknowledgement number of the segment that carried it. Events are expected in causal order:
//! what a segment acknowledges comes before it.

pub(crate) mod across;
mod closing;
mod course;
mod duties;
mod endpoint;
mod findings;
mod frame_rules;
mod masking;
mod negotiation;
mod opening;
mod pings;
mod reaction;
mod state;
mod timing;
pub(crate) mod tls;

use crate::knowledge::applications;
use crate::knowledge::heartbeats::{self, Beat};
use crate::knowledge::rules::{
    ClDataAfter, ClDouble, ClNewMsg, FrAfterFail, FrCut, FrLost, FrMsgUnfinished, FrPongData, FrTooBig,
    RefusedMessage,
};
use crate::limits::Limits;
use crate::model::{
    Certainty, Closing, Course, Event, EventKind, Evidence, Expectation, Finding, FrameFacts, Handled,
    LastFrame, Level, LostHow, PerRole, Role, RuleId, Tail, Timestamp, Timing, Undecodable,
};
use endpoint::Endpoint;
use findings::{Findings, Place};
use opening::Opening;
use state::{Ended, SentClose};

pub(crate) use opening::host_port;

/// Both endpoints of one connection, and what was found.
#[derive(Debug)]
pub struct Reference {
    opening: Opening,
    handshake_at: PerRole<Option<Timestamp>>,
    ends: PerRole<Endpoint>,
    findings: Findings,
    /// Time of the last frame, or of the 101.
    last_frame_at: Option<Timestamp>,
    /// When the closing began: by the first Close, or the end of TCP (`true`); and how long no frame had come before it.
    idle_before_close: Option<(Timestamp, bool, i64)>,
    last_frame: Option<LastFrame>,
    /// What is spoken may announce the end in a message.
    listens: bool,
}

/// What the reference concludes.
#[derive(Debug)]
#[non_exhaustive]
pub struct Conclusion {
    /// Broken clauses and notes, by packet.
    pub findings: Vec<Finding>,
    /// How many more there were.
    pub findings_omitted: u64,
    /// Pings given up because more waited for their Pong than are kept.
    pub pings_given_up: u64,
    /// How the connection closed.
    pub closing: Closing,
    /// Latencies, rhythms, silences.
    pub timing: Timing,
    /// What a diagnosis rests on.
    pub course: Box<Course>,
}

impl Reference {
    /// Both endpoints CONNECTING.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            opening: Opening::default(),
            handshake_at: PerRole::default(),
            ends: PerRole { client: Endpoint::new(Role::Client), server: Endpoint::new(Role::Server) },
            findings: Findings { max: limits.max_findings, ..Findings::default() },
            last_frame_at: None,
            idle_before_close: None,
            last_frame: None,
            listens: false,
        }
    }

    /// Takes the next event. The rules a frame broke are appended to `broke`.
    pub fn observe(&mut self, event: &Event<'_>, limits: &Limits, broke: &mut Vec<RuleId>) {
        let from = event.from;
        self.findings.latest.clear();
        match event.what {
            EventKind::Request(request) => {
                self.opening.request(request, event.evidence, &mut self.findings);
                self.listens = applications::may_announce(request);
                self.handshake_at = PerRole { client: event.evidence.and_then(|e| e.at()), server: None };
            }
            EventKind::Response(response) => {
                self.opening.response(response, event.evidence, &mut self.findings);
                self.listens |= applications::announces(response);
                self.opened(event.evidence.and_then(|e| e.at()));
            }
            EventKind::Frame(ref frame) => self.frame(from, frame, limits, broke),
            EventKind::Undecodable(undecodable) => self.undecodable(from, undecodable, event.evidence),
            EventKind::Gap { .. } => self.lost(from),
            EventKind::LogPaused => {
                self.ends.client.lost = true;
                self.ends.server.lost = true;
            }
            EventKind::LogResumed | EventKind::MessageBytes { .. } => {}
            EventKind::HandshakeUnseen => {
                self.opening.note_unseen(from, event.evidence, &mut self.findings);
                self.ends[from].lost = true;
            }
            EventKind::Upgraded => self.upgraded(),
            EventKind::Encrypted => self.opening.is_encrypted = true,
            EventKind::Resumed { .. } => {
                self.ends[from].resume();
                self.findings.assuming = true;
            }
            EventKind::Acked(offset) => self.received(from, offset, event.evidence),
            EventKind::StreamEnd(how) => {
                if let Some(evidence) = event.evidence {
                    self.note_idle(evidence.at(), true);
                    if let Some(acked) = evidence.acked() {
                        self.received(from, acked, event.evidence);
                    }
                    self.gives_up(from);
                    self.ends[from].state.end_tcp(Ended { how, evidence });
                }
            }
        }
    }

    /// What either side owes now: opened by what its peer sent, not settled yet.
    #[must_use]
    pub fn owed(&self, role: Role) -> Vec<Expectation> {
        if !self.opening.is_established(&self.ends.client) {
            return Vec::new();
        }
        duties::owed(&self.ends, role)
    }

    /// Ends the replay and draws the conclusions.
    #[must_use]
    pub fn finish(mut self, tail: &Tail) -> Conclusion {
        for role in Role::BOTH {
            self.ends[role].half_closed = tail.half_closed[role];
        }
        let steps = self.opening.finish(&self.ends, &mut self.findings);
        self.open_messages();
        self.pong_data();
        self.too_big();
        let (asked, answered) = (self.handshake_at.client, self.handshake_at.server);
        let round_trip_ns = asked.zip(answered).map_or(0, |(asked, answered)| answered.since(asked));
        let reactions = PerRole {
            client: reaction::judge(&self.ends, Role::Client, round_trip_ns, &mut self.findings),
            server: reaction::judge(&self.ends, Role::Server, round_trip_ns, &mut self.findings),
        };
        let mut closing = closing::conclude(
            &self.opening,
            &self.ends,
            &reactions,
            self.silence(tail),
            tail,
            &mut self.findings,
        );
        let timing = timing::conclude(
            self.handshake_at,
            &self.ends,
            &reactions,
            &mut closing,
            tail,
            self.last_frame,
            &mut self.findings,
        );
        closing.steps.splice(..0, steps);
        let mut findings = self.findings.kept;
        findings.sort_by_key(|f| (f.packet, f.frame));
        let given_up = |end: &Endpoint| end.pings.as_ref().map_or(0, |pings| pings.given_up);
        let pings_given_up = given_up(&self.ends.client) + given_up(&self.ends.server);
        let course = course::of(&self.opening, &mut self.ends, self.last_frame);
        let findings_omitted = self.findings.omitted;
        Conclusion { findings, findings_omitted, pings_given_up, closing, timing, course }
    }

    fn frame(&mut self, from: Role, frame: &FrameFacts<'_>, limits: &Limits, broke: &mut Vec<RuleId>) {
        if let Some(acked) = frame.first.acked() {
            self.received(from, acked, Some(frame.first));
        }
        if self.ends[from].interrupted.is_some() && frame.cut == 0 {
            self.ends[from].mute();
        }
        if self.ends[from].muted {
            self.ends[from].sent_unjudged(frame);
            return;
        }
        self.ends[from].note_known_again(frame);
        let is_first = self.ends[from].frames == 0;
        self.opening.frame(from, frame.n, frame.first, is_first, &mut self.findings);

        let answers =
            |theirs: &&SentClose| frame.first.acked().zip(theirs.end).is_none_or(|(acked, end)| acked >= end);
        let echoed = self.ends[from.peer()].close().filter(answers).and_then(|theirs| theirs.payload.code());
        frame_rules::check(
            from,
            frame,
            &self.opening,
            &mut self.ends[from],
            echoed,
            &mut |violation, level, certainty| {
                let place = Place::frame(frame.n, frame.first);
                self.findings.add_as(Some(from), violation, level, certainty, place);
            },
        );
        self.after_own_close(from, frame);
        self.after_received_close(from, frame);
        self.after_fault_of_peer(from, frame);

        let mut faulty = false;
        for (rule, level) in self.findings.latest.iter().copied() {
            if level == Level::Note {
                continue;
            }
            if !broke.contains(&rule) {
                broke.push(rule);
            }
            if rule.rule().reaction != crate::model::Reaction::Nothing {
                faulty = true;
                self.ends[from].faulted(rule, frame);
            }
        }
        let opcode = frame.header.opcode;
        if opcode == crate::model::Opcode::CLOSE {
            self.note_idle(frame.first.at(), false);
            // Without acknowledgement numbers the order of the recording has to do.
            if frame.first.acked().is_none() && self.ends[from.peer()].close().is_some() {
                self.ends[from].received_close(None);
            }
        }
        let pause_ns = frame.first.at().zip(self.last_frame_at).map(|(at, last)| at.since(last).max(0));
        let had_closed = self.ends[from].close().is_some();
        self.ends[from].sent(frame, faulty, pause_ns, limits);
        if !had_closed && self.ends[from].close().is_some() {
            self.gives_up(from);
        }
        // Nearly always a Close is recorded before its acknowledgement.
        if opcode == crate::model::Opcode::CLOSE
            && let Some(close) = self.ends[from].close()
            && self.ends[from.peer()].has(close.end) == Some(true)
        {
            self.ends[from.peer()].received_close(None);
        }
        if let Some((at, pause_ns)) = frame.first.at().zip(pause_ns) {
            self.last_frame = Some(LastFrame { from, at, pause_ns });
        }
        if self.ends[from].interrupted.is_some() {
            self.ends[from].mute();
        }
        if frame.header.payload_len <= heartbeats::LONGEST && frame.header.fin {
            self.heartbeat(from, frame);
        }
        if self.listens && !frame.header.opcode.is_control() {
            self.ends[from].speaks(frame);
        }
        if opcode == crate::model::Opcode::CLOSE {
            let until = &mut self.ends[from.peer()].sizes.until;
            *until = until.or(Some(frame.n));
        }
        self.last_frame_at = frame.last.and_then(|e| e.at()).or(frame.first.at()).or(self.last_frame_at);
    }

    /// `role` closes, or ends TCP.
    fn gives_up(&mut self, role: Role) {
        self.ends[role].quits();
        self.ends[role.peer()].is_given_up();
    }

    /// Keep-alives of the protocol that is spoken.
    fn heartbeat(&mut self, from: Role, frame: &FrameFacts<'_>) {
        let payload = frame.inflated.unwrap_or(frame.payload);
        let Some((heartbeat, beat)) = heartbeats::read(frame.header.opcode, payload) else { return };
        match beat {
            Beat::Ask => self.ends[from].heartbeats.get_or_insert_default().asks(heartbeat, frame),
            Beat::Opens(rhythm) => {
                self.ends[from].heartbeats.get_or_insert_default().opens(rhythm, frame);
            }
            Beat::Sign => self.ends[from].heartbeats.get_or_insert_default().signs(heartbeat),
            Beat::Answer => {
                self.ends[from.peer()].heartbeats.iter_mut().for_each(|beats| beats.answered());
            }
        }
    }

    /// `role` has received the peer's stream up to `offset`.
    fn received(&mut self, role: Role, offset: u64, evidence: Option<Evidence>) {
        let PerRole { client, server } = &mut self.ends;
        let (side, peer) = if role == Role::Client { (client, server) } else { (server, client) };
        side.receive_up_to(offset, evidence.and_then(|e| e.at()), peer);
    }

    /// After a response: the server that sent 101 is OPEN, and the client unless it must refuse.
    fn opened(&mut self, at: Option<Timestamp>) {
        self.handshake_at.server = at;
        if self.opening.switches {
            self.ends.server.state.open();
            self.last_frame_at = at;
            if self.opening.is_established(&self.ends.client) {
                self.ends.client.state.open();
            }
        }
    }

    /// Frames of `role` are missing.
    fn lost(&mut self, role: Role) {
        self.ends[role].lost = true;
        for role in Role::BOTH {
            self.ends[role].pings.iter_mut().for_each(|pings| pings.doubt());
        }
    }

    /// Frames follow where a response was not seen: both sides are OPEN, since when is not known.
    fn upgraded(&mut self) {
        self.opening.assume_switch();
        self.ends.client.state.open();
        self.ends.server.state.open();
    }

    /// Rules on what follows the own Close (5.5.1).
    fn after_own_close(&mut self, from: Role, frame: &FrameFacts<'_>) {
        if self.ends[from].close().is_none() {
            return;
        }
        let place = Place::frame(frame.n, frame.first);
        let opcode = frame.header.opcode;
        if opcode == crate::model::Opcode::CLOSE {
            self.findings.add(Some(from), ClDouble, place);
        } else if !opcode.is_control() {
            self.findings.add(Some(from), ClDataAfter, place);
        } else {
            return;
        }
        self.ends[from].more_behind_close = true;
    }

    /// A message whose first byte left after the peer's Close had arrived; once a side.
    fn after_received_close(&mut self, from: Role, frame: &FrameFacts<'_>) {
        let side = &self.ends[from];
        if side.noted_new_message || side.state.received().is_none() || side.close().is_some() {
            return;
        }
        let begins = matches!(frame.header.opcode, crate::model::Opcode::TEXT | crate::model::Opcode::BINARY);
        let Some(close) = self.ends[from.peer()].close().filter(|_| begins) else { return };
        if frame.first.acked().zip(close.end).is_some_and(|(acked, end)| acked >= end) {
            let violation = ClNewMsg { close: close.frame };
            let place = Place::frame(frame.n, frame.first);
            self.ends[from].noted_new_message = true;
            self.findings.add_as(Some(from), violation, Level::Note, Certainty::Likely, place);
        }
    }

    /// Evidence that `from` went on handling what the peer sent after a fault, and Pings answered.
    fn after_fault_of_peer(&mut self, from: Role, frame: &FrameFacts<'_>) {
        let peer = from.peer();
        let answered = if frame.header.opcode == crate::model::Opcode::PONG {
            pings::answer(&mut self.ends, from, frame, &mut self.findings)
        } else {
            None
        };
        // A Pong without data may be one that nobody asked for.
        let has_data = frame.header.payload_len > 0;
        if let Some(ping) = answered.filter(|_| has_data) {
            self.ends[from].reads(ping);
        }
        if !frame.header.opcode.is_control() {
            self.ends[peer].is_followed_by_data(frame);
        }
        let Some(fault) = self.ends[peer].fault.as_deref().copied() else { return };
        let handled = match answered {
            Some(ping) if ping > fault.frame => {
                let certainty = if has_data { Certainty::Proven } else { Certainty::Likely };
                Some((Handled::Ping { ping }, certainty))
            }
            _ if frame.header.opcode.is_control() || !fault.was_received(frame.first.acked()) => None,
            _ if fault.is_echoed_by(frame) => Some((Handled::Echo, Certainty::Likely)),
            _ => Some((Handled::Data, Certainty::Likely)),
        };
        let Some((handled, certainty)) = handled else { return };
        let place = Place::frame(frame.n, frame.first);
        let side = &self.ends[from];
        if let Some(close) = side.close() {
            // Only a Close that failed the connection makes a later Pong a breach (5.5.2, 7.1.7).
            let has_failed = fault.fits(close.payload.code()) && !side.echoes(&self.ends[peer]);
            if matches!(handled, Handled::Ping { .. }) && has_failed {
                let violation = FrAfterFail { handled };
                self.findings.add_as(Some(from), violation, Level::Must, certainty, place);
            }
        } else if side.handled.is_none_or(|(known, ..)| handled.weight() > known.weight()) {
            self.ends[from].handled = Some((handled, certainty, place));
        }
    }

    fn undecodable(&mut self, from: Role, undecodable: &Undecodable, evidence: Option<Evidence>) {
        match undecodable {
            Undecodable::CutHeader { bytes } => {
                let violation = FrCut { len: None, got: bytes.len() as u64 };
                self.findings.add(Some(from), violation, Place::at(evidence));
                self.ends[from].ends_in_frame();
            }
            Undecodable::FramingLost { .. } => self.ends[from].lost = true,
            Undecodable::NotHttp { start } => self.opening.not_http(start, evidence, &mut self.findings),
            Undecodable::NotFrames { how, start } => {
                if self.ends[from].unframed.is_none() {
                    let violation = FrLost { how: *how, start: start.clone(), redacted: false };
                    // The breach is plain; whose it is, is not: something between the two may have written it.
                    let place = Place::at(evidence);
                    self.findings.add_as(Some(from), violation, Level::Must, Certainty::Likely, place);
                }
                if matches!(how, LostHow::HttpResponse | LostHow::HttpRequest) {
                    self.note_idle(evidence.and_then(|e| e.at()), false);
                }
                self.ends[from].leaves_framing(*how, evidence);
                self.ends[from.peer()].misreads = true;
                for role in Role::BOTH {
                    self.ends[role].pings.iter_mut().for_each(|pings| pings.doubt());
                }
            }
        }
    }

    /// Silence before the closing began: set once, by the first Close or TCP end.
    fn note_idle(&mut self, at: Option<Timestamp>, by_end: bool) {
        let closing = self.ends.client.close().is_some() || self.ends.server.close().is_some();
        let ended = self.ends.client.end().is_some() || self.ends.server.end().is_some();
        // What the recording lacks may have broken it.
        let lost = self.ends.client.is_beyond_judgement() || self.ends.server.is_beyond_judgement();
        if let (false, false, Some(at), Some(last)) = (closing || lost, ended, at, self.last_frame_at) {
            self.idle_before_close = Some((at, by_end, at.since(last).max(0)));
        }
    }

    /// How long neither side had sent anything before the closing began: no frame, and before an end of TCP no byte, for a
    /// frame may be under way.
    fn silence(&self, tail: &Tail) -> Option<i64> {
        let (at, by_end, no_frame_ns) = self.idle_before_close?;
        let sent = [tail.last_payload_at.client, tail.last_payload_at.server];
        let since = sent.into_iter().flatten().map(|sent| at.since(sent)).filter(|ns| by_end && *ns >= 0);
        Some(since.fold(no_frame_ns, i64::min))
    }

    fn open_messages(&mut self) {
        for role in Role::BOTH {
            let side = &self.ends[role];
            let over = side.close().is_some() || side.end().is_some();
            if let (true, false, Some((message, place))) = (over, side.lost, side.open_message) {
                // An RST can be anybody's: the message may have gone on.
                let is_reset = side.close().is_none() && side.end().is_some_and(|end| end.how.is_reset());
                let certainty = if is_reset { Certainty::Likely } else { Certainty::Proven };
                let violation = FrMsgUnfinished { message };
                self.findings.add_as(Some(role), violation, Level::Note, certainty, place);
            }
        }
    }

    fn pong_data(&mut self) {
        for role in Role::BOTH {
            if self.ends[role].has_gap() || self.ends[role.peer()].has_gap() {
                continue; // The Pong that fits may be what the recording lacks.
            }
            let Some(pings) = &mut self.ends[role.peer()].pings else { continue };
            for mismatch in std::mem::take(&mut pings.mismatches) {
                let place = mismatch.place;
                let violation = FrPongData {
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
            if let Some(SentClose { payload, frame, evidence, .. }) = self.ends[role].close()
                && payload.code() == Some(crate::model::CloseCode::MESSAGE_TOO_BIG)
            {
                if self.ends[role].echoes(&self.ends[role.peer()]) {
                    continue; // An echo says nothing about its sender's limits.
                }
                // The one it was about may be what the recording lacks.
                let peer = Some(&self.ends[role.peer()]).filter(|peer| !peer.has_gap());
                let message = peer.and_then(|peer| peer.sizes.last).map(|message| RefusedMessage {
                    n: message.n,
                    wire_bytes: message.wire_bytes,
                    bytes: message.bytes.filter(|_| message.compressed),
                    is_ended: message.is_ended,
                });
                let passed =
                    peer.and_then(|peer| peer.sizes.largest_before).map(|message| message.wire_bytes);
                let place = Place::frame(*frame, *evidence);
                self.findings.add(Some(role), FrTooBig { message, passed }, place);
            }
        }
    }
}
