//! One endpoint: what it has sent, what its host can have received, and what that makes it owe.

use std::collections::VecDeque;

use crate::limits::Limits;
use crate::model::{
    Certainty, CloseCode, ClosePayload, Evidence, FrameFacts, Handled, Opcode, Role, RuleId, StreamEnd,
};
use crate::replay::Place;
use crate::replay::masking::KeyWatch;
use crate::replay::pings::{PendingPing, PongMismatch};

/// One endpoint of RFC 6455, as far as its sends show it.
///
/// ```text
///  CONNECTING ──101──► OPEN ──Close sent──► CLOSING ──TCP ended──► CLOSED
///                       └───────────── TCP ended ────────────────────▲
/// ```
///
/// CLOSING is `close` without `end`, CLOSED is `end`; the facts of a state live in those two values. That a Close
/// was *received* is no state of its own: it follows from `received` and the peer's `close`.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) role: Role,
    /// Frames it has sent.
    pub(super) frames: u64,
    /// Its first Close.
    pub(super) close: Option<Box<SentClose>>,
    /// How it ended its TCP stream.
    pub(super) end: Option<Ended>,
    /// How many bytes of the peer's stream its host has acknowledged.
    pub(super) received: Option<u64>,
    /// A gap took its framing: what it sent from there on is unknown.
    pub(super) lost: bool,
    /// Its frames were recognised again behind what was lost.
    pub(super) resumed: bool,
    /// Message it has begun and not ended, and the frame that began it.
    pub(super) open_message: Option<(u64, Place)>,
    /// Length and first bytes of its last data frame.
    last_data: Option<(u64, [u8; 16])>,
    /// Its largest frame: number and claimed payload length.
    pub(super) largest: Option<(u64, u64)>,
    /// Its Pings that wait for a Pong, oldest first.
    pub(super) pings: VecDeque<PendingPing>,
    /// Its Pongs that fitted none of the peer's Pings.
    pub(super) pong_mismatches: Vec<PongMismatch>,
    /// Predictability of its masking keys.
    pub(super) keys: KeyWatch,
    /// Its first fault that the peer may or must answer by failing.
    pub(super) fault: Option<Box<Fault>>,
    /// What it handled after the peer's first fault, without having failed.
    pub(super) handled: Option<(Handled, Certainty, Place)>,
    /// It was told of once: frames after an invalid handshake.
    pub(super) warned_of_handshake: bool,
    /// It was told of once: a control frame between fragments.
    pub(super) noted_control_between: bool,
    /// It was told of once: a Pong nobody asked for.
    pub(super) noted_unsolicited: bool,
}

/// The first Close of an endpoint.
#[derive(Clone, Debug)]
pub(super) struct SentClose {
    pub(super) frame: u64,
    pub(super) payload: ClosePayload,
    /// Of its first byte.
    pub(super) evidence: Evidence,
    /// Offset behind it in the sender's stream.
    pub(super) end: Option<u64>,
}

/// End of an endpoint's TCP stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub(super) how: StreamEnd,
    pub(super) evidence: Evidence,
}

impl Ended {
    /// Whether it stands earlier in the recording.
    pub(super) fn is_before(&self, other: &Self) -> bool {
        self.evidence.packet() < other.evidence.packet()
    }
}

/// A fault for which the peer may or must fail the connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault {
    pub(super) rule: RuleId,
    pub(super) frame: u64,
    pub(super) evidence: Evidence,
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
            close: None,
            end: None,
            received: None,
            lost: false,
            resumed: false,
            open_message: None,
            last_data: None,
            largest: None,
            pings: VecDeque::new(),
            pong_mismatches: Vec::new(),
            keys: KeyWatch::default(),
            fault: None,
            handled: None,
            warned_of_handshake: false,
            noted_control_between: false,
            noted_unsolicited: false,
        }
    }

    /// Its host has acknowledged the peer's stream up to `offset`.
    pub(super) fn has_received(&mut self, offset: u64) {
        self.received = self.received.max(Some(offset));
    }

    /// Whether its host has received the peer's stream up to `end`; `None` without acknowledgement numbers.
    pub(super) fn has(&self, end: Option<u64>) -> Option<bool> {
        Some(self.received? >= end?)
    }

    /// Whether frames of it may be missing, a Ping or Pong among them.
    pub(super) const fn has_gap(&self) -> bool {
        self.lost || self.resumed
    }

    /// After a data frame no Close can have been lost before it: what came after the hole is all there is.
    pub(super) const fn is_known_again(&mut self, frame: &FrameFacts<'_>) {
        if self.resumed && !frame.header.opcode.is_control() {
            self.lost = false;
        }
    }

    /// Books a frame it sent, after the rules have seen it.
    pub(super) fn sent(&mut self, frame: &FrameFacts<'_>, limits: &Limits) {
        self.frames += 1;
        let header = &frame.header;
        if self.largest.is_none_or(|(_, len)| header.payload_len > len) {
            self.largest = Some((frame.n, header.payload_len));
        }
        match header.opcode {
            Opcode::CONTINUATION | Opcode::TEXT | Opcode::BINARY => {
                self.last_data = Some(outline(frame));
                self.open_message = match frame.message {
                    // A hole in the payload ends no message: the header says where the frame ends.
                    Some(message) if !header.fin || frame.cut > 0 => {
                        self.open_message.or(Some((message, Place::frame(frame.n, frame.first))))
                    }
                    _ => None,
                };
            }
            Opcode::CLOSE if self.close.is_none() && frame.cut == 0 => {
                self.close = Some(Box::new(SentClose {
                    frame: frame.n,
                    payload: frame.close.cloned().unwrap_or(ClosePayload::Partial { code: None }),
                    evidence: frame.first,
                    end: frame.end_offset(),
                }));
            }
            Opcode::PING if frame.is_complete() => {
                if self.pings.len() >= limits.max_pending_pings {
                    self.pings.pop_front();
                }
                self.pings.push_back(PendingPing::new(frame));
            }
            _ => {}
        }
    }

    /// Books a fault, before its frame is booked by [`Self::sent`]; the first that orders a reaction stays, before
    /// that the first that allows one.
    pub(super) fn faulted(&mut self, rule: RuleId, frame: &FrameFacts<'_>) {
        let fault = Fault::new(rule, frame, self.last_data);
        let ordered = |f: &Fault| f.rule.rule().reaction.is_ordered();
        if self.fault.as_ref().is_none_or(|known| !ordered(known) && ordered(&fault)) {
            self.fault = Some(Box::new(fault));
        }
    }
}
