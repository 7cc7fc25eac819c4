//! The connections at hand, by their endpoints.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};

use foldhash::fast::RandomState;

use crate::limits::Limits;
use crate::model::{FlowKey, PacketNo, Segment, Timestamp, WeirdKind, Weirds};
use crate::tcp::Connection;

/// A closed connection lingers for so many packets of the capture at the most; alone they count where packets have
/// no time.
const LINGER_PACKETS: u64 = 1 << 20;

/// Closed connections are taken out so much later than they stop accepting segments, so that times which run
/// backwards by less change nothing.
const SLACK: Duration = Duration { nanos: 1_000_000_000, packets: LINGER_PACKETS };

/// A connection and what the caller keeps for it.
#[derive(Debug)]
pub struct Flow<T> {
    /// What is known of it up to its last segment.
    pub connection: Connection,
    /// What the caller keeps of it.
    pub state: T,
    /// What it held beyond [`LIGHT`] when it was last weighed, and what came since.
    held: usize,
    unweighed: usize,
}

/// Bytes that a flow may hold without being given up for it: nearly all do with less.
pub const LIGHT: usize = 2 << 10;

/// Bytes of payload, and a few more for each segment, after which a flow is weighed again at the latest; more where it holds
/// much already.
const UNWEIGHED: usize = 1 << 10;
const SEGMENT: usize = 128;

impl<T> Flow<T> {
    /// Whether it is to be weighed after a segment with so many bytes of payload. One that is `settled` holds little more
    /// than these; of any other that is not known, and of the next segment of it neither.
    #[inline]
    pub const fn is_due(&mut self, bytes: usize, settled: bool) -> bool {
        if !settled {
            self.unweighed = usize::MAX;
            return true;
        }
        let unweighed = self.unweighed.saturating_add(bytes).saturating_add(SEGMENT);
        let is_due = unweighed > self.held / 4 + UNWEIGHED;
        self.unweighed = if is_due { 0 } else { unweighed };
        is_due
    }

    /// Whether it held so many bytes, or no more than [`LIGHT`] as now, when it was last weighed.
    #[inline]
    #[must_use]
    pub const fn is_weighed(&self, held: usize) -> bool {
        held.saturating_sub(LIGHT) == self.held
    }
}

/// Flows by [`FlowKey`], of all tables together at most `Limits::max_flows` at a time, which hold at most about
/// `Limits::max_held_bytes` beyond what each may.
///
/// For each segment: [`FlowTable::route`] it, push it into the flow's connection, [`FlowTable::weigh`] it if that is
/// [due](Flow::is_due), and take every flow that is over from [`FlowTable::next_ended`] and finish its connection. A flow is
/// over when its five-tuple is used again, when it has been closed for `Limits::closed_linger_seconds` of capture time or
/// silent for `Limits::max_idle_seconds`, or when the table is full and it is the one idle the longest, of all or of those
/// that hold much.
///
/// Nothing depends on the order of hashing, and, unless the table gets full or times run backwards by more than
/// a second, nothing on how flows are spread over several tables.
#[derive(Debug)]
pub struct FlowTable<T> {
    /// Slot by key. The seed is random: with a known one a capture could be made whose flows all hash alike.
    index: HashMap<FlowKey, u32, RandomState>,
    /// Boxed: the many small tables of a capture would else waste what a growing vector keeps ahead.
    slots: Vec<Option<Box<Entry<T>>>>,
    /// Empty slots.
    free: Vec<u32>,
    /// The slot routed to last: only there can a connection have closed since.
    recent: Option<u32>,
    /// Closed flows, each once, oldest first as far as is known; re-checked when their turn comes.
    closed: VecDeque<Waiting>,
    /// Candidates for eviction, the one idle the longest last. Drawn up when needed: those that were active since
    /// have another `seen` by now, and any flow that is not in it was active later than all that are.
    idle: Vec<(u64, u32)>,
    /// What all flows hold beyond [`LIGHT`].
    held: usize,
    max_held: usize,
    /// Flows that hold more than that, each once, by what was `seen` of them at some time and `opened`: re-checked when
    /// their turn comes.
    heavy: BinaryHeap<Reverse<(u64, u64, u32)>>,
    ended: VecDeque<Flow<T>>,
    /// Slots of those that the end of the capture ends, the first to be taken last.
    left: Vec<u32>,
    routed: u64,
    max_flows: usize,
    /// Tables that the flows are spread over.
    tables: usize,
    linger: Duration,
    max_idle: Duration,
    /// Time of the segment routed before.
    before: Option<Timestamp>,
    /// When the table was last looked through for idle flows, by capture time and by `routed`.
    swept: (Option<Timestamp>, u64),
}

