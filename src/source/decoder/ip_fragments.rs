//! IP fragments until their datagram is whole.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher};
use std::net::IpAddr;

use crate::limits::Limits;
use crate::model::{PacketNo, Timestamp, WeirdKind, Weirds};
use crate::source::decoder::odd::{Expected, Odd};
use crate::source::decoder::udp;
use crate::source::decoder::view::View;

#[cfg(test)]
mod tests;

/// What the length fields of IP allow.
const MAX_DATAGRAM_LEN: usize = 65_535;
const UDP: u8 = 17;

/// Which datagram a fragment belongs to (RFC 791 3.2, RFC 8200 4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) src: IpAddr,
    pub(super) dst: IpAddr,
    pub(super) identification: u32,
    /// `None` for IPv6, whose fragments need not agree on it.
    pub(super) protocol: Option<u8>,
}

/// A piece of a datagram.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fragment<'a> {
    pub(super) key: Key,
    /// What the datagram begins with; that of the first fragment counts.
    pub(super) protocol: u8,
    /// Where the piece begins in the datagram, in bytes.
    pub(super) offset: usize,
    /// More of it follows.
    pub(super) more: bool,
    pub(super) payload: View<'a>,
}

/// A datagram without the headers that were on every fragment.
#[derive(Debug)]
pub(super) struct Whole {
    /// What it begins with.
    pub(super) protocol: u8,
    /// Its bytes up to the first that was not captured.
    pub(super) bytes: Vec<u8>,
    pub(super) on_wire: usize,
    /// Bytes captured behind the first that was not.
    pub(super) unused: usize,
    /// The packets that brought it, but the last.
    pub(super) packets: Vec<PacketNo>,
}

/// All datagrams that are not whole, and those that lately were.
#[derive(Debug)]
pub(super) struct Fragments {
    datagrams: BTreeMap<Key, Datagram>,
    /// By when they began.
    order: BTreeMap<u64, Key>,
    begun: u64,
    /// Sum of the costs of all datagrams, held below `max_bytes` before each new fragment.
    cost: usize,
    max_bytes: usize,
    max_datagrams: usize,
    expiry_ns: u64,
}

#[derive(Debug)]
struct Datagram {
    /// Its key in the order.
    begun: u64,
    since: Option<Timestamp>,
    first_packet: PacketNo,
    cost: usize,
    state: State,
}

#[derive(Debug)]
enum State {
    Open(Open),
    /// Whole; its fragments are remembered, for a capture may hold each packet twice.
    Whole(Vec<Seen>),
    /// Its first fragment shows that it is of no interest.
    Ignored,
}

#[derive(Debug, Default)]
struct Open {
    /// In order, without overlap.
    pieces: Vec<Piece>,
    /// Bytes of all pieces, captured or not.
    covered: usize,
    /// Fragments that added something.
    fragments: u64,
    /// Length of the datagram, once the last fragment has come.
    total: Option<usize>,
    /// Of the first fragment.
    protocol: Option<u8>,
    /// Packets that added something.
    packets: Vec<PacketNo>,
}

#[derive(Debug)]
struct Piece {
    start: usize,
    len: usize,
    /// Its first bytes; less than `len` where the snap length cut it.
    known: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq)]
struct Seen {
    start: usize,
    len: usize,
    hash: u64,
}

impl Seen {
    fn new(start: usize, len: usize, bytes: &[u8]) -> Self {
        // Its keys are fixed, so every run sees the same; a collision would drop one fragment of a datagram that
        // has the identification of a recent one.
        let mut hasher = DefaultHasher::new();
        hasher.write(bytes);
        Self { start, len, hash: hasher.finish() }
    }
}

