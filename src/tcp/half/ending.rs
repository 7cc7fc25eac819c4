//! How a direction ends: FIN, RST, holes that are given up, the end of the recording.

use crate::model::{Carrier, GapCause, SeqNo, StreamEnd, StreamEvent};
use crate::tcp::context::Context;
use crate::tcp::half::{FIRST, Fin, Half, Over, Start};
use crate::tcp::waiting::PATIENCE;

impl Half {
    /// A FIN at `seq`, which is the number after the payload.
    pub(in crate::tcp) fn fin<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        seq: SeqNo,
        carrier: Carrier,
        cx: &mut Context<'_, S>,
    ) {
        self.hear_of(seq);
        let at = self.locate(seq, self.near());
        let contradiction = match (at, &self.fin) {
            (None, _) => true,
            (Some(at), Some(fin)) => at != fin.at,
            (Some(at), None) => at < self.assembler.end(),
        };
        match at {
            _ if contradiction => {
                cx.out_of_window(carrier.packet, || format!("FIN at {} is not where the data ends", seq.0));
            }
            Some(at) if self.fin.is_none() && self.ended.is_none() => {
                self.fin = Some(Box::new(Fin { at, carrier, acked_at: None }));
                if !self.is_started()
                    && let Some(lowest) = self.lowest().filter(|lowest| self.acked > *lowest)
                {
                    self.settle(lowest, Start::Settled, cx);
                }
                self.reach_fin(cx);
            }
            _ => {}
        }
    }

    pub(super) fn reach_fin<S: FnMut(StreamEvent<'_>)>(&mut self, cx: &mut Context<'_, S>) {
        if let Some(fin) = &self.fin
            && self.is_started()
            && self.ended.is_none()
            && self.assembler.next() >= fin.at
        {
            self.ended = Some(Over::Fin);
            cx.emit(StreamEvent::End { dir: cx.dir, how: StreamEnd::Fin, carrier: Some(fin.carrier) });
        } else if let Some((at, carrier)) = self.reset.as_deref().copied()
            && self.ended.is_none()
            && self.assembler.next() >= at
            && !self.assembler.has_hole()
        {
            self.ended = Some(Over::Otherwise);
            cx.emit(StreamEvent::End { dir: cx.dir, how: StreamEnd::Rst, carrier: Some(carrier) });
        }
    }

    /// An RST. Its number is that of the next byte its sender would have sent (RFC 9293 3.5.2): if bytes before
    /// it are still to come, the capture has them later, or not at all.
    pub(in crate::tcp) fn reset<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        seq: SeqNo,
        carrier: Carrier,
        cx: &mut Context<'_, S>,
    ) {
        let at = self.locate(seq, self.near()).filter(|at| *at > self.assembler.next());
        match at {
            Some(at) if self.is_started() && self.ended.is_none() => {
                self.reset.get_or_insert_with(|| Box::new((at, carrier)));
            }
            _ => self.end(StreamEnd::Rst, Some(carrier), Carrier { acked: None, ..carrier }, cx),
        }
    }

    /// Whether an RST with this number is to be believed. One that answers a SYN has number 0 and is known by
    /// what it acknowledges (RFC 9293 3.5.2): `acks_peer`.
    pub(in crate::tcp) fn accepts_reset(&self, seq: SeqNo, acks_peer: bool) -> bool {
        self.start == Start::Unknown || self.locate(seq, self.near()).is_some() || (seq.0 == 0 && acks_peer)
    }

    /// Payload that belongs to no stream.
    pub(in crate::tcp) fn ignore(&mut self, bytes: &[u8]) {
        self.ignored_bytes += bytes.len() as u64;
    }

    /// Gives up the holes for which the connection has waited long enough.
    pub(in crate::tcp) fn give_up_lost<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        carrier: Carrier,
        cx: &mut Context<'_, S>,
    ) {
        if self.ended.is_some() || !self.is_started() {
            return;
        }
        while let Some(to) = self.assembler.lost_up_to(self.acked, cx.now) {
            self.assembler.give_up(to, GapCause::NotCaptured, carrier, cx);
        }
        if let Some(fin) = &mut self.fin
            && self.acked > fin.at
            && !self.assembler.has_hole()
        {
            let since = *fin.acked_at.get_or_insert(cx.now);
            if cx.now.wrapping_sub(since) >= PATIENCE {
                self.assembler.give_up(fin.at, GapCause::NotCaptured, carrier, cx);
            }
        }
        self.reach_fin(cx);
    }

    /// Whether [`Self::give_up_lost`] could have something to do.
    pub(in crate::tcp) fn has_hole(&self) -> bool {
        self.assembler.has_hole() || (self.fin.is_some() && self.ended.is_none())
    }

    /// Nothing more will come: hands on what waits, with gaps for its holes, and ends the direction, by its FIN
    /// where it was seen, else as `how` says. A tail that was acknowledged and never seen is a gap too, but for a
    /// single number: that may be a FIN. So is what lies before an RST.
    pub(in crate::tcp) fn end<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        how: StreamEnd,
        by: Option<Carrier>,
        gap_carrier: Carrier,
        cx: &mut Context<'_, S>,
    ) {
        if self.ended.is_some() {
            return;
        }
        if self.start == Start::Assumed {
            self.settle(self.lowest().unwrap_or(FIRST), Start::Settled, cx);
        }
        while let Some(to) = self.lowest().filter(|to| *to > self.assembler.next()) {
            let cause = if self.acked >= to { GapCause::NotCaptured } else { GapCause::RecordingEnded };
            self.assembler.give_up(to, cause, gap_carrier, cx);
        }
        self.reach_fin(cx);
        if self.ended.is_some() {
            return;
        }
        if self.is_started() && self.acked > self.assembler.next() + 1 {
            self.assembler.give_up(self.acked, GapCause::NotCaptured, gap_carrier, cx);
        }
        if let Some((at, _)) = self.reset.as_deref().copied()
            && how != StreamEnd::Rst
            && at > self.assembler.next()
        {
            // Its sender had sent what lies before it; but one that came with the right number has the say.
            self.assembler.give_up(at, GapCause::RecordingEnded, gap_carrier, cx);
        }
        let (how, by) = match self.reset.as_deref() {
            Some((_, carrier)) => (StreamEnd::Rst, Some(*carrier)),
            None => (how, by),
        };
        self.ended = Some(if how == StreamEnd::Fin { Over::Fin } else { Over::Otherwise });
        cx.emit(StreamEvent::End { dir: cx.dir, how, carrier: by });
    }
}
