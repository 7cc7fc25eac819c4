//! One direction of a connection: sequence numbers to positions, where the stream starts, where it ends.
//!
//! Position [`FIRST`] is the first sequence number heard of, whatever it was; so nothing has to be renumbered when
//! the start turns out to lie before or after it.

mod ending;

use crate::limits::Limits;
use crate::model::{Carrier, SeqNo, StreamEvent};
use crate::tcp::assembler::Assembler;
use crate::tcp::context::Context;

/// Further than any sequence number can lie before it (2^31), and 0 modulo 2^32.
const FIRST: u64 = 1 << 32;

/// Largest distance at which a sequence number is believed: the largest window there is (RFC 7323 2.3).
const MAX_DISTANCE: u32 = 1 << 30;

/// While the start is only assumed, data waits until so many pieces did.
const MAX_HELD_PIECES: usize = 8;

/// The same in bytes.
const MAX_HELD_BYTES: usize = 64 << 10;

/// How far a SYN may lie before the data that was taken for the start.
const MAX_LATE_SYN: u64 = 64 << 10;

/// What is known of the sequence number of offset 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    /// Nothing of this direction was seen.
    Unknown,
    /// Its numbers are known, but not where it starts: data waits.
    Assumed,
    /// Decided without its SYN: an acknowledgement from the handshake, or the first byte at hand.
    Settled,
    /// Its SYN said so.
    Syn,
}

/// End of the stream.
#[derive(Debug)]
struct Fin {
    /// Position of the FIN itself, which is the end of the data.
    at: u64,
    carrier: Carrier,
    /// [`Context::now`] when it was first seen to be acknowledged.
    acked_at: Option<u32>,
}

/// How a direction is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    /// By FIN: bytes of it may still come again.
    Fin,
    /// In another way.
    Otherwise,
}

#[derive(Debug)]
pub(super) struct Half {
    /// Sequence number of position [`FIRST`].
    base: SeqNo,
    start: Start,
    ended: Option<Over>,
    fin: Option<Box<Fin>>,
    /// An RST that was captured before the data it follows: its position and segment.
    reset: Option<Box<(u64, Carrier)>>,
    /// Highest position acknowledged, 0 for none.
    acked: u64,
    ignored_bytes: u64,
    assembler: Assembler,
}

impl Half {
    pub(super) fn new() -> Self {
        Self {
            base: SeqNo(0),
            start: Start::Unknown,
            ended: None,
            fin: None,
            reset: None,
            acked: 0,
            ignored_bytes: 0,
            assembler: Assembler::default(),
        }
    }

    pub(super) fn stream_bytes(&self) -> u64 {
        self.assembler.next() - self.assembler.origin() - self.assembler.gap_bytes()
    }

    pub(super) fn gap_bytes(&self) -> u64 {
        self.assembler.gap_bytes()
    }

    pub(super) fn retransmitted_bytes(&self) -> u64 {
        self.assembler.retransmitted_bytes()
    }

    /// Bytes that were of no use: seen before, or of no stream.
    pub(super) fn useless_bytes(&self) -> u64 {
        self.assembler.retransmitted_bytes().wrapping_add(self.ignored_bytes)
    }

    /// Highest position acknowledged.
    pub(super) fn acked(&self) -> u64 {
        self.acked
    }

    /// Position behind all that was seen.
    pub(super) fn end_seen(&self) -> u64 {
        self.assembler.end()
    }

    /// About how many bytes of memory what waits takes.
    #[inline]
    pub(super) fn waiting_weight(&self) -> usize {
        self.assembler.waiting_weight()
    }

    /// Whether nothing was said of its stream yet: it can be another one.
    pub(super) fn is_untouched(&self) -> bool {
        let is_over = self.ended.is_some() || self.fin.is_some() || self.reset.is_some();
        let origin = self.assembler.origin();
        let is_acked = self.is_started() && (self.assembler.next() > origin || self.acked > origin);
        !is_over && !is_acked && !self.assembler.has_hole()
    }