#[derive(Debug)]
struct Entry<T> {
    flow: Flow<T>,
    /// Value of `routed` at its first and last segment.
    opened: u64,
    seen: u64,
    in_closed: bool,
    in_heavy: bool,
}

/// An entry of `closed`.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    slot: u32,
    /// `Entry::opened`: tells apart the flows that a slot has held.
    opened: u64,
    /// `Entry::seen` when queued.
    seen: u64,
}

/// A span of the capture, by its times or by its packets, whichever is over first.
#[derive(Clone, Copy, Debug)]
struct Duration {
    nanos: i64,
    packets: u64,
}

/// A place in the capture.
#[derive(Clone, Copy, Debug)]
struct Moment {
    no: PacketNo,
    at: Option<Timestamp>,
}

impl<T> FlowTable<T> {
    /// An empty table, one of `tables` that the flows of a capture are spread over.
    #[must_use]
    pub fn new(limits: &Limits, tables: usize) -> Self {
        let nanos = |seconds: u32| i64::from(seconds) * 1_000_000_000;
        Self {
            index: HashMap::default(),
            slots: Vec::new(),
            free: Vec::new(),
            recent: None,
            closed: VecDeque::new(),
            idle: Vec::new(),
            held: 0,
            max_held: limits.max_held_bytes.div_ceil(tables.max(1)),
            heavy: BinaryHeap::new(),
            ended: VecDeque::new(),
            left: Vec::new(),
            routed: 0,
            max_flows: limits.max_flows.div_ceil(tables.max(1)).clamp(1, u32::MAX as usize),
            tables,
            linger: Duration { nanos: nanos(limits.closed_linger_seconds), packets: LINGER_PACKETS },
            max_idle: Duration { nanos: nanos(limits.max_idle_seconds), packets: u64::MAX },
            before: None,
            swept: (None, 0),
        }
    }

    /// The flow `segment` belongs to, into whose connection it is to be pushed; `make` is asked for a new one.
    pub fn route(
        &mut self,
        segment: &Segment<'_>,
        weirds: &mut Weirds,
        make: impl FnOnce(&Connection) -> T,
    ) -> &mut Flow<T> {
        let now = Moment { no: segment.no, at: segment.at };
        self.notice_closed();
        self.expire(now);
        self.give_up_idle(now);
        self.routed += 1;
        let key = FlowKey::new(segment.src, segment.dst);
        let found = self.index.get(&key).copied();
        let slot = match found.filter(|slot| !self.is_over(*slot, segment, now)) {
            Some(slot) => slot,
            None => {
                if let Some(slot) = found {
                    self.take_out(slot);
                }
                self.make_room(segment.no, weirds);
                self.reserve(key)
            }
        };
        self.recent = Some(slot);
        let routed = self.routed;
        // `slot` came from `index` or `reserve`: it is there, and it is empty only in the latter case.
        let entry = self.slots[slot as usize].get_or_insert_with(|| {
            let connection = Connection::new(segment);
            let state = make(&connection);
            Box::new(Entry {
                flow: Flow { connection, state, held: 0, unweighed: 0 },
                opened: routed,
                seen: routed,
                in_closed: false,
                in_heavy: false,
            })
        });
        entry.seen = routed;
        &mut entry.flow
    }

    /// Sees what the flow routed to last holds now, by `hold`. While all together hold too many bytes, the one silent the
    /// longest of those that hold much is given up, unless `relieve` can take enough from it; not the one at hand.
    #[inline(never)]
    pub fn weigh(
        &mut self,
        packet: PacketNo,
        weirds: &mut Weirds,
        hold: fn(&Flow<T>) -> usize,
        relieve: fn(&mut Flow<T>),
    ) {
        let Some(slot) = self.recent else { return };
        let Some(Some(entry)) = self.slots.get_mut(slot as usize) else { return };
        let held = hold(&entry.flow).saturating_sub(LIGHT);
        if held == entry.flow.held {
            return;
        }
        self.held = self.held.saturating_sub(entry.flow.held).saturating_add(held);
        entry.flow.held = held;
        if !entry.in_heavy {
            entry.in_heavy = true;
            self.heavy.push(Reverse((entry.seen, entry.opened, slot)));
        }
        if self.held > self.max_held {
            self.lighten(packet, weirds, hold, relieve);
        }
    }