impl Fragments {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            datagrams: BTreeMap::new(),
            order: BTreeMap::new(),
            begun: 0,
            cost: 0,
            max_bytes: limits.max_fragment_bytes,
            max_datagrams: limits.max_fragmented_datagrams.max(1),
            expiry_ns: u64::from(limits.fragment_expiry_seconds).saturating_mul(1_000_000_000),
        }
    }

    /// Takes a fragment of packet `no`; the datagram, if this was the last piece of it.
    #[cold]
    pub(super) fn add(
        &mut self,
        fragment: &Fragment<'_>,
        no: PacketNo,
        at: Option<Timestamp>,
        weirds: &mut Weirds,
    ) -> Result<Option<Whole>, Odd> {
        fragment.check()?;
        self.expire(at, weirds);
        match self.datagrams.get(&fragment.key).map(|datagram| &datagram.state) {
            Some(State::Ignored) if fragment.offset > 0 || fragment.is_of_no_interest() => return Ok(None),
            Some(State::Whole(seen)) if seen.contains(&fragment.seen()) => return Ok(None),
            // The identification is used again.
            Some(State::Ignored | State::Whole(_)) => {
                self.remove(fragment.key);
            }
            Some(State::Open(_)) | None => {}
        }
        let cost = size_of::<Datagram>() + size_of::<Piece>() + fragment.payload.bytes.len();
        if !self.make_room(cost, fragment.key, no, weirds) {
            return Ok(None);
        }
        let datagram = self.datagrams.entry(fragment.key).or_insert_with(|| {
            self.begun += 1;
            self.order.insert(self.begun, fragment.key);
            Datagram {
                begun: self.begun,
                since: at,
                first_packet: no,
                cost: 0,
                state: State::Open(Open::default()),
            }
        });
        let State::Open(open) = &mut datagram.state else { return Ok(None) };
        let mut whole = None;
        let before = open.fragments;
        if let Err(conflict) = open.take(fragment) {
            weirds.add(WeirdKind::ConflictingFragment, Some(no), || conflict.to_string());
        }
        let is_last = open.total == Some(open.covered);
        if open.fragments > before && !is_last {
            open.packets.push(no);
        }
        if fragment.is_of_no_interest() {
            datagram.state = State::Ignored;
        } else if open.total == Some(open.covered) {
            let (done, seen) = std::mem::take(open).join();
            whole = Some(done);
            datagram.state = State::Whole(seen);
        }
        self.cost -= datagram.cost;
        datagram.cost = datagram.state.cost();
        self.cost += datagram.cost;
        Ok(whole)
    }

    /// Gives up what is not whole.
    pub(super) fn finish(&mut self, weirds: &mut Weirds) {
        while let Some((_, &key)) = self.order.first_key_value() {
            if let Some(datagram) = self.remove(key) {
                datagram.report_incomplete(key, weirds);
            }
        }
    }

    /// Gives up what began too long before `now`, or, where the capture is not in order of time, after it.
    fn expire(&mut self, now: Option<Timestamp>, weirds: &mut Weirds) {
        let Some(now) = now else { return };
        while let Some((_, &key)) = self.order.first_key_value() {
            let since = self.datagrams.get(&key).and_then(|datagram| datagram.since);
            if since.is_none_or(|since| now.since(since).unsigned_abs() <= self.expiry_ns) {
                return;
            }
            if let Some(datagram) = self.remove(key) {
                datagram.report_incomplete(key, weirds);
            }
        }
    }

    /// Gives up the oldest until one more fragment of `key` may be kept; `false` if it can never be.
    fn make_room(&mut self, cost: usize, key: Key, no: PacketNo, weirds: &mut Weirds) -> bool {
        if cost > self.max_bytes {
            let cap = self.max_bytes;
            weirds.add(WeirdKind::FragmentCap, Some(no), || {
                format!("a fragment takes {cost} bytes of memory, more than {cap}")
            });
            return false;
        }
        loop {
            let is_new = !self.datagrams.contains_key(&key);
            let fits =
                self.cost + cost <= self.max_bytes && (!is_new || self.datagrams.len() < self.max_datagrams);
            let Some((_, &oldest)) = self.order.first_key_value() else { return true };
            if fits {
                return true;
            }
            let (datagrams, bytes) = (self.datagrams.len(), self.cost);
            if let Some(Datagram { state: State::Open(_), first_packet, .. }) = self.remove(oldest) {
                weirds.add(WeirdKind::FragmentCap, Some(no), || {
                    format!(
                        "{datagrams} fragmented datagrams take {bytes} bytes of memory; the oldest, \
                         from packet {first_packet}, was given up"
                    )
                });
            }
        }
    }

    fn remove(&mut self, key: Key) -> Option<Datagram> {
        let datagram = self.datagrams.remove(&key)?;
        self.order.remove(&datagram.begun);
        self.cost -= datagram.cost;
        Some(datagram)
    }
}

impl Datagram {
    fn report_incomplete(&self, key: Key, weirds: &mut Weirds) {
        let State::Open(open) = &self.state else { return };
        let Open { fragments, covered, total, .. } = open;
        weirds.add(WeirdKind::IpFragment, Some(self.first_packet), || {
            let Key { src, dst, .. } = key;
            let of = total.map_or_else(String::new, |total| format!(" of {total}"));
            format!(
                "a datagram from {src} to {dst}, of which {fragments} fragments arrived, {covered}{of} bytes"
            )
        });
    }
}

