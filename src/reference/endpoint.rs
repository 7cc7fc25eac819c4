//! One endpoint: what it has sent, what its host can have received, and what that makes it owe.

use crate::limits::Limits;
use crate::model::{
    Certainty, CloseCode, ClosePayload, Evidence, FrameFacts, Handled, LastPayload, Lifecycle, LostFraming,
    LostHow, Opcode, Role, RuleId, StreamEnd, Timestamp, UnansweredPing,
};
use crate::reference::course::{Heartbeats, Sizes, payload, waiting_ping};
use crate::reference::findings::Place;
use crate::reference::masking::KeyWatch;
use crate::reference::pings::Pings;
use crate::reference::state::{Ended, Received, SentClose, State};

/// One endpoint of RFC 6455, as far as its sends show it.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) role: Role,
    /// Frames it has sent.
    pub(super) frames: u64,
    /// Where it stands, with its Close, the peer's, and its end of TCP.
    pub(super) state: State,
    /// Time of its last frame.
    pub(super) last_sent_at: Option<Timestamp>,
    /// Number and place of its last frame.
    pub(super) last_sent: Option<(u64, Evidence)>,
    /// The same when its peer gave the connection up.
    pub(super) last_before_quit: Option<Option<(u64, Evidence)>>,
    /// How many bytes of the peer's stream its host has acknowledged.
    pub(super) received: Option<u64>,
    /// A gap took its framing: what it sent from there on is unknown.
    pub(super) lost: bool,
    /// Its frames were recognised again behind what was lost.
    pub(super) resumed: bool,
    /// From where on what it sent is no WebSocket.
    pub(super) unframed: Option<LostFraming>,
    /// What it sends now is no frame, or part of one that was not whole.
    pub(super) muted: bool,
    /// The frame it is in the middle of is the last that is one, and so many bytes of its payload are what they seem.
    pub(super) interrupted: Option<u64>,
    /// From somewhere on its peer sent no WebSocket: what it made of that is its own affair.
    pub(super) misreads: bool,
    /// It ended a stream of HTTP/2 by END_STREAM, and reads on.
    pub(super) half_closed: bool,
    /// Number of its last frame.
    last_frame: Option<u64>,
    /// The last frame of the peer that it is known to have read: a Ping whose data it sent back.
    read: Option<u64>,
    /// Its stream ends inside a frame.
    in_frame: bool,
    /// Message it has begun and not ended, and the frame that began it.
    pub(super) open_message: Option<(u64, Place)>,
    /// Length and first bytes of its last data frame.
    last_data: Option<(u64, [u8; 16])>,
    /// How large its messages were.
    pub(super) sizes: Sizes,
    /// Its Pings and what became of them; most connections have none.
    pub(super) pings: Option<Box<Pings>>,
    /// Its keep-alives inside the protocol that is spoken; most connections have none.
    pub(super) heartbeats: Option<Box<Heartbeats>>,
    /// Its last message, where the application that is spoken may announce an end in it.
    pub(super) said: Option<Box<LastPayload>>,
    /// Its oldest Ping without an answer when it sent its first Close or ended TCP.
    pub(super) quit_with_ping: Option<Option<UnansweredPing>>,
    /// Predictability of its masking keys.
    pub(super) keys: KeyWatch,
    /// Its first fault that the peer may or must answer by failing.
    pub(super) fault: Option<Box<Fault>>,
    /// Its last fault of another kind: the peer may have passed over the first, and so over more of that kind.
    pub(super) latest_fault: Option<Box<Fault>>,
    /// What it handled after the peer's first fault, without having failed.
    pub(super) handled: Option<(Handled, Certainty, Place)>,
    /// Behind its Close it sent another one, or data.
    pub(super) more_behind_close: bool,
    /// It was told of once: a control frame between fragments.
    pub(super) noted_control_between: bool,
    /// It was told of once: a Pong nobody asked for.
    pub(super) noted_unsolicited: bool,
    /// It was told of once: a message begun after a Close had arrived.
    pub(super) noted_new_message: bool,
}

/// A fault for which the peer may or must fail the connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault {
    pub(super) rule: RuleId,
    pub(super) frame: u64,
    pub(super) evidence: Evidence,
    /// Offset behind its frame in the sender's stream.
    end: Option<u64>,
    /// When the peer's host acknowledged all of it; before that, when all of it had come.
    pub(super) had_at: Option<Timestamp>,
    is_acknowledged: bool,
    /// Offset behind the first data frame that the peer sent after it had the fault.
    data_end: Option<u64>,
    /// Offset behind the first frame of a message that its sender began after it had those data.
    next_end: Option<u64>,
    /// The peer sent data after it had that message too: the conversation went on, turn by turn.
    pub(super) went_on: bool,
    opcode: Opcode,
    payload: (u64, [u8; 16]),
    /// The frame before it had the same payload: an echo may be of that one.
    repeats: bool,
}