    #[cold]
    fn lighten(
        &mut self,
        packet: PacketNo,
        weirds: &mut Weirds,
        hold: fn(&Flow<T>) -> usize,
        relieve: fn(&mut Flow<T>),
    ) {
        while self.held > self.max_held
            && let Some(Reverse((seen, opened, slot))) = self.heavy.pop()
        {
            let Some(Some(entry)) = self.slots.get_mut(slot as usize) else { continue };
            if entry.opened != opened {
                continue;
            }
            // What was silent may hold less than when it was last weighed.
            let before = hold(&entry.flow).saturating_sub(LIGHT);
            let is_at_hand = entry.seen == self.routed;
            let is_next = before > 0 && entry.seen == seen && !is_at_hand;
            if is_next {
                relieve(&mut entry.flow);
            }
            let after = hold(&entry.flow).saturating_sub(LIGHT);
            self.held = self.held.saturating_sub(entry.flow.held).saturating_add(after);
            (entry.flow.held, entry.in_heavy) = (after, after > 0 && !is_next);
            if entry.in_heavy {
                self.heavy.push(Reverse((entry.seen, opened, slot)));
                if is_at_hand && entry.seen == seen {
                    // No other holds much.
                    return;
                }
            }
            if !is_next {
                continue;
            }
            weirds.add(WeirdKind::HeldCap, Some(packet), || {
                let part = if self.tables > 1 { format!(" in one of {} parts", self.tables) } else { String::new() };
                let (max, first) = (self.max_held, entry.flow.connection.first_packet());
                format!(
                    "connections held more than {max} bytes{part}: the one that began at packet {first} had been \
                     silent the longest and released {before}; raise --limit held-bytes",
                    first = first.0
                )
            });
            if after > 0 {
                self.take_out(slot);
            }
        }
    }

    /// A flow that is over, in the order in which they ended; its connection is not finished yet.
    pub fn next_ended(&mut self) -> Option<Flow<T>> {
        let ended = self.ended.pop_front();
        ended.or_else(|| Some(self.slots.get_mut(self.left.pop()? as usize)?.take()?.flow))
    }

    /// The flow that [`Self::next_ended`] gives next.
    pub(crate) fn peek_ended(&self) -> Option<&Flow<T>> {
        self.ended.front().or_else(|| Some(&self.entry(*self.left.last()?)?.flow))
    }

    /// The capture is over: so are all flows, in the order in which they began.
    pub fn finish(&mut self) {
        let slots = (0_u32..).zip(&self.slots);
        self.left = slots.filter_map(|(slot, entry)| entry.is_some().then_some(slot)).collect();
        let opened = |slot: u32| self.slots.get(slot as usize)?.as_ref().map(|entry| entry.opened);
        self.left.sort_unstable_by_key(|slot| Reverse(opened(*slot)));
        self.index = HashMap::default();
        self.closed.clear();
        self.idle = Vec::new();
        self.heavy = BinaryHeap::new();
        self.recent = None;
    }

