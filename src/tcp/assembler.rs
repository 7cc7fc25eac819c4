//! Bytes by position: puts pieces in order, finds holes, keeps the first copy. Knows no TCP.
//!
//! A *position* is a 64-bit number of the caller's choosing that grows by one a byte; `origin` is the position of
//! stream offset 0.

use crate::limits::Limits;
use crate::model::{Carrier, GapCause, PacketNo, StreamEvent, WeirdKind};
use crate::tcp::context::{Context, side};
use crate::tcp::history::History;
use crate::tcp::waiting::{Content, Piece, Spot, Waiting, index};

/// One direction's bytes.
///
/// `origin <= next`; both are 0 until [`Assembler::start_at`], and until then everything waits.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    origin: u64,
    /// Everything before this position was handed on, as data or as gap.
    next: u64,
    /// Boxed because most directions never need it; `Some` exactly while a piece waits.
    waiting: Option<Box<Waiting>>,
    /// The bytes just before `next`, none of them from before a gap.
    history: History,
    gap_bytes: u64,
    retransmitted_bytes: u64,
}

impl Assembler {
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    pub(super) fn origin(&self) -> u64 {
        self.origin
    }

    pub(super) fn forget_bytes(&mut self) {
        self.history = History::default();
    }

    pub(super) fn gap_bytes(&self) -> u64 {
        self.gap_bytes
    }

    pub(super) fn retransmitted_bytes(&self) -> u64 {
        self.retransmitted_bytes
    }

    /// Counts bytes as seen again.
    pub(super) fn count_again(&mut self, n: u64) {
        self.retransmitted_bytes = self.retransmitted_bytes.saturating_add(n);
    }

    /// Pieces that wait, and bytes stored in them.
    pub(super) fn waiting(&self) -> (usize, usize) {
        self.waiting.as_ref().map_or((0, 0), |waiting| waiting.size())
    }

    /// About how many bytes of memory they take.
    #[inline]
    pub(super) fn waiting_weight(&self) -> usize {
        self.waiting.as_ref().map_or(0, |waiting| waiting.weight())
    }

    /// Whether pieces wait behind a hole.
    pub(super) fn has_hole(&self) -> bool {
        self.waiting.is_some()
    }

    /// Where the first waiting piece begins.
    pub(super) fn first_waiting(&self) -> Option<u64> {
        self.waiting.as_ref()?.start()
    }

    /// End of all that was seen.
    pub(super) fn end(&self) -> u64 {
        self.waiting.as_ref().and_then(|waiting| waiting.end()).unwrap_or(self.next)
    }