/// Length and first bytes of a payload.
fn outline(frame: &FrameFacts<'_>) -> (u64, [u8; 16]) {
    let mut start = [0; 16];
    let known = frame.payload.len().min(16);
    start[..known].copy_from_slice(&frame.payload[..known]);
    (frame.header.payload_len, start)
}

impl Fault {
    fn new(rule: RuleId, frame: &FrameFacts<'_>, before: Option<(u64, [u8; 16])>) -> Self {
        let payload = outline(frame);
        Self {
            rule,
            frame: frame.n,
            evidence: frame.first,
            end: frame.end_offset(),
            had_at: frame.last.and_then(|e| e.at()).or(frame.first.at()),
            is_acknowledged: false,
            data_end: None,
            next_end: None,
            went_on: false,
            opcode: frame.header.opcode,
            payload,
            repeats: before == Some(payload),
        }
    }

    /// The fault is in a Close frame.
    pub(super) fn is_in_close(&self) -> bool {
        self.opcode == Opcode::CLOSE
    }

    /// Whether a host that had received `acked` bytes had the faulty frame, at least its first two bytes.
    /// Without acknowledgement numbers the order of the recording has to do, which the caller has checked.
    pub(super) fn was_received(&self, acked: Option<u64>) -> bool {
        match (acked, self.evidence.offset()) {
            (Some(acked), Some(start)) => acked >= start.saturating_add(2),
            _ => true,
        }
    }

    /// Whether the peer's host had it when it sent `close`; without acknowledgement numbers the order of the recording has
    /// to do.
    pub(super) fn was_known_to(&self, close: &SentClose) -> bool {
        match close.evidence.acked() {
            None => self.frame < close.frame,
            acked => self.was_received(acked),
        }
    }

    /// The peer's host has acknowledged its stream up to `offset`.
    fn arrived(&mut self, offset: u64, at: Option<Timestamp>) {
        if !self.is_acknowledged && self.end.is_some_and(|end| offset >= end) {
            self.is_acknowledged = true;
            self.had_at = self.had_at.max(at);
        }
    }

    /// The peer sent a data frame.
    fn is_followed_by_data(&mut self, frame: &FrameFacts<'_>) {
        let acked = frame.first.acked();
        self.went_on |= acked.zip(self.next_end).is_some_and(|(acked, end)| acked >= end);
        if self.data_end.is_none() && self.was_received(acked) {
            self.data_end = frame.end_offset();
        }
    }

    /// Its sender began another message.
    fn is_followed_by_message(&mut self, frame: &FrameFacts<'_>) {
        let had_data = frame.first.acked().zip(self.data_end).is_some_and(|(acked, end)| acked >= end);
        if had_data && self.next_end.is_none() {
            self.next_end = frame.end_offset();
        }
    }

    /// Whether `code` is one of those that fit the fault.
    pub(super) fn fits(&self, code: Option<CloseCode>) -> bool {
        code.is_some_and(|code| self.rule.rule().reaction.codes().contains(&code.0))
    }

    /// Whether `frame` sends the faulty frame's payload back, and no other's.
    pub(super) fn is_echoed_by(&self, frame: &FrameFacts<'_>) -> bool {
        !self.opcode.is_control() && !self.repeats && self.payload.0 > 0 && self.payload == outline(frame)
    }
}

impl Endpoint {
    pub(super) fn new(role: Role) -> Self {
        Self {
            role,
            frames: 0,
            state: State::Connecting,
            last_sent_at: None,
            last_sent: None,
            last_before_quit: None,
            received: None,
            lost: false,
            resumed: false,
            unframed: None,
            muted: false,
            interrupted: None,
            misreads: false,
            half_closed: false,
            last_frame: None,
            read: None,
            in_frame: false,
            open_message: None,
            last_data: None,
            sizes: Sizes::default(),
            pings: None,
            heartbeats: None,
            said: None,
            quit_with_ping: None,
            keys: KeyWatch::default(),
            fault: None,
            latest_fault: None,
            handled: None,
            more_behind_close: false,
            noted_control_between: false,
            noted_unsolicited: false,
            noted_new_message: false,
        }
    }

    /// Its first Close.
    pub(super) fn close(&self) -> Option<&SentClose> {
        self.state.sent()
    }