    /// Makes it another one, of which only the number of the first byte is known; its counts stay.
    pub(super) fn begin_anew<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        first: SeqNo,
        carrier: Carrier,
        cx: &mut Context<'_, S>,
    ) {
        let ignored_bytes = self.useless_bytes();
        *self = Self { ignored_bytes, ..Self::new() };
        self.syn(first, carrier, cx);
    }

    /// The number of offset 0, where that is known.
    pub(super) fn first(&self) -> Option<SeqNo> {
        self.is_started().then(|| self.seq_at(self.assembler.origin()))
    }

    /// How far a number is from the next one to be seen, and how far it would be if offset 0 were at `first`; `None`
    /// while no number is known.
    pub(super) fn distances(&self, number: SeqNo, first: SeqNo) -> Option<(u32, u32)> {
        if self.start == Start::Unknown {
            return None;
        }
        let next = self.near();
        let moved = first.plus((next - self.origin_or_first()) as u32);
        let from = |place: SeqNo| number.distance_from(place).unsigned_abs();
        Some((from(self.seq_at(next)), from(moved)))
    }

    /// Where a sequence number of this direction stands, as far as that can be told.
    pub(super) fn position(&self, seq: SeqNo) -> Option<u64> {
        if self.start == Start::Unknown { None } else { self.locate(seq, self.near()) }
    }

    /// A position as an offset of the stream; `None` before its start, or where that is not known.
    pub(super) fn offset(&self, position: u64) -> Option<u64> {
        position.checked_sub(self.assembler.origin()).filter(|_| self.is_started())
    }

    pub(super) fn ignored_bytes(&self) -> u64 {
        self.ignored_bytes
    }

    /// Whether any byte of the stream was seen.
    pub(super) fn has_bytes(&self) -> bool {
        self.stream_bytes() > 0 || self.assembler.has_hole()
    }

    pub(super) fn syn_seen(&self) -> bool {
        self.start == Start::Syn
    }

    /// Whether a segment with this number is one of the first after the SYN, which was seen: what comes behind data
    /// may acknowledge an answer to them.
    pub(super) fn is_opening(&self, seq: SeqNo) -> bool {
        self.syn_seen() && seq == self.seq_at(self.assembler.origin())
    }

    /// Whether the FIN was seen and acknowledged.
    pub(super) fn is_fin_acked(&self) -> bool {
        self.fin.as_ref().is_some_and(|fin| self.acked > fin.at)
    }

    /// Whether its `End` was given out.
    pub(super) const fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// Frees what retransmissions are compared with.
    pub(super) fn forget_bytes(&mut self) {
        self.assembler.forget_bytes();
    }

    fn is_started(&self) -> bool {
        matches!(self.start, Start::Settled | Start::Syn)
    }

    fn seq_at(&self, position: u64) -> SeqNo {
        // Positions are congruent to sequence numbers modulo 2^32.
        self.base.plus(position as u32)
    }

    /// The position of `seq` nearest to `near`, if it is believable.
    fn locate(&self, seq: SeqNo, near: u64) -> Option<u64> {
        let distance = seq.distance_from(self.seq_at(near));
        let plausible = distance.unsigned_abs() <= MAX_DISTANCE;
        plausible.then(|| near.wrapping_add_signed(i64::from(distance)))
    }

    /// Near which position to look for sequence numbers of data.
    fn near(&self) -> u64 {
        if self.is_started() { self.assembler.next() } else { FIRST }
    }

    /// The position of offset 0, or while it is open that of the number first heard of.
    fn origin_or_first(&self) -> u64 {
        if self.is_started() { self.assembler.origin() } else { FIRST }
    }

    /// Where the stream starts as far as can be told from what waits.
    fn lowest(&self) -> Option<u64> {
        self.assembler.first_waiting().or(self.fin.as_ref().map(|fin| fin.at))
    }

    /// Takes note of a sequence number of this direction, be it from the peer's acknowledgement.
    pub(super) fn hear_of(&mut self, seq: SeqNo) {
        if self.start == Start::Unknown {
            self.base = seq;
            self.start = Start::Assumed;
        }
    }

    /// Fixes offset 0. Returns how many of the waiting bytes lie before it and are ignored.
    fn settle<S: FnMut(StreamEvent<'_>)>(&mut self, origin: u64, how: Start, cx: &mut Context<'_, S>) -> u64 {
        self.start = how;
        let early = self.assembler.start_at(origin, cx);
        self.ignored_bytes += early;
        self.reach_fin(cx);
        early
    }

    /// Whether a SYN whose first data byte would be `first` can be the one of this direction.
    pub(super) fn can_begin_at(&self, first: SeqNo) -> bool {
        let start = match self.start {
            Start::Unknown => return true,
            Start::Assumed => self.lowest().unwrap_or(FIRST),
            Start::Settled | Start::Syn => self.assembler.origin(),
        };
        let reach = if self.may_start_earlier() { MAX_LATE_SYN } else { 0 };
        self.locate(first, start).is_some_and(|at| (start - reach..=start).contains(&at))
    }

    /// Whether nothing is known that forbids a SYN before what was taken for the start.
    fn may_start_earlier(&self) -> bool {
        self.start != Start::Syn && self.assembler.next() == self.assembler.origin()
    }

    /// Whether an endpoint that received this direction could acknowledge `ack`.
    pub(super) fn can_be_acked_at(&self, ack: SeqNo) -> bool {
        let Some(at) = self.locate(ack, self.near()) else { return self.start == Start::Unknown };
        let sent = self.assembler.end().max(self.acked) + 1;
        !self.is_started() || (self.assembler.origin()..=sent).contains(&at)
    }

    /// The SYN; `first` is the number after it, that of the first data byte.
    pub(super) fn syn<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        first: SeqNo,
        carrier: Carrier,
        cx: &mut Context<'_, S>,
    ) {
        if self.ended.is_some() {
            return;
        }
        self.hear_of(first);
        let origin = self.origin_or_first();
        let early = match self.locate(first, origin) {
            Some(at) if !self.is_started() => self.settle(at, Start::Syn, cx),
            // An acknowledgement set the start too late: it covered data sent with the SYN (RFC 7413).
            Some(at) if at < origin && self.may_start_earlier() => self.settle(at, Start::Syn, cx),
            Some(at) if at == origin => {
                self.start = Start::Syn;
                0
            }
            _ => {
                cx.out_of_window(carrier.packet, || {
                    format!("SYN with a different initial sequence number {}", first.0)
                });
                0
            }
        };
        if early > 0 {
            cx.out_of_window(carrier.packet, || format!("{early} bytes precede the SYN"));
        }
    }

    /// An acknowledgement of this direction's bytes: every byte before `ack` was received. `handshake` says that
    /// it comes from the opening, so that nothing before it can be missing. `carrier.acked` is not used.
    ///
    /// Returns it as an offset; `None` while the start is not settled, and for a number that makes no sense.
    pub(super) fn ack<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        ack: SeqNo,
        handshake: bool,
        carrier: Carrier,
        cx: &mut Context<'_, S>,
    ) -> Option<u64> {
        self.hear_of(ack);
        // Where the other direction alone is captured, acknowledgements go on without data.
        let Some(mut at) = self.locate(ack, self.near().max(self.acked)) else {
            cx.out_of_window(carrier.packet, || {
                format!("acknowledgement {} is not near anything it sent", ack.0)
            });
            return None;
        };
        if let Some(fin) = &self.fin {
            at = at.min(fin.at + 1);
        }
        let is_news = at > self.acked;
        if is_news {
            self.acked = at;
        }
        if !self.is_started() {
            let lowest = self.lowest();
            if handshake {
                self.settle(lowest.map_or(at, |lowest| lowest.min(at)), Start::Settled, cx);
            } else if let Some(lowest) = lowest.filter(|lowest| *lowest < at) {
                self.settle(lowest, Start::Settled, cx);
            } else {
                return None;
            }
        }
        let offset = at.saturating_sub(self.assembler.origin());
        if is_news && offset > 0 {
            let carrier = Carrier { acked: Some(offset), ..carrier };
            cx.emit(StreamEvent::Acked { dir: cx.dir, offset, carrier });
        }
        Some(offset)
    }

    /// Payload that begins at `seq`, and `cut_off` bytes of it that were not captured.
    pub(super) fn data<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        seq: SeqNo,
        payload: &[u8],
        cut_off: u32,
        carrier: Carrier,
        limits: &Limits,
        cx: &mut Context<'_, S>,
    ) {
        self.hear_of(seq);
        let mut payload = payload;
        let mut cut = u64::from(cut_off);
        let len = payload.len() as u64;
        let Some(mut at) = self.locate(seq, self.near()).filter(|_| len + cut <= u64::from(MAX_DISTANCE))
        else {
            self.ignored_bytes += len;
            cx.out_of_window(carrier.packet, || format!("{len} bytes at {} are far from the others", seq.0));
            return;
        };
        match self.ended {
            None | Some(Over::Fin) => {}
            Some(Over::Otherwise) => {
                self.ignored_bytes += len;
                return;
            }
        }
        if len == 1 && cut == 0 && self.is_keep_alive(at) {
            self.assembler.count_again(len);
            return;
        }
        let origin = self.assembler.origin();
        if at < origin {
            // Without its SYN the stream may well have begun earlier; what lies behind its start is good.
            let early = if self.start == Start::Syn { len } else { len.min(origin - at) };
            self.ignored_bytes += early;
            if self.start == Start::Syn {
                cx.out_of_window(carrier.packet, || format!("{len} bytes at {} precede the SYN", seq.0));
                return;
            }
            cut = cut.min((at + len + cut).saturating_sub(origin));
            payload = payload.split_at(early as usize).1;
            at = origin;
        }
        let end = at + payload.len() as u64 + cut;
        if let Some(fin) = self.fin.as_ref().filter(|fin| end > fin.at) {
            let room = fin.at.saturating_sub(at);
            let kept = room.min(payload.len() as u64);
            let late = payload.len() as u64 - kept;
            self.ignored_bytes += late;
            cx.out_of_window(carrier.packet, || format!("{late} bytes at {} lie after the FIN", seq.0));
            payload = payload.split_at(kept as usize).0;
            cut = cut.min(room - kept);
        }
        if payload.is_empty() && cut == 0 {
            return;
        }
        self.assembler.insert(at, payload, cut, carrier, cx);
        if !self.is_started() {
            let (pieces, bytes) = self.assembler.waiting();
            let lowest = self.assembler.first_waiting();
            let enough = pieces >= MAX_HELD_PIECES || bytes >= MAX_HELD_BYTES;
            let Some(lowest) = lowest.filter(|lowest| enough || self.acked > *lowest) else { return };
            self.settle(lowest, Start::Settled, cx);
        }
        self.assembler.enforce(limits, carrier, cx);
        self.reach_fin(cx);
    }

    /// Whether a segment without a byte at `seq` is one: hosts send them so as well.
    pub(super) fn is_empty_probe(&self, seq: SeqNo) -> bool {
        self.is_started() && self.locate(seq, self.near()).is_some_and(|at| self.is_keep_alive(at))
    }

    /// Whether one byte at `at` is a keep-alive probe: the number before the next one to be sent (RFC 9293
    /// 3.8.4). Its content is of no meaning.
    fn is_keep_alive(&self, at: u64) -> bool {
        let sent = self.fin.as_ref().map_or_else(|| self.assembler.end(), |fin| fin.at + 1);
        self.is_started() && (at + 1 == sent || at + 1 == self.assembler.next())
    }
}