impl State {
    fn cost(&self) -> usize {
        let inside = match self {
            Self::Open(open) => {
                let known: usize = open.pieces.iter().map(|piece| piece.known.len()).sum();
                known + open.pieces.len() * size_of::<Piece>()
            }
            Self::Whole(seen) => size_of_val(seen.as_slice()),
            Self::Ignored => 0,
        };
        size_of::<Datagram>() + inside
    }
}

impl Fragment<'_> {
    fn check(&self) -> Result<(), Odd> {
        let len = self.payload.on_wire;
        let odd = |field, is, expected| Err(Odd::Contradiction { field, is, expected });
        if len == 0 {
            return odd("length of an IP fragment", len, Expected::AtLeast(1));
        }
        if self.more && !len.is_multiple_of(8) {
            return odd("length of an IP fragment before the last", len, Expected::MultipleOf(8));
        }
        let end = self.offset.saturating_add(len);
        if end > MAX_DATAGRAM_LEN {
            return odd("end of an IP fragment", end, Expected::AtMost(MAX_DATAGRAM_LEN));
        }
        Ok(())
    }

    fn seen(&self) -> Seen {
        Seen::new(self.offset, self.payload.on_wire, self.payload.bytes)
    }

    /// Whether it is the first of a UDP datagram that is no tunnel.
    fn is_of_no_interest(&self) -> bool {
        self.offset == 0 && self.protocol == UDP && !udp::is_carrier(self.payload.bytes)
    }
}

impl Whole {
    pub(super) fn view(&self) -> View<'_> {
        View { bytes: &self.bytes, on_wire: self.on_wire }
    }
}

impl Open {
    /// Keeps what is new in a fragment; in words what contradicts the others.
    fn take(&mut self, fragment: &Fragment<'_>) -> Result<(), String> {
        let Fragment { offset: start, more, payload, .. } = *fragment;
        let end = start + payload.on_wire;
        let reached = self.pieces.last().map_or(0, |piece| piece.start + piece.len);
        match self.total {
            Some(total) if end > total || !more && end != total => {
                return Err(format!("an IP fragment ends at byte {end} of a datagram of {total}"));
            }
            None if !more && reached > end => {
                return Err(format!("the last IP fragment ends at byte {end}, an earlier one at {reached}"));
            }
            None if !more => self.total = Some(end),
            _ => {}
        }
        if start == 0 && self.protocol.is_none() {
            self.protocol = Some(fragment.protocol);
        }
        let bytes = |from: usize, to: usize| {
            let known = payload.bytes.len();
            payload.bytes.get((from - start).min(known)..(to - start).min(known)).unwrap_or_default()
        };
        let mut at = start;
        let mut fresh = Vec::new();
        let mut differs = None;
        let first = self.pieces.partition_point(|piece| piece.start + piece.len <= start);
        for piece in self.pieces.iter().skip(first).take_while(|piece| piece.start < end) {
            if piece.start > at {
                fresh.push((at, piece.start));
            }
            let (from, to) = (piece.start.max(start), (piece.start + piece.len).min(end));
            let kept = piece.known.get(from - piece.start..).unwrap_or_default();
            let both = kept.iter().zip(bytes(from, to));
            if both.into_iter().any(|(kept, new)| kept != new) {
                differs = differs.or(Some((from, to)));
            }
            at = to.max(at);
        }
        if at < end {
            fresh.push((at, end));
        }
        self.fragments += u64::from(!fresh.is_empty());
        // The last first, so that the place of the others stays.
        for (from, to) in fresh.into_iter().rev() {
            self.covered += to - from;
            let place = self.pieces.partition_point(|piece| piece.start < from);
            self.pieces.insert(place, Piece { start: from, len: to - from, known: bytes(from, to).to_vec() });
        }
        match differs {
            Some((from, to)) => {
                Err(format!("an IP fragment differs from an earlier one in bytes {from} to {to}"))
            }
            None => Ok(()),
        }
    }

    /// The datagram, and what to know its fragments by.
    fn join(self) -> (Whole, Vec<Seen>) {
        let mut bytes = Vec::with_capacity(self.covered);
        let mut unused = 0;
        let mut seen = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            if bytes.len() == piece.start {
                bytes.extend_from_slice(&piece.known);
            } else {
                unused += piece.known.len();
            }
            seen.push(Seen::new(piece.start, piece.len, &piece.known));
        }
        // The first fragment is among them, for they cover the whole.
        let protocol = self.protocol.unwrap_or_default();
        (Whole { protocol, bytes, on_wire: self.covered, unused, packets: self.packets }, seen)
    }
}
