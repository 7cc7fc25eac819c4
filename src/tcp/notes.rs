//! What TCP shows of a connection besides its bytes, noted segment by segment.

use std::collections::VecDeque;

use crate::model::{
    EndSegment, HeaderHabits, Segment, SeqNo, ShutWindow, SideTcp, StreamEnd, TcpFlags, Timestamp,
    Unacknowledged,
};

/// Segments in flight whose times and sizes are kept: of one that is sent again it is the first that counts, and that
/// is among the oldest.
const MAX_FLIGHT: usize = 64;

/// Segments sent again and not acknowledged that are told apart.
const MAX_RESENT: usize = 16;

/// No retransmission timer is shorter: RFC 6298 asks for 1 s, Linux takes 200 ms.
pub(super) const BURST_NS: i64 = 100_000_000;

/// A copy that comes sooner was captured twice, not sent twice.
const CAPTURED_TWICE_NS: i64 = 1_000_000;

/// Of what one side sent. Positions are those of its [`Half`](crate::tcp::half::Half).
#[derive(Debug, Default)]
pub(super) struct Notes {
    habits: Habits,
    /// SYNs that carry nothing, and how many of them were captured twice.
    syns: u32,
    syn_copies: u32,
    last_payload_at: Option<Timestamp>,
    last_segment_at: Option<Timestamp>,
    largest_acknowledged: u32,
    /// The oldest segment in flight, and those after it, most often none.
    oldest: Option<Sent>,
    younger: VecDeque<Sent>,
    ends: Vec<Noted>,
    /// Boxed because most sides never need it.
    rare: Option<Box<Rare>>,
}

/// [`HeaderHabits`] that take few instructions a segment.
#[derive(Debug)]
struct Habits {
    segments: u64,
    least_ttl: u8,
    most_ttl: u8,
    last_ip_id: Option<u16>,
    zero_ip_ids: u64,
}

impl Default for Habits {
    fn default() -> Self {
        Self { segments: 0, least_ttl: u8::MAX, most_ttl: 0, last_ip_id: None, zero_ip_ids: 0 }
    }
}

#[derive(Debug, Default)]
struct Rare {
    resent: Vec<Resent>,
    /// The longest time that its window was shut, and since when it is now.
    longest: Option<ShutWindow>,
    shut: Option<ShutWindow>,
}

/// A segment in flight.
#[derive(Clone, Copy, Debug)]
struct Sent {
    end: u64,
    len: u32,
    /// Payload bytes of the smallest segment that carried some of it.
    smallest: u32,
    at: Option<Timestamp>,
}

/// A segment that was sent again.
#[derive(Debug)]
struct Resent {
    start: u64,
    end: u64,
    /// What is known of it alone.
    known: Unacknowledged,
}

/// An end; its offset is still a position.
#[derive(Debug)]
struct Noted {
    end: EndSegment,
    seq: SeqNo,
}

/// Payload of a segment, as far as its place in the stream is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Payload {
    /// Position of its first byte.
    pub(super) start: u64,
    /// How many bytes were on the wire.
    pub(super) len: u32,
    /// Some of them had not been seen before.
    pub(super) new: bool,
    /// Some of them had been.
    pub(super) again: bool,
}

impl Notes {
    /// A segment that it sent, RSTs left out.
    #[inline]
    pub(super) fn segment(&mut self, segment: &Segment<'_>) {
        if segment.flags.has(TcpFlags::SYN) {
            self.syn(segment);
        }
        if segment.at.is_some() {
            self.last_segment_at = segment.at;
        }
        let (habits, header) = (&mut self.habits, segment.header);
        habits.segments += 1;
        habits.least_ttl = habits.least_ttl.min(header.ttl);
        habits.most_ttl = habits.most_ttl.max(header.ttl);
        habits.last_ip_id = header.ip_id;
        if header.ip_id == Some(0) {
            habits.zero_ip_ids += 1;
        }
        if (header.window == 0 || self.rare.is_some()) && !segment.flags.has(TcpFlags::SYN) {
            self.window(segment);
        }
    }

    #[cold]
    fn syn(&mut self, segment: &Segment<'_>) {
        if segment.ack.is_some() || !segment.payload.is_empty() || segment.cut_off > 0 {
            return;
        }
        self.syns = self.syns.saturating_add(1);
        let since = self.last_segment_at.zip(segment.at).map(|(last, at)| at.since(last));
        let is_copy = since.is_some_and(|ns| (0..CAPTURED_TWICE_NS).contains(&ns));
        self.syn_copies = self.syn_copies.saturating_add(u32::from(self.syns > 1 && is_copy));
    }

