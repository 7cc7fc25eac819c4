//! One role's frames: header, pieces, end.

use crate::limits::Limits;
use crate::message::close;
use crate::message::fragments::{Fragments, OpenMessage, Placement};
use crate::message::inflate::{Agreement, Context, Loss, Stop, Trial};
use crate::model::{
    Event, EventKind, Evidence, Fact, FrameFacts, FrameHeader, Opcode, PacketNo, Piece, Role, WeirdKind,
    Weirds,
};

/// Payload limit of control frames (RFC 6455 5.5): kept whole whatever is kept of others, for what they
/// answer is told from their data.
const MAX_CONTROL_BYTES: usize = 125;

/// What one role has under way.
#[derive(Debug, Default)]
pub(super) struct Side {
    frame: Option<OpenFrame>,
    fragments: Fragments,
    context: Context,
    /// Made for the first message that may be compressed without an agreement.
    trial: Option<Box<Trial>>,
    /// First payload bytes of the frame.
    payload: Vec<u8>,
    /// First bytes the frame added to an inflated message.
    inflated: Vec<u8>,
    /// Of the frame.
    facts: Vec<Fact>,
}

/// A frame whose end is still to come.
#[derive(Debug)]
struct OpenFrame {
    n: u64,
    header: FrameHeader,
    first: Evidence,
    message: Option<u64>,
    compressed: bool,
    missing: u64,
}

/// What a frame needs from the connection when it begins.
#[derive(Debug)]
pub(super) struct Connection<'a> {
    /// Number of the frame.
    pub(super) frame: u64,
    /// Number of the last message.
    pub(super) messages: &'a mut u64,
    /// Under permessage-deflate: what this role agreed to.
    pub(super) deflate: Option<Agreement>,
    /// permessage-deflate was offered, and not agreed.
    pub(super) not_taken: bool,
    /// permessage-deflate may have been agreed, unseen.
    pub(super) unknown_extensions: bool,
}

/// Takes bytes of a message, by its number.
pub(super) type Tell<'a> = dyn FnMut(u64, &[u8]) + 'a;

impl Side {
    /// A frame begins at `first`.
    pub(super) fn begin(
        &mut self,
        header: FrameHeader,
        first: Evidence,
        connection: Connection<'_>,
        weirds: &mut Weirds,
    ) {
        self.payload.clear();
        self.inflated.clear();
        self.facts.clear();
        match self.fragments.place(&header, &mut self.facts) {
            Placement::Apart | Placement::Continues => {}
            Placement::Starts { kind, replaced } => {
                if replaced.is_some_and(|message| message.compressed) {
                    self.context.lose(Loss::Fault);
                }
                *connection.messages = connection.messages.saturating_add(1);
                let deflate = connection.deflate.filter(|_| header.rsv.rsv1());
                let assumed = deflate.is_none() && connection.unknown_extensions && header.rsv.rsv1();
                if header.rsv.rsv1() && header.fin && connection.not_taken {
                    self.trial.get_or_insert_default().start();
                }
                let mut message = OpenMessage::new(*connection.messages, kind, deflate.is_some() || assumed);
                if assumed {
                    // With which parameters it was compressed, if it was, is not known.
                    message.lose();
                }
                self.open_message(message, deflate, first.packet(), weirds);
            }
        }
        let is_data = !header.opcode.is_control() && !header.opcode.is_reserved();
        let message = self.fragments.message().filter(|_| is_data);
        self.frame = Some(OpenFrame {
            n: connection.frame,
            header,
            first,
            message: message.as_ref().map(|message| message.n),
            compressed: message.is_some_and(|message| message.compressed),
            missing: 0,
        });
    }

    fn open_message(
        &mut self,
        mut message: OpenMessage,
        deflate: Option<Agreement>,
        packet: Option<PacketNo>,
        weirds: &mut Weirds,
    ) {
        if let Some(Err(loss)) = deflate.map(|agreement| self.context.start(agreement)) {
            message.lose();
            self.facts.push(Fact::ContextLost);
            if loss == Loss::Gap {
                weirds.add(WeirdKind::InflateContextLost, packet, || {
                    format!(
                        "message {} and those after it cannot be inflated: earlier data is missing",
                        message.n
                    )
                });
            }
        }
        self.fragments.open(message);
    }