    /// How it ended its TCP stream.
    pub(super) const fn end(&self) -> Option<&Ended> {
        self.state.end()
    }

    /// Where the recording leaves it: a reset by its peer has closed it too.
    pub(super) fn lifecycle(&self, peer: &Self) -> Lifecycle {
        match peer.end() {
            Some(Ended { how: StreamEnd::Rst | StreamEnd::RstStream(_) | StreamEnd::Dropped, .. }) => {
                Lifecycle::Closed
            }
            _ => self.state.lifecycle(),
        }
    }

    /// Its host has acknowledged the peer's stream up to `offset`: Pings and a Close in it have arrived.
    pub(super) fn receive_up_to(&mut self, offset: u64, at: Option<Timestamp>, peer: &mut Self) {
        if self.received >= Some(offset) {
            return;
        }
        self.received = Some(offset);
        if let Some(pings) = &mut peer.pings {
            pings.arrived(offset, at);
        }
        if peer.fault.is_some() {
            peer.faults().for_each(|fault| fault.arrived(offset, at));
        }
        if let Some(close) = peer.close()
            && close.end.is_some_and(|end| offset >= end)
        {
            self.received_close(at);
        }
    }

    /// The peer's Close has reached its host.
    pub(super) fn received_close(&mut self, at: Option<Timestamp>) {
        let message_open = self.open_message.is_some();
        self.state.note_close(|closes| {
            closes.received.get_or_insert(Received { at, message_open });
        });
    }

    /// None where there is no first.
    fn faults(&mut self) -> impl Iterator<Item = &mut Fault> {
        [&mut self.fault, &mut self.latest_fault].into_iter().flatten().map(|fault| &mut **fault)
    }

    /// The peer sent a data frame.
    #[inline]
    pub(super) fn is_followed_by_data(&mut self, frame: &FrameFacts<'_>) {
        if self.fault.is_none() {
            return;
        }
        self.faults().for_each(|fault| fault.is_followed_by_data(frame));
    }

    /// Whether its Close sends the code of the peer's back, which says nothing but that it had that one.
    pub(super) fn echoes(&self, peer: &Self) -> bool {
        let (Some(own), Some(theirs)) = (self.close(), peer.close()) else { return false };
        own.payload.code() == theirs.payload.code() && own.answers(theirs)
    }

    /// Whether its host has received the peer's stream up to `end`; `None` without acknowledgement numbers.
    pub(super) fn has(&self, end: Option<u64>) -> Option<bool> {
        Some(self.received? >= end?)
    }

    /// It has sent back what stood in this frame of the peer.
    pub(super) fn reads(&mut self, frame: u64) {
        self.read = self.read.max(Some(frame));
    }

    /// Whether it has sent something for which it must have read the peer's Close.
    pub(super) fn has_read(&self, close: &SentClose) -> bool {
        self.read > Some(close.frame)
    }

    /// Its stream ended inside a frame header.
    pub(super) const fn ends_in_frame(&mut self) {
        self.in_frame = true;
    }

    /// Whether it is in the middle of a message, or of a frame, which may be its Close.
    pub(super) const fn is_in_message(&self) -> bool {
        self.in_frame || self.open_message.is_some()
    }

    /// Whether frames of it may be missing, a Ping or Pong among them.
    pub(super) const fn has_gap(&self) -> bool {
        self.is_beyond_judgement() || self.resumed
    }

    /// Whether frames of it may be missing, or were never frames; what it was sent does not matter.
    pub(super) const fn has_unknown_frames(&self) -> bool {
        self.lost || self.resumed || self.unframed.is_some()
    }

    /// Whether what it sent, or was sent, is not known to be frames to the end: then it owes nothing that is known.
    pub(super) const fn is_beyond_judgement(&self) -> bool {
        self.lost || self.unframed.is_some() || self.misreads
    }

    /// From here on what it sends is no WebSocket.
    pub(super) fn leaves_framing(&mut self, how: LostHow, evidence: Option<Evidence>) {
        let lost = LostFraming {
            how,
            frame: self.last_frame,
            packet: evidence.and_then(|e| e.packet()),
            at: evidence.and_then(|e| e.at()),
            offset: evidence.and_then(|e| e.offset()),
        };
        self.unframed.get_or_insert(lost);
        // The frame that was cut short is still to come, and is what it is as far as it goes.
        self.interrupted = match how {
            LostHow::CutShort { came, .. } => Some(came),
            _ => None,
        };
        if self.interrupted.is_none() {
            self.mute();
        }
    }