    /// How often it sent a SYN, where it sent nothing else.
    pub(super) fn only_syns(&self) -> Option<u32> {
        let is_all = u64::from(self.syns) == self.habits.segments && self.ends.is_empty();
        Some(self.syns - self.syn_copies).filter(|syns| is_all && *syns > 0)
    }

    /// Whether all that it sent are RSTs that acknowledge a SYN and nothing behind it; `None` where it sent nothing.
    pub(super) fn only_refuses(&self) -> Option<bool> {
        let refuses = |noted: &Noted| noted.end.how == StreamEnd::Rst && noted.end.acked == Some(0);
        let is_silent = self.habits.segments == 0 && self.ends.is_empty();
        (!is_silent).then(|| self.habits.segments == 0 && self.ends.iter().all(refuses))
    }

    /// The window it announces, where that is 0 or had been.
    #[cold]
    fn window(&mut self, segment: &Segment<'_>) {
        let rare = self.rare.get_or_insert_default();
        if segment.header.window == 0 {
            rare.shut.get_or_insert(ShutWindow {
                from: segment.at,
                for_ns: 0,
                packet: segment.no,
                probes: 0,
                to_the_end: false,
            });
        } else if let Some(shut) = rare.shut.take() {
            rare.longest = longer(rare.longest, Some(over(shut, segment.at)));
        }
    }

