//! Both directions of a connection.

use std::net::SocketAddr;

use crate::limits::Limits;
use crate::model::{
    Carrier, Direction, Endpoints, FailedConnect, PacketNo, PerDirection, Segment, SeqNo, SideTcp, StreamEnd,
    StreamEvent, TcpFlags, Timestamp, Trail, Unanswered, WeirdKind, Weirds,
};
use crate::tcp::causal_order::CausalOrder;
use crate::tcp::context::Context;
use crate::tcp::half::Half;
use crate::tcp::legs::{self, OtherLeg};
use crate::tcp::moments::Moments;
use crate::tcp::notes::{BURST_NS, Notes, Payload};
use crate::tcp::trail::Keeper;

/// One TCP connection: segments in any order to [`StreamEvent`]s.
///
/// * **Start.** Offset 0 is the byte after the SYN. Where a direction's SYN is missing, the SYN+ACK of its peer
///   or the first acknowledgement of a peer whose SYN was seen stands for it. Without any of these its data is held
///   until the SYN shows up after all, the peer acknowledges some of it, 8 pieces or 64 KiB wait, or the end:
///   then the lowest byte held is offset 0, and no gap is assumed before it.
/// * **First copy wins**, byte by byte, in whatever segments the copies come. Differing copies are a
///   `Conflict`, as far as the first is still at hand: `Limits::max_history_bytes` of what was handed on, and all
///   that waits; none once the connection is complete. (Of bytes held for the start only the weird is counted: they have no offset yet.)
/// * **Gaps.** A hole is lost 64 to 128 packets of this connection after it was acknowledged, at an RST of its
///   sender, or in [`Connection::finish`]; and at once when what waits behind it reaches its cap. Bytes that come
///   later still are counted as retransmitted. Unless cut off by the snap length, a gap names the packet in
///   which it was declared, with `acked: None`.
/// * **Legs.** A box that rewrites sequence numbers, captured on both of its sides, shows two connections under the same
///   addresses and ports. Followed is the one with the first payload; what has the numbers of the other is left out.
/// * **Order.** What a segment acknowledges comes before what it carries, whatever order the capture has them in;
///   the `Acked` of a segment comes before its `Data`: the sender had received it when it sent.
#[derive(Debug)]
pub struct Connection {
    endpoints: Endpoints,
    halves: PerDirection<Half>,
    order: CausalOrder,
    first_packet: PacketNo,
    last_packet: PacketNo,
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    /// Packets so far, wrapping.
    packets: u32,
    reset: bool,
    /// By sender, what it sent again since its peer was last heard of; boxed because most connections never need it.
    unanswered: Option<Box<PerDirection<Option<Unanswered>>>>,
    /// Numbers of a leg that is not followed.
    other_leg: Option<Box<OtherLeg>>,
    /// What is noted for [`SideTcp`]; `None` where nobody will ask for it.
    notes: Option<Box<PerDirection<Notes>>>,
    /// What only some ask for; `None` where nobody does.
    asked: Option<Box<Asked>>,
}

/// By sender; each `None` where nobody asks.
#[derive(Debug, Default)]
struct Asked {
    /// What another recording of it would have, too.
    trails: Option<PerDirection<Keeper>>,
    /// What happens at single moments.
    moments: Option<PerDirection<Moments>>,
}

/// What one direction came to so far. Bytes still waiting behind a hole are not in `stream_bytes` yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Bytes handed on, each once.
    pub stream_bytes: u64,
    /// Bytes of its gaps.
    pub gap_bytes: u64,
    /// Bytes that came again, or after their gap was declared.
    pub retransmitted_bytes: u64,
    /// Payload bytes of no use: outside the window, before the start, behind the FIN or RST, in an RST, or of another
    /// leg.
    pub ignored_bytes: u64,
    /// Retransmissions and keep-alive probes since the peer last sent an acknowledgement.
    pub unanswered: Option<Unanswered>,
}

impl Connection {
    /// A connection that `first` belongs to; [`Connection::push`] it next. The originator is the sender of a SYN,
    /// the receiver of a SYN+ACK, else the sender.
    #[must_use]
    pub fn new(first: &Segment<'_>) -> Self {
        let is_syn_ack = first.flags.has(TcpFlags::SYN.with(TcpFlags::ACK));
        let (orig, resp) = if is_syn_ack { (first.dst, first.src) } else { (first.src, first.dst) };
        Self {
            endpoints: Endpoints { orig, resp },
            halves: PerDirection { orig: Half::new(), resp: Half::new() },
            order: CausalOrder::default(),
            first_packet: first.no,
            last_packet: first.no,
            started_at: first.at,
            ended_at: first.at,
            packets: 0,
            reset: false,
            unanswered: None,
            other_leg: None,
            notes: Some(Box::default()),
            asked: None,
        }
    }