    /// The next piece of the payload.
    pub(super) fn piece(
        &mut self,
        piece: Piece<'_>,
        packet: Option<PacketNo>,
        limits: &Limits,
        weirds: &mut Weirds,
        mut tell: Option<&mut Tell<'_>>,
    ) {
        let Some(frame) = &mut self.frame else { return };
        let message = self.fragments.message().filter(|_| frame.message.is_some());
        match piece {
            Piece::Missing { len, .. } => {
                if !self.facts.contains(&Fact::PayloadMissing) {
                    self.facts.push(Fact::PayloadMissing);
                }
                frame.missing = frame.missing.saturating_add(len);
                if let Some(trial) = &mut self.trial {
                    trial.give_up();
                }
                if let Some(message) = message {
                    message.wire_bytes = message.wire_bytes.saturating_add(len);
                    message.lose();
                    if message.compressed {
                        self.context.lose(Loss::Gap);
                    }
                }
            }
            Piece::Bytes(bytes) => {
                if frame.missing == 0 {
                    let most = match frame.header.opcode {
                        Opcode::CLOSE => limits.max_preview_bytes.max(close::MAX_BODY_BYTES),
                        opcode => preview_len(opcode, limits),
                    };
                    extend_up_to(&mut self.payload, bytes, most);
                }
                if let Some(trial) = &mut self.trial {
                    trial.push(bytes, limits);
                }
                if let Some(message) = message {
                    message.wire_bytes = message.wire_bytes.saturating_add(bytes.len() as u64);
                    if message.compressed {
                        self.inflate(bytes, packet, limits, weirds, tell);
                    } else if message.known {
                        if let Some(tell) = &mut tell {
                            tell(message.n, bytes);
                        }
                        message.push(bytes, &mut self.facts);
                    }
                }
            }
        }
    }

    fn inflate(
        &mut self,
        bytes: &[u8],
        packet: Option<PacketNo>,
        limits: &Limits,
        weirds: &mut Weirds,
        mut tell: Option<&mut Tell<'_>>,
    ) {
        let Self { fragments, context, inflated, facts, .. } = self;
        let Some(message) = fragments.message().filter(|_| context.goes_on()) else { return };
        let result = context.push(bytes, limits, |chunk| {
            extend_up_to(inflated, chunk, limits.max_preview_bytes);
            message.push(chunk, facts);
            if let Some(tell) = &mut tell {
                tell(message.n, chunk);
            }
        });
        if context.saw_final_block() && !message.final_block {
            message.final_block = true;
            // First, lest its place among the facts of the text depend on how the bytes were cut.
            facts.insert(0, Fact::FinalBlock);
        }
        if let Err(stop) = result {
            message.lose();
            context.lose(Loss::Fault);
            facts.push(stop.fact());
            if let Stop::Capped { read, written } = stop {
                weirds.add(WeirdKind::InflateCap, packet, || {
                    format!("message {}: {written} bytes from {read}; the rest was not inflated", message.n)
                });
            }
        }
    }

    /// The frame is over, `cut` bytes short, at `last`: hands on its event.
    pub(super) fn end(
        &mut self,
        from: Role,
        cut: u64,
        last: Option<Evidence>,
        limits: &Limits,
        sink: &mut impl FnMut(Event<'_>),
    ) {
        let Some(frame) = self.frame.take() else { return };
        if frame.header.fin && cut == 0 && frame.message.is_some() {
            self.end_message();
        }
        if cut == 0 && self.trial.as_mut().is_some_and(|trial| trial.finish()) {
            self.facts.push(Fact::InflatesAsOffered);
        }
        let OpenFrame { n, header, first, message, compressed, missing } = frame;
        let close = (header.opcode == Opcode::CLOSE).then(|| {
            let whole = missing == 0 && cut == 0 && self.payload.len() as u64 == header.payload_len;
            close::parse(&self.payload, whole)
        });
        let payload = self.payload.get(..preview_len(header.opcode, limits)).unwrap_or(&self.payload);
        let went_on = compressed && (self.context.goes_on() || !self.inflated.is_empty());
        let inflated = went_on.then_some(self.inflated.as_slice());
        sink(Event {
            from,
            what: EventKind::Frame(FrameFacts {
                n,
                header,
                first,
                last,
                payload,
                inflated,
                missing,
                cut,
                close: close.as_ref(),
                message,
                compressed,
                facts: &self.facts,
            }),
            evidence: Some(first),
        });
    }

    fn end_message(&mut self) {
        let Some(mut message) = self.fragments.close() else { return };
        if message.compressed
            && let Err(stop) = self.context.finish(&mut self.facts)
        {
            message.lose();
            self.context.lose(Loss::Fault);
            self.facts.push(stop.fact());
        }
        message.finish(&mut self.facts);
    }

    /// Frames were lost in a hole.
    pub(super) fn gap(&mut self) {
        self.fragments.gap();
        if let Some(trial) = &mut self.trial {
            trial.give_up();
        }
        self.context.lose(Loss::Gap);
    }
}

/// How much of a payload an event carries.
fn preview_len(opcode: Opcode, limits: &Limits) -> usize {
    let least = if opcode.is_control() { MAX_CONTROL_BYTES } else { 0 };
    limits.max_preview_bytes.max(least)
}

/// Appends as much of `bytes` as keeps `kept` within `most`.
fn extend_up_to(kept: &mut Vec<u8>, bytes: &[u8], most: usize) {
    let room = most.saturating_sub(kept.len());
    kept.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
}