    /// Whether the last window that it announced was 0.
    #[inline]
    pub(super) fn is_shut(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.shut.is_some())
    }

    /// Its peer sent what is payload, or looks for a window (RFC 9293 3.8.6.1).
    #[inline]
    pub(super) fn is_probed(&mut self) {
        if let Some(shut) = self.rare.as_mut().and_then(|rare| rare.shut.as_mut()) {
            shut.probes = shut.probes.saturating_add(1);
        }
    }

    /// Payload that it sent; `acked` is the position up to which its peer has acknowledged.
    #[inline]
    pub(super) fn payload(&mut self, segment: &Segment<'_>, payload: Payload, acked: u64) {
        let Payload { start, len, new, again } = payload;
        let end = start + u64::from(len);
        if again && end > acked {
            self.sent_again(segment, start, end, len, acked);
        }
        if !new {
            return;
        }
        if segment.at.is_some() {
            self.last_payload_at = segment.at;
        }
        let sent = Sent { end, len, smallest: len, at: segment.at };
        if self.oldest.is_none() {
            self.oldest = Some(sent);
        } else if self.younger.len() < MAX_FLIGHT {
            self.younger.push_back(sent);
        }
    }

    #[cold]
    fn sent_again(&mut self, segment: &Segment<'_>, start: u64, end: u64, len: u32, acked: u64) {
        let mut sent_at = None;
        let from = start.max(acked);
        for sent in self.oldest.iter_mut().chain(&mut self.younger) {
            let sent_from = sent.end - u64::from(sent.len);
            if (sent_from..sent.end).contains(&from) {
                sent_at = sent.at;
            }
            if sent_from < end && start < sent.end {
                sent.smallest = sent.smallest.min(len);
            }
        }
        let since = |then: Option<Timestamp>| then.zip(segment.at).map(|(then, at)| at.since(then));
        let resent = &mut self.rare.get_or_insert_default().resent;
        if let Some(Resent { known, end: reach, .. }) = resent.iter_mut().find(|resent| resent.start == start)
        {
            *reach = end.max(*reach);
            if since(known.last_at).is_none_or(|ns| ns >= BURST_NS) {
                known.times = known.times.saturating_add(1);
            }
            known.last_at = segment.at;
            known.smallest = known.smallest.min(len);
            known.largest = known.largest.max(len);
        } else if resent.len() < MAX_RESENT
            && since(sent_at).is_none_or(|ns| !(0..CAPTURED_TWICE_NS).contains(&ns))
        {
            let known = Unacknowledged {
                sent_at,
                again_at: segment.at,
                last_at: segment.at,
                packet: segment.no,
                times: 1,
                smallest: len,
                largest: len,
                offset: None,
            };
            resent.push(Resent { start, end, known });
        }
    }

    /// Its peer has acknowledged what lies before the position `acked`.
    #[inline]
    pub(super) fn acknowledged(&mut self, acked: u64) {
        while let Some(sent) = self.oldest.filter(|sent| sent.end <= acked) {
            self.largest_acknowledged = self.largest_acknowledged.max(sent.smallest);
            self.oldest = self.younger.pop_front();
        }
        if let Some(rare) = &mut self.rare {
            rare.resent.retain(|resent| resent.end > acked);
        }
    }

    /// A FIN or an RST that it sent; `position` is where its number stands.
    pub(super) fn end(
        &mut self,
        how: StreamEnd,
        segment: &Segment<'_>,
        seq: SeqNo,
        position: Option<u64>,
        acked: Option<u64>,
    ) {
        let is_same = |noted: &Noted| noted.end.how == StreamEnd::Fin && noted.seq == seq;
        if how == StreamEnd::Fin && self.ends.iter().any(is_same) || self.ends.len() >= SideTcp::MAX_ENDS {
            return;
        }
        let bare = how == StreamEnd::Rst && segment.ack.is_none();
        let (packet, at, header) = (segment.no, segment.at, segment.header);
        self.ends.reserve_exact(1);
        self.ends
            .push(Noted { end: EndSegment { how, packet, at, offset: position, acked, bare, header }, seq });
    }

    /// When the last byte of its stream was sent.
    pub(super) const fn last_payload_at(&self) -> Option<Timestamp> {
        self.last_payload_at
    }

    /// Whether any segment of it was seen, RSTs left out.
    pub(super) fn has_segments(&self) -> bool {
        self.habits.segments > 0
    }

    /// What it comes to when the last segment of the connection came `at` that time. `offset` makes offsets of
    /// positions; `acked` is the position up to which the peer has acknowledged, `None` where no segment of it was seen.
    pub(super) fn facts(
        &self,
        at: Option<Timestamp>,
        acked: Option<u64>,
        offset: impl Fn(u64) -> Option<u64>,
    ) -> SideTcp {
        let ends = self
            .ends
            .iter()
            .map(|Noted { end, .. }| EndSegment { offset: end.offset.and_then(&offset), ..*end });
        let rare = self.rare.as_deref();
        let resent = rare.zip(acked).and_then(|(rare, acked)| {
            let first = rare.resent.iter().min_by_key(|resent| resent.start)?;
            let all = rare.resent.iter().map(|resent| resent.known).reduce(both)?;
            let sent_at = first.known.sent_at;
            Some(Unacknowledged { sent_at, offset: offset(first.start.max(acked)), ..all })
        });
        let shut = rare.and_then(|rare| {
            let still = rare.shut.map(|shut| ShutWindow { to_the_end: true, ..over(shut, at) });
            longer(rare.longest, still)
        });
        let Habits { segments, least_ttl, most_ttl, last_ip_id, zero_ip_ids } = self.habits;
        let ttl = if segments == 0 { (0, 0) } else { (least_ttl, most_ttl) };
        SideTcp {
            ends: ends.collect(),
            habits: HeaderHabits { segments, ttl, last_ip_id, zero_ip_ids },
            last_payload_at: self.last_payload_at,
            last_segment_at: self.last_segment_at,
            unacknowledged: resent,
            largest_acknowledged: self.largest_acknowledged,
            shut,
            ..SideTcp::default()
        }
    }
}

/// A window that was shut until then.
fn over(shut: ShutWindow, until: Option<Timestamp>) -> ShutWindow {
    let for_ns = shut.from.zip(until).map_or(0, |(from, until)| until.since(from).max(0));
    ShutWindow { for_ns, ..shut }
}

/// The one that was longer, of two alike the first.
fn longer(one: Option<ShutWindow>, other: Option<ShutWindow>) -> Option<ShutWindow> {
    match (one, other) {
        (Some(one), Some(other)) if other.for_ns > one.for_ns => Some(other),
        (one, other) => one.or(other),
    }
}

/// Two segments that were sent again as one piece of news.
fn both(one: Unacknowledged, other: Unacknowledged) -> Unacknowledged {
    let earlier = if other.again_at < one.again_at { other } else { one };
    Unacknowledged {
        last_at: one.last_at.max(other.last_at),
        times: one.times.saturating_add(other.times),
        smallest: one.smallest.min(other.smallest),
        largest: one.largest.max(other.largest),
        ..earlier
    }
}