    /// Fixes the position of offset 0 and hands on what waits there. Returns how many waiting bytes lay before
    /// it; they are dropped. Called once, or again while nothing was handed on.
    pub(super) fn start_at<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        origin: u64,
        cx: &mut Context<'_, S>,
    ) -> u64 {
        self.origin = origin;
        self.next = origin;
        let dropped = self.waiting.as_mut().map_or(0, |waiting| waiting.drop_before(origin));
        self.drain(cx);
        dropped
    }

    /// Takes the bytes at position `at`, and behind them `cut` more that are not in the capture.
    pub(super) fn insert<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        at: u64,
        bytes: &[u8],
        cut: u64,
        carrier: Carrier,
        cx: &mut Context<'_, S>,
    ) {
        if at == self.next && cut == 0 && self.waiting.is_none() {
            self.hand_on(bytes, carrier, cx);
            return;
        }
        let cut_end = at + length(bytes) + cut;
        let again = self.next.saturating_sub(at).min(length(bytes));
        let (old, new) = bytes.split_at(index(again));
        self.compare_history(at, old, carrier.packet, cx);
        self.place(at + again, new, carrier, cx);
        self.place_cut(at + length(bytes), cut_end, carrier, cx);
        self.drain(cx);
    }

    /// Bytes at or behind `next`: those not seen before are lent to the sink where they are next, else stored.
    fn place<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        mut at: u64,
        mut bytes: &[u8],
        carrier: Carrier,
        cx: &mut Context<'_, S>,
    ) {
        while !bytes.is_empty() {
            let spot = self.spot(at);
            let (Spot::Free { end } | Spot::Bytes { end, .. } | Spot::Cut { end, .. }) = spot;
            let (here, rest) = bytes.split_at(index((end - at).min(length(bytes))));
            match spot {
                Spot::Bytes { start, .. } => self.compare_waiting(start, at, here, carrier.packet, cx),
                Spot::Cut { start, end } => {
                    if let Some(waiting) = &mut self.waiting {
                        waiting.uncover(start, at, at + length(here), end);
                    }
                    continue; // free now
                }
                Spot::Free { .. } if at == self.next => self.hand_on(here, carrier, cx),
                Spot::Free { .. } => {
                    let content = Content::Bytes(here.into());
                    self.store(at, Piece { content, carrier, arrived: cx.now });
                }
            }
            at += length(here);
            bytes = rest;
        }
    }

    /// Cut-off bytes of `at..end`, where nothing else is known of them.
    fn place_cut<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        at: u64,
        end: u64,
        carrier: Carrier,
        cx: &mut Context<'_, S>,
    ) {
        let mut at = at.max(self.next);
        while at < end {
            at = match self.spot(at) {
                Spot::Bytes { end, .. } | Spot::Cut { end, .. } => end,
                Spot::Free { end: free } => {
                    let to = free.min(end);
                    if at == self.next {
                        self.gap(to, GapCause::SnapLen, carrier, cx);
                    } else {
                        let content = Content::Cut(to - at);
                        self.store(at, Piece { content, carrier, arrived: cx.now });
                    }
                    to
                }
            };
        }
    }

    fn spot(&self, at: u64) -> Spot {
        self.waiting.as_ref().map_or(Spot::Free { end: u64::MAX }, |waiting| waiting.spot(at))
    }

    fn store(&mut self, at: u64, piece: Piece) {
        let waiting = self.waiting.get_or_insert_with(|| Box::new(Waiting::new(piece.arrived)));
        waiting.insert(at, piece);
    }

    /// Hands on waiting pieces as long as they are next.
    fn drain<S: FnMut(StreamEvent<'_>)>(&mut self, cx: &mut Context<'_, S>) {
        while let Some(waiting) = &mut self.waiting {
            let Some(piece) = waiting.take(self.next) else {
                if waiting.start().is_none() {
                    self.waiting = None;
                }
                return;
            };
            match piece.content {
                Content::Bytes(bytes) => self.hand_on(&bytes, piece.carrier, cx),
                Content::Cut(len) => self.gap(self.next + len, GapCause::SnapLen, piece.carrier, cx),
            }
        }
    }

    fn hand_on<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        bytes: &[u8],
        carrier: Carrier,
        cx: &mut Context<'_, S>,
    ) {
        let offset = self.next - self.origin;
        self.next += length(bytes);
        self.history.push(bytes, cx.max_history_bytes);
        cx.emit(StreamEvent::Data { dir: cx.dir, offset, bytes, carrier });
    }

    /// Declares everything from `next` to `to` missing. `to` must not lie behind the first waiting piece's start.
    pub(super) fn give_up<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        to: u64,
        cause: GapCause,
        carrier: Carrier,
        cx: &mut Context<'_, S>,
    ) {
        self.gap(to, cause, carrier, cx);
        self.drain(cx);
    }

    fn gap<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        to: u64,
        cause: GapCause,
        carrier: Carrier,
        cx: &mut Context<'_, S>,
    ) {
        let Some(len) = to.checked_sub(self.next).filter(|len| *len > 0) else { return };
        let offset = self.next - self.origin;
        self.next = to;
        self.gap_bytes += len;
        self.history.clear();
        cx.gap(offset, len, cause, carrier);
    }

    /// Gives up holes until what waits is within its caps.
    pub(super) fn enforce<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        limits: &Limits,
        carrier: Carrier,
        cx: &mut Context<'_, S>,
    ) {
        while let Some(waiting) = &self.waiting
            && let (pieces, bytes) = waiting.size()
            && (bytes > limits.max_out_of_order_bytes || pieces > limits.max_out_of_order_segments)
            && let Some(start) = waiting.start()
        {
            let dir = cx.dir;
            cx.weirds.add(WeirdKind::OutOfOrderCap, Some(carrier.packet), || {
                format!(
                    "{bytes} bytes from the {} in {pieces} pieces were waiting for a gap to be filled",
                    side(dir)
                )
            });
            self.give_up(start, GapCause::BufferFull, carrier, cx);
        }
    }

    /// Up to where the first hole is lost; `acked` is how far everything is acknowledged.
    pub(super) fn lost_up_to(&mut self, acked: u64, now: u32) -> Option<u64> {
        self.waiting.as_mut()?.lost_up_to(self.next, acked, now)
    }

    fn compare_history<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        at: u64,
        again: &[u8],
        packet: PacketNo,
        cx: &mut Context<'_, S>,
    ) {
        self.count_again(length(again));
        let oldest = self.next - self.history.len() as u64;
        let skip = oldest.saturating_sub(at);
        let Some(again) = again.get(index(skip)..).filter(|again| !again.is_empty()) else { return };
        let from = at + skip;
        if let Some(i) = self.history.first_difference(index(self.next - from), again) {
            self.conflict(from, again.len(), i, packet, cx);
        }
    }

    fn compare_waiting<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        start: u64,
        at: u64,
        again: &[u8],
        packet: PacketNo,
        cx: &mut Context<'_, S>,
    ) {
        self.count_again(length(again));
        let first = self.waiting.as_ref().map_or(&[][..], |waiting| waiting.bytes_at(start, at));
        if let Some(i) = first.iter().zip(again).position(|(a, b)| a != b) {
            self.conflict(at, again.len(), i, packet, cx);
        }
    }

    /// Of `len` bytes compared at `from`, the one at `i` differs.
    fn conflict<S: FnMut(StreamEvent<'_>)>(
        &self,
        from: u64,
        len: usize,
        i: usize,
        packet: PacketNo,
        cx: &mut Context<'_, S>,
    ) {
        let (dir, at, len) = (cx.dir, from + i as u64, (len - i) as u64);
        let started = self.next != 0;
        let offset = at - self.origin;
        cx.weirds.add(WeirdKind::ConflictingRetransmission, Some(packet), || {
            let place = if started { format!(" at offset {offset}") } else { String::new() };
            format!("the {} retransmitted different bytes{place}", side(dir))
        });
        // Before the start is known there is no offset to report.
        if started {
            cx.emit(StreamEvent::Conflict { dir, offset, len, packet });
        }
    }
}

fn length(bytes: &[u8]) -> u64 {
    bytes.len() as u64
}