    /// Flows in the table, those to be taken from [`Self::next_ended`] not among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether no flow is in the table.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    fn entry(&self, slot: u32) -> Option<&Entry<T>> {
        self.slots.get(slot as usize)?.as_deref()
    }

    /// Whether `segment` belongs to a later connection than the one in `slot`. Decided by this flow alone, so
    /// that no other flow can change it.
    fn is_over(&self, slot: u32, segment: &Segment<'_>, now: Moment) -> bool {
        self.entry(slot).is_some_and(|Entry { flow: Flow { connection, .. }, .. }| {
            connection.is_succeeded_by(segment)
                || now.is_later_than(last_moment(connection), self.patience_with(connection))
        })
    }

    /// How long a connection may be silent.
    fn patience_with(&self, connection: &Connection) -> Duration {
        if connection.is_closed() { self.linger } else { self.max_idle }
    }

    fn notice_closed(&mut self) {
        if let Some(slot) = self.recent.take()
            && let Some(Some(entry)) = self.slots.get_mut(slot as usize)
            && !entry.in_closed
            && entry.flow.connection.is_closed()
        {
            entry.in_closed = true;
            self.closed.push_back(Waiting { slot, opened: entry.opened, seen: entry.seen });
        }
    }

    /// Takes out the flows that have been closed for long enough.
    fn expire(&mut self, now: Moment) {
        let after = self.linger.plus(SLACK);
        while let Some(&Waiting { slot, opened, seen }) = self.closed.front() {
            match self.entry(slot).filter(|entry| entry.opened == opened) {
                None => {}
                Some(entry) if entry.seen != seen => {
                    let again = Waiting { slot, opened, seen: entry.seen };
                    self.closed.push_back(again);
                }
                Some(entry) if now.is_later_than(last_moment(&entry.flow.connection), after) => {
                    self.take_out(slot);
                }
                Some(_) => return,
            }
            self.closed.pop_front();
        }
    }

    /// Takes out the flows that have been silent for too long. Looks through the table only when an eighth of that
    /// time has passed and as many segments as it has places, so that it costs next to nothing a segment.
    fn give_up_idle(&mut self, now: Moment) {
        let before = std::mem::replace(&mut self.before, now.at);
        let (Some(at), Some(before)) = (now.at, before) else { return };
        let (swept_at, swept) = self.swept;
        let Some(swept_at) = swept_at else {
            self.swept = (Some(at), self.routed);
            return;
        };
        if at.since(swept_at) <= self.max_idle.nanos / 8 || self.routed - swept < self.slots.len() as u64 {
            return;
        }
        // One packet with a wild time makes nothing old.
        let now = Moment { at: Some(at.min(before)), ..now };
        self.swept = (now.at, self.routed);
        for slot in 0..self.slots.len() as u32 {
            let is_idle = self.entry(slot).is_some_and(|Entry { flow: Flow { connection, .. }, .. }| {
                !connection.is_closed()
                    && now.is_later_than(last_moment(connection), self.max_idle.plus(SLACK))
            });
            if is_idle {
                self.take_out(slot);
            }
        }
    }

    /// Evicts until there is room for one more.
    fn make_room(&mut self, packet: PacketNo, weirds: &mut Weirds) {
        while self.index.len() >= self.max_flows {
            let Some((seen, slot)) = self.idle.pop() else {
                let flows = (0_u32..).zip(&self.slots);
                self.idle.extend(flows.filter_map(|(slot, entry)| Some((entry.as_ref()?.seen, slot))));
                self.idle.sort_unstable_by(|a, b| b.cmp(a));
                continue;
            };
            if self.entry(slot).is_some_and(|entry| entry.seen == seen) {
                weirds.add(WeirdKind::FlowEvicted, Some(packet), || match self.tables {
                    1 => format!("more than {} connections at a time", self.max_flows),
                    tables => format!(
                        "more than {} connections at a time in one of the {tables} parts of the table",
                        self.max_flows
                    ),
                });
                self.take_out(slot);
            }
        }
    }

    fn take_out(&mut self, slot: u32) {
        if let Some(entry) = self.slots.get_mut(slot as usize).and_then(Option::take) {
            self.index.remove(&key_of(&entry.flow.connection));
            self.held = self.held.saturating_sub(entry.flow.held);
            self.free.push(slot);
            self.ended.push_back(entry.flow);
        }
    }

    /// An empty slot for `key`.
    fn reserve(&mut self, key: FlowKey) -> u32 {
        let slot = self.free.pop().unwrap_or_else(|| {
            // At most `max_flows` slots, which fits.
            let slot = self.slots.len() as u32;
            self.slots.push(None);
            slot
        });
        self.index.insert(key, slot);
        slot
    }
}

impl Duration {
    fn plus(self, other: Self) -> Self {
        Self {
            nanos: self.nanos.saturating_add(other.nanos),
            packets: self.packets.saturating_add(other.packets),
        }
    }
}

impl Moment {
    /// Whether `duration` has passed since `then`.
    fn is_later_than(self, then: Self, duration: Duration) -> bool {
        let nanos = self.at.zip(then.at).map_or(0, |(now, then)| now.since(then));
        nanos > duration.nanos || self.no.0.saturating_sub(then.no.0) > duration.packets
    }
}

fn last_moment(connection: &Connection) -> Moment {
    Moment { no: connection.last_packet(), at: connection.ended_at() }
}

fn key_of(connection: &Connection) -> FlowKey {
    let endpoints = connection.endpoints();
    FlowKey::new(endpoints.orig, endpoints.resp)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::hash::BuildHasher;

    use super::*;

    /// Half an address that makes foldhash's product 0 under its fixed seed, whatever the other half is.
    const CHOSEN: u128 = 0x896c_4eec_98fa_2e08 << 64;

    #[test]
    fn addresses_cannot_be_chosen_to_hash_alike() {
        let table: FlowTable<()> = FlowTable::new(&Limits::default(), 1);
        let hash = |n: u128| {
            let [low, high] = [CHOSEN | n, u128::MAX].map(|ip| (std::net::Ipv6Addr::from(ip), 80).into());
            table.index.hasher().hash_one(FlowKey::new(low, high))
        };
        assert_eq!((0..100).map(hash).collect::<BTreeSet<_>>().len(), 100);
    }
}