    /// Takes a segment between the two endpoints.
    pub fn push(
        &mut self,
        segment: &Segment<'_>,
        limits: &Limits,
        weirds: &mut Weirds,
        sink: &mut impl FnMut(StreamEvent<'_>),
    ) {
        self.packets = self.packets.wrapping_add(1);
        self.last_packet = segment.no;
        self.ended_at = segment.at.or(self.ended_at);
        let dir = self.direction(segment.src);
        let before = if self.asked.is_some() { self.trail(segment, dir) } else { None };
        let now = self.packets;
        let mut order = std::mem::take(&mut self.order);
        self.reassemble(segment, dir, limits, weirds, &mut |event| {
            order.push(event, now, limits.max_out_of_order_bytes / 4, sink);
        });
        order.tick(now, sink);
        self.order = order;
        if let Some(before) = before {
            self.mark(before, Some(segment));
        }
    }

    fn reassemble(
        &mut self,
        segment: &Segment<'_>,
        dir: Direction,
        limits: &Limits,
        weirds: &mut Weirds,
        sink: &mut impl FnMut(StreamEvent<'_>),
    ) {
        if segment.flags.has(TcpFlags::SYN)
            && segment.no != self.first_packet
            && let Some(leg) = self.opening_leg(segment, dir)
        {
            self.other_leg = Some(Box::new(leg));
            self.leave_out(segment, dir, weirds);
            return;
        }
        if self.other_leg.is_some() && self.is_of_other_leg(segment, dir) {
            let carries = !segment.payload.is_empty() || segment.cut_off > 0;
            if !carries || !self.halves.orig.is_untouched() || !self.halves.resp.is_untouched() {
                self.leave_out(segment, dir, weirds);
                return;
            }
            self.change_legs(segment, weirds, sink);
        }
        let mut cx =
            Context { dir, now: self.packets, max_history_bytes: limits.max_history_bytes, weirds, sink };
        let (half, peer) = self.halves_mut(dir);
        let mut carrier = Carrier { packet: segment.no, at: segment.at, acked: None };

        let syn = segment.flags.has(TcpFlags::SYN);
        let seq = segment.seq.plus(u32::from(syn));
        if segment.flags.has(TcpFlags::URG) {
            cx.weirds.add(WeirdKind::UrgentData, Some(segment.no), || {
                format!("{} bytes at {} are or contain urgent data", segment.payload.len(), seq.0)
            });
        }
        if syn {
            half.syn(seq, carrier, &mut cx);
        }
        let known = half.retransmitted_bytes();
        if let Some(ack) = segment.ack {
            carrier.acked = peer.ack(ack, half.is_opening(seq), carrier, &mut cx.of(dir.flip()));
        }
        if segment.flags.has(TcpFlags::RST) {
            let at = half.position(seq);
            half.ignore(segment.payload);
            if half.accepts_reset(seq, carrier.acked.is_some()) {
                half.reset(seq, carrier, &mut cx);
                self.reset = true;
            } else {
                cx.out_of_window(segment.no, || format!("RST at {} is far from its data", seq.0));
            }
            if let Some(notes) = &mut self.notes {
                notes[dir].end(StreamEnd::Rst, segment, seq, at, carrier.acked);
            }
            return;
        }
        half.hear_of(seq);
        let before = (half.end_seen(), half.useless_bytes());
        if !segment.payload.is_empty() || segment.cut_off != 0 {
            half.data(seq, segment.payload, segment.cut_off, carrier, limits, &mut cx);
        }
        if segment.flags.has(TcpFlags::FIN) {
            // A length that does not fit has been refused as data already; then this is too far off as well.
            let len = u32::try_from(segment.payload.len()).unwrap_or(u32::MAX);
            half.fin(seq.plus(len.saturating_add(segment.cut_off)), carrier, &mut cx);
        }
        let is_bare = segment.payload.is_empty() && segment.cut_off == 0 && segment.flags == TcpFlags::ACK;
        let again = half.retransmitted_bytes() > known || is_bare && half.is_empty_probe(seq);
        self.note(dir, segment, seq, before, again, carrier);
        if again || self.unanswered.is_some() {
            self.note_again(dir, again, segment);
        }
        carrier.acked = None;
        for dir in [dir, dir.flip()] {
            let half = &mut self.halves[dir];
            if half.has_hole() {
                half.give_up_lost(carrier, &mut cx.of(dir));
            }
        }
    }

    /// The recording, or our memory of the connection, ended: hands on what waits and ends both directions.
    pub fn finish(&mut self, weirds: &mut Weirds, sink: &mut impl FnMut(StreamEvent<'_>)) {
        let before = self.asked.is_some().then(|| self.counts());
        let carrier = Carrier { packet: self.last_packet, at: self.ended_at, acked: None };
        let now = self.packets;
        let mut order = std::mem::take(&mut self.order);
        for dir in [Direction::Orig, Direction::Resp] {
            let mut in_order = |event: StreamEvent<'_>| order.push(event, now, usize::MAX, sink);
            let mut cx = Context { dir, now, max_history_bytes: 0, weirds, sink: &mut in_order };
            self.halves[dir].end(StreamEnd::Unobserved, None, carrier, &mut cx);
        }
        order.finish(now, sink);
        self.order = order;
        if let Some(before) = before {
            self.mark(before, None);
        }
    }

    /// Notes what happens at single moments, as many of each side, from here on.
    pub(crate) fn keep_moments(&mut self, most: usize) {
        let moments = || Moments::new(most);
        self.asked.get_or_insert_default().moments = Some(PerDirection { orig: moments(), resp: moments() });
    }

    /// Bytes of both directions that came again, and that are missing.
    fn counts(&self) -> PerDirection<(u64, u64)> {
        let of = |half: &Half| (half.retransmitted_bytes(), half.gap_bytes());
        PerDirection { orig: of(&self.halves.orig), resp: of(&self.halves.resp) }
    }

    /// Notes what came of a segment, or of the end, where the counts before it were these.
    #[cold]
    fn mark(&mut self, before: PerDirection<(u64, u64)>, segment: Option<&Segment<'_>>) {
        let after = self.counts();
        let sender = segment.map(|segment| self.direction(segment.src));
        let (packet, at) = (self.last_packet, self.ended_at);
        let Some(moments) = self.asked.as_mut().and_then(|asked| asked.moments.as_mut()) else { return };
        for dir in [Direction::Orig, Direction::Resp] {
            // A side that follows another leg counts anew.
            let since = |now: u64, before: u64| now.saturating_sub(before);
            moments[dir].gap(since(after[dir].1, before[dir].1), packet, at);
            if self.halves[dir].is_fin_acked() {
                moments[dir].fin_reached(packet, at);
            }
            if let Some(segment) = segment.filter(|_| sender == Some(dir)) {
                moments[dir].segment(segment, since(after[dir].0, before[dir].0));
            }
        }
    }

    /// Keeps what tells it again in other recordings, of the segments that are pushed from here on.
    pub(crate) fn keep_trails(&mut self, only_first: bool) {
        let keeper = if only_first { Keeper::of_first } else { Keeper::whole };
        let keepers = || PerDirection { orig: keeper(), resp: keeper() };
        self.asked.get_or_insert_default().trails.get_or_insert_with(keepers);
    }

    /// What was kept of it, by direction; nothing more is.
    pub(crate) fn take_trails(&mut self) -> Option<PerDirection<Trail>> {
        let PerDirection { orig, resp } = self.asked.as_mut()?.trails.take()?;
        Some(PerDirection { orig: orig.over(), resp: resp.over() })
    }

    /// Takes what is asked for of a segment that comes; the counts before it, where its moments are.
    fn trail(&mut self, segment: &Segment<'_>, dir: Direction) -> Option<PerDirection<(u64, u64)>> {
        let asked = self.asked.as_mut()?;
        if let Some(trails) = &mut asked.trails {
            trails[dir].segment(segment);
        }
        asked.moments.is_some().then(|| self.counts())
    }

    /// Addresses and ports of both ends, by who opened TCP.
    #[must_use]
    pub fn endpoints(&self) -> Endpoints {
        self.endpoints
    }

    /// The sequence number of offset 0 of `dir`, where that is known.
    pub(crate) fn first_number(&self, dir: Direction) -> Option<SeqNo> {
        self.halves[dir].first()
    }

    /// The packet it began with.
    pub(crate) fn first_packet(&self) -> PacketNo {
        self.first_packet
    }

    /// The packet pushed last.
    pub(crate) fn last_packet(&self) -> PacketNo {
        self.last_packet
    }

    /// Time of the first packet.
    pub(crate) fn started_at(&self) -> Option<Timestamp> {
        self.started_at
    }

    /// Time of the last packet that has one.
    pub(crate) fn ended_at(&self) -> Option<Timestamp> {
        self.ended_at
    }

    /// Whether no more bytes can be due: both FINs were seen and acknowledged, or there was an RST. Segments that
    /// the capture has late may still come.
    pub(crate) fn is_closed(&self) -> bool {
        self.reset || (self.halves.orig.is_fin_acked() && self.halves.resp.is_fin_acked())
    }

    /// Whether both streams are over, whole, and acknowledged: no segment that still comes can add to them.
    pub(crate) fn is_complete(&self) -> bool {
        let is_over = |half: &Half| half.is_fin_acked() && half.has_ended();
        is_over(&self.halves.orig) && is_over(&self.halves.resp) && self.order.is_idle()
    }

    /// Frees what is kept to compare retransmissions with: none is compared from here on.
    pub(crate) fn forget_bytes(&mut self) {
        self.halves.orig.forget_bytes();
        self.halves.resp.forget_bytes();
    }

    /// Whether nothing waits for other bytes.
    #[inline]
    pub(crate) fn holds_nothing(&self) -> bool {
        self.order.is_idle() && !self.halves.orig.has_hole() && !self.halves.resp.has_hole()
    }

    /// About how many bytes of memory what waits for other bytes takes.
    #[inline]
    pub(crate) fn held(&self) -> usize {
        self.halves.orig.waiting_weight() + self.halves.resp.waiting_weight() + self.order.weight()
    }

    /// The counts of `dir`.
    #[must_use]
    pub fn stats(&self, dir: Direction) -> Stats {
        let half = &self.halves[dir];
        Stats {
            stream_bytes: half.stream_bytes(),
            gap_bytes: half.gap_bytes(),
            retransmitted_bytes: half.retransmitted_bytes(),
            ignored_bytes: half.ignored_bytes(),
            unanswered: self.unanswered.as_ref().and_then(|sent| sent[dir]),
        }
    }

    /// The other leg, if the segment opens it.
    #[cold]
    fn opening_leg(&self, segment: &Segment<'_>, dir: Direction) -> Option<OtherLeg> {
        if !segment.flags.has(TcpFlags::SYN) || self.reset {
            return None;
        }
        legs::opening(segment, dir, &self.halves, self.other_leg.as_deref().copied(), self.started_at)
    }

    /// Whether the segment is of the leg that is not followed.
    #[cold]
    fn is_of_other_leg(&self, segment: &Segment<'_>, dir: Direction) -> bool {
        self.other_leg.as_ref().is_some_and(|leg| leg.has(segment, dir, &self.halves))
    }

    /// A segment of the leg that is not followed.
    fn leave_out(&mut self, segment: &Segment<'_>, dir: Direction, weirds: &mut Weirds) {
        self.halves[dir].ignore(segment.payload);
        weirds.add(WeirdKind::SecondLeg, Some(segment.no), || {
            "its sequence numbers are those of a second leg: a middlebox rewrites them, or two hosts answered; such \
             segments were left out"
                .to_owned()
        });
    }

    /// Follows the other leg: the first payload is there.
    fn change_legs(
        &mut self,
        segment: &Segment<'_>,
        weirds: &mut Weirds,
        sink: &mut impl FnMut(StreamEvent<'_>),
    ) {
        let Some(other) = self.other_leg.as_mut() else { return };
        let carrier = Carrier { packet: segment.no, at: segment.at, acked: None };
        let mut cx = Context { dir: Direction::Orig, now: self.packets, max_history_bytes: 0, weirds, sink };
        for dir in [Direction::Orig, Direction::Resp] {
            let Some(first) = other.first[dir] else { continue };
            let half = &mut self.halves[dir];
            other.first[dir] = half.first();
            half.begin_anew(first, carrier, &mut cx.of(dir));
        }
        if let Some(notes) = &mut self.notes {
            **notes = PerDirection::default();
        }
    }

    /// Notes a segment that is no RST. `before`: the end of all that its sender had been seen to send, and how many
    /// bytes had been of no use; `again`: it brings some once more.
    #[inline(always)]
    fn note(
        &mut self,
        dir: Direction,
        segment: &Segment<'_>,
        seq: SeqNo,
        before: (u64, u64),
        again: bool,
        carrier: Carrier,
    ) {
        let Some(notes) = self.notes.as_deref_mut() else { return };
        let (half, peer) = (&self.halves[dir], &self.halves[dir.flip()]);
        let (own, other) = match dir {
            Direction::Orig => (&mut notes.orig, &mut notes.resp),
            Direction::Resp => (&mut notes.resp, &mut notes.orig),
        };
        own.segment(segment);
        if segment.ack.is_some() {
            other.acknowledged(peer.acked());
        }
        let captured = segment.payload.len() as u64;
        let len = u32::try_from(captured + u64::from(segment.cut_off)).unwrap_or(u32::MAX);
        let (end, useless) = before;
        if len > 0 {
            if let Some(start) = half.position(seq) {
                let new = half.end_seen() > end || captured > half.useless_bytes() - useless;
                own.payload(segment, Payload { start, len, new, again }, half.acked());
            }
            other.is_probed();
        } else if other.is_shut()
            && half.position(seq).is_some_and(|at| at < end)
            && !segment.flags.has(TcpFlags::SYN)
        {
            other.is_probed();
        }
        if segment.flags.has(TcpFlags::FIN) {
            let seq = seq.plus(len);
            own.end(StreamEnd::Fin, segment, seq, half.position(seq), carrier.acked);
        }
    }

    /// What TCP shows of the side that sends `dir`.
    #[must_use]
    pub fn facts(&self, dir: Direction) -> SideTcp {
        let Some(notes) = &self.notes else { return SideTcp::default() };
        let half = &self.halves[dir];
        let acked = notes[dir.flip()].has_segments().then(|| half.acked());
        let mut facts = notes[dir].facts(self.ended_at, acked, |position| half.offset(position));
        if let Some(moments) = self.asked.as_ref().and_then(|asked| asked.moments.as_ref()) {
            let (noted, omitted) = moments[dir].noted();
            (facts.moments, facts.moments_omitted) = (noted.to_vec(), omitted);
        }
        facts
    }

    /// How the originator failed to connect, as far as that goes: it sent nothing but SYNs, and what came back is nothing,
    /// or nothing but RSTs that answer them.
    pub(crate) fn failed_connect(&self) -> Option<FailedConnect> {
        let notes = self.notes.as_ref().filter(|_| self.other_leg.is_none())?;
        let syns = notes.orig.only_syns()?;
        match notes.resp.only_refuses() {
            None => Some(FailedConnect { refused: false, syns }),
            Some(true) => Some(FailedConnect { refused: true, syns }),
            Some(false) => None,
        }
    }

    /// When the last byte of the stream `dir` was sent.
    pub(crate) fn last_payload_at(&self, dir: Direction) -> Option<Timestamp> {
        self.notes.as_ref().and_then(|notes| notes[dir].last_payload_at())
    }

    /// Nobody will ask for [`Self::facts`], nor for its trails.
    pub(crate) fn forget_facts(&mut self) {
        self.notes = None;
        self.asked = None;
    }

    /// The sender of `segment` is alive; whether it sent something `again` is counted.
    fn note_again(&mut self, dir: Direction, again: bool, segment: &Segment<'_>) {
        let sent = self.unanswered.get_or_insert_default();
        sent[dir.flip()] = None;
        if again {
            let first = Unanswered { tries: 0, first_at: segment.at, last_at: None };
            let unanswered = sent[dir].get_or_insert(first);
            let pause = unanswered.last_at.zip(segment.at).map(|(last, at)| at.since(last));
            if pause.is_none_or(|ns| ns >= BURST_NS) {
                unanswered.tries = unanswered.tries.saturating_add(1);
            }
            unanswered.last_at = segment.at;
        }
    }

    /// Whether `segment` opens another connection between the same endpoints: a SYN that cannot be this one's. A
    /// SYN+ACK counts only if this one is closed or it does not acknowledge this one either. A connection that
    /// was refused before any byte is over, so even the same SYN tries anew.
    pub(super) fn is_succeeded_by(&self, segment: &Segment<'_>) -> bool {
        if !segment.flags.has(TcpFlags::SYN) || segment.flags.has(TcpFlags::RST) {
            return false;
        }
        let dir = self.direction(segment.src);
        if self.opening_leg(segment, dir).is_some() {
            return false;
        }
        let (half, peer) = (&self.halves[dir], &self.halves[dir.flip()]);
        match (half.can_begin_at(segment.seq.plus(1)), segment.ack) {
            (true, None) => self.is_closed() && !half.has_bytes() && !peer.has_bytes(),
            (true, Some(_)) => false,
            (false, None) => true,
            (false, Some(ack)) => self.is_closed() || !peer.can_be_acked_at(ack),
        }
    }

    fn direction(&self, src: SocketAddr) -> Direction {
        if src == self.endpoints.orig { Direction::Orig } else { Direction::Resp }
    }

    /// The half of `dir` and the other one.
    fn halves_mut(&mut self, dir: Direction) -> (&mut Half, &mut Half) {
        match dir {
            Direction::Orig => (&mut self.halves.orig, &mut self.halves.resp),
            Direction::Resp => (&mut self.halves.resp, &mut self.halves.orig),
        }
    }
}