    /// Nothing that follows is judged.
    pub(super) const fn mute(&mut self) {
        (self.muted, self.interrupted, self.in_frame, self.open_message) = (true, None, false, None);
    }

    /// Books a frame of which nothing is said.
    pub(super) fn sent_unjudged(&mut self, frame: &FrameFacts<'_>) {
        self.frames += 1;
        self.last_sent = Some((frame.n, frame.first));
        self.last_sent_at = frame.last.and_then(|e| e.at()).or(frame.first.at()).or(self.last_sent_at);
    }

    /// Its frames were recognised again: a message begun before the hole may have ended in it.
    pub(super) fn resume(&mut self) {
        self.resumed = true;
        self.muted = false;
        self.open_message = None;
    }

    /// It sent another frame. After a data frame no Close can have been lost before it: what came after the hole is all
    /// there is.
    pub(super) const fn note_known_again(&mut self, frame: &FrameFacts<'_>) {
        if self.resumed && !frame.header.opcode.is_control() {
            self.lost = false;
        }
    }

    /// Books a frame it sent, after the rules have seen it; `faulty` if it broke one to which the peer reacts.
    pub(super) fn sent(
        &mut self,
        frame: &FrameFacts<'_>,
        faulty: bool,
        pause_ns: Option<i64>,
        limits: &Limits,
    ) {
        self.frames += 1;
        self.last_sent = Some((frame.n, frame.first));
        self.last_frame = Some(frame.n);
        self.in_frame = frame.cut > 0;
        self.last_sent_at = frame.last.and_then(|e| e.at()).or(frame.first.at()).or(self.last_sent_at);
        self.state.open();
        let header = &frame.header;
        if self.fault.is_some() && matches!(header.opcode, Opcode::TEXT | Opcode::BINARY) {
            self.faults().for_each(|fault| fault.is_followed_by_message(frame));
        }
        match header.opcode {
            Opcode::CONTINUATION | Opcode::TEXT | Opcode::BINARY => {
                self.state.finishes(frame.first.at());
                self.last_data = Some(outline(frame));
                self.sizes.add(frame, pause_ns);
                self.open_message = match frame.message {
                    // A hole in the payload ends no message: the header says where the frame ends.
                    Some(message) if !header.fin || frame.cut > 0 => {
                        self.open_message.or(Some((message, Place::frame(frame.n, frame.first))))
                    }
                    _ => None,
                };
            }
            Opcode::CLOSE if self.close().is_none() && frame.cut == 0 => {
                let close = SentClose {
                    frame: frame.n,
                    payload: frame.close.cloned().unwrap_or(ClosePayload::Partial { code: None }),
                    evidence: frame.first,
                    end: frame.end_offset(),
                    faulty,
                };
                self.state.note_close(|closes| closes.sent = Some(close));
            }
            Opcode::PING if frame.is_complete() => {
                self.pings.get_or_insert_default().sent(frame, limits);
            }
            Opcode::PING => self.pings.get_or_insert_default().sent_in_part(frame),
            _ => {}
        }
    }

    /// Keeps its last message before its Close, where that is one whole frame.
    pub(super) fn speaks(&mut self, frame: &FrameFacts<'_>) {
        if self.close().is_none() {
            self.said = payload(frame, self.said.take());
        }
    }

    /// Its peer gives the connection up.
    pub(super) fn is_given_up(&mut self) {
        self.last_before_quit.get_or_insert(self.last_sent);
    }

    /// It gives the connection up: what waits for an answer now waits in vain.
    pub(super) fn quits(&mut self) {
        if self.quit_with_ping.is_none() {
            self.quit_with_ping = Some(waiting_ping(self));
        }
        self.heartbeats.iter_mut().for_each(|beats| beats.quits());
    }

    /// Books a fault, before its frame is booked by [`Self::sent`]; the first that orders a reaction stays, before
    /// that the first that allows one.
    #[cold]
    #[inline(never)]
    pub(super) fn faulted(&mut self, rule: RuleId, frame: &FrameFacts<'_>) {
        let fault = Fault::new(rule, frame, self.last_data);
        let ordered = |f: &Fault| f.rule.rule().reaction.is_ordered();
        match &self.fault {
            Some(known) if ordered(known) || !ordered(&fault) => {
                let known = [Some(known), self.latest_fault.as_ref()];
                if known.iter().flatten().all(|known| known.rule != rule) {
                    self.latest_fault = Some(Box::new(fault));
                }
            }
            _ => self.fault = Some(Box::new(fault)),
        }
    }
}
