//! A TCP connection of which packets are copied.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::engine::secured::Before;
use crate::limits::Limits;
use crate::model::{
    Direction, Endpoints, Fill, Packet, PacketNo, PerDirection, PerRole, Pick, Role, Segment, SeqNo,
    StreamEvent, TcpFlags, Weirds,
};
use crate::slice::edit;
use crate::slice::forge::{self, Forge, Forged};
use crate::tcp::Connection;
use crate::tls::{Keys, Tls};

/// How the heads of an opening handshake begin.
const HEADS: [&[u8]; 2] = [b"GET ", b"HTTP/"];

/// One of them.
#[derive(Debug)]
pub(super) struct Flow {
    client: SocketAddr,
    packets: (PacketNo, PacketNo),
    notes: BTreeMap<PacketNo, Vec<String>>,
    fills: PerRole<Vec<Fill>>,
    random: Option<[u8; 32]>,
    how: How,
}

/// How its packets are written.
#[derive(Debug)]
enum How {
    /// As they were.
    AsTheyWere,
    /// With payloads replaced.
    Filled(Box<Numbers>),
    /// Others are, which carry what was inside TLS.
    Forged(Box<Inside>),
}

/// What sequence numbers stand for.
#[derive(Debug, Default)]
struct Numbers {
    connection: Option<Connection>,
    first: PerDirection<Option<SeqNo>>,
    /// Offset behind the last segment.
    near: PerDirection<u64>,
}

/// What is followed of a connection to get at what is inside its TLS.
#[derive(Debug, Default)]
struct Inside {
    connection: Option<(Connection, Forge)>,
    before: Option<Before>,
    tls: Option<Tls>,
    is_over: bool,
}

/// What is to be done with a packet.
#[derive(Debug, Default)]
pub(super) struct Wants {
    /// It is copied.
    pub(super) as_it_was: bool,
    /// With these bytes instead of its own.
    pub(super) changed: Option<Vec<u8>>,
}

impl Flow {
    pub(super) fn new(pick: &Pick, with_keys: bool) -> Self {
        let has_fills = Role::BOTH.into_iter().any(|role| !pick.fills[role].is_empty());
        let how = match () {
            () if pick.is_decrypted && !with_keys => How::Forged(Box::default()),
            () if has_fills => How::Filled(Box::default()),
            () => How::AsTheyWere,
        };
        let mut this = Self {
            client: pick.client,
            packets: pick.packets,
            notes: BTreeMap::new(),
            fills: pick.fills.clone(),
            random: pick.random.filter(|_| pick.is_decrypted),
            how,
        };
        this.join(pick);
        this
    }

    /// Whether that is a part of it.
    pub(super) fn is_of(&self, pick: &Pick) -> bool {
        self.packets.0 <= pick.packets.1 && pick.packets.0 <= self.packets.1
    }

    /// Adds a part.
    pub(super) fn join(&mut self, pick: &Pick) {
        self.packets.0 = self.packets.0.min(pick.packets.0);
        self.packets.1 = self.packets.1.max(pick.packets.1);
        for (packet, note) in &pick.notes {
            self.notes.entry(*packet).or_default().push(note.clone());
        }
    }

    pub(super) const fn is_forged(&self) -> bool {
        matches!(self.how, How::Forged(_))
    }

    pub(super) const fn is_filled(&self) -> bool {
        matches!(self.how, How::Filled(_))
    }

    /// Whether a packet of its ends can be its own.
    pub(super) fn has(&self, packet: PacketNo) -> bool {
        (self.packets.0..=self.packets.1).contains(&packet)
    }

    /// Whether its last packet was before.
    pub(super) fn is_over(&self, packet: PacketNo) -> bool {
        self.packets.1 < packet
    }

    /// What is to be said at a packet, once.
    pub(super) fn notes_of(&mut self, packet: PacketNo, out: &mut Vec<String>) {
        out.extend(self.notes.remove(&packet).into_iter().flatten());
    }

    /// By what its keys are found, if they are to be written now.
    pub(super) const fn keys_due(&mut self) -> Option<[u8; 32]> {
        self.random.take()
    }

    fn role(&self, segment: &Segment<'_>) -> Role {
        if segment.src == self.client { Role::Client } else { Role::Server }
    }

    /// Learns where its streams begin.
    pub(super) fn look_ahead(&mut self, segment: &Segment<'_>, limits: &Limits) {
        let Self { how: How::Filled(numbers), fills, client, packets, .. } = self else { return };
        let Numbers { connection, first, .. } = &mut **numbers;
        let connection = connection.get_or_insert_with(|| Connection::new(segment));
        let ends = connection.endpoints();
        let mut look = |event: StreamEvent<'_>| {
            if let StreamEvent::Data { dir, offset: 0, bytes, .. } = event
                && HEADS.iter().any(|head| bytes.starts_with(head))
            {
                // What there is of a head says who it is; nothing else is before the first frame.
                fills[role_of(ends, *client, dir)].retain(|fill| fill.at > 0);
            }
        };
        connection.push(segment, limits, &mut Weirds::default(), &mut look);
        if segment.no == packets.1 {
            connection.finish(&mut Weirds::default(), &mut look);
        }
        for dir in [Direction::Orig, Direction::Resp] {
            first[dir] = first[dir].or(connection.first_number(dir));
        }
    }

    /// Takes a segment of it, which is in `packet`.
    pub(super) fn segment(
        &mut self,
        packet: &Packet<'_>,
        segment: &Segment<'_>,
        (keys, limits): (&Keys, &Limits),
        wants: &mut Wants,
        out: &mut Vec<Forged>,
    ) {
        let role = self.role(segment);
        let Self { how, fills, packets, client, .. } = self;
        match how {
            How::AsTheyWere => wants.as_it_was = true,
            How::Filled(numbers) => {
                let Some(payload) = numbers.filled(segment, &fills[role]) else {
                    wants.as_it_was = true;
                    return;
                };
                let at = place(packet.data, segment.payload);
                let data = wants.changed.get_or_insert_with(|| packet.data.to_vec());
                if at.and_then(|at| edit::replace(data, at, segment, &payload)).is_some() {
                    wants.as_it_was = true;
                } else {
                    // It came in fragments.
                    let header = forge::Header {
                        seq: segment.seq.0,
                        ack: segment.ack.map_or(0, |ack| ack.0),
                        flags: segment.flags,
                    };
                    let bytes = forge::packet(segment.src, segment.dst, segment.header, &header, &payload);
                    out.push(Forged { of: segment.no, at: segment.at, is_bare: false, bytes });
                }
            }
            How::Forged(inside) => {
                inside.segment(segment, (keys, limits), fills, *client, out);
                if segment.no == packets.1 {
                    inside.finish((keys, limits), fills, *client, out);
                }
            }
        }
    }

    /// No more comes.
    pub(super) fn finish(&mut self, keys: &Keys, limits: &Limits, out: &mut Vec<Forged>) {
        if let How::Forged(inside) = &mut self.how {
            inside.finish((keys, limits), &self.fills, self.client, out);
        }
    }
}

impl Numbers {
    /// The payload of a segment as it is to be written; `None` where that is as it was.
    fn filled(&mut self, segment: &Segment<'_>, fills: &[Fill]) -> Option<Vec<u8>> {
        if segment.payload.is_empty() {
            return None;
        }
        let mut payload = segment.payload.to_vec();
        let orig = self.connection.as_ref().map(|connection| connection.endpoints().orig);
        let dir = if orig == Some(segment.src) { Direction::Orig } else { Direction::Resp };
        let seq = segment.seq.plus(u32::from(segment.flags.has(TcpFlags::SYN)));
        let offset = self.first[dir].and_then(|first| {
            // Numbers come again every 4 GiB: the one near the last.
            let near = self.near[dir];
            let away = seq.distance_from(first.plus(near as u32));
            near.checked_add_signed(i64::from(away)).filter(|_| away.unsigned_abs() < 1 << 30)
        });
        let is_filled = match offset {
            Some(offset) => {
                self.near[dir] = offset.saturating_add(payload.len() as u64);
                edit::fill(fills, offset, &mut payload)
            }
            // Of no stream that was followed: nobody says what is in it.
            None => {
                let all = Fill { at: 0, len: u64::MAX, key: None, deflated: None };
                edit::fill(&[all], 0, &mut payload)
            }
        };
        is_filled.then_some(payload)
    }
}

impl Inside {
    fn segment(
        &mut self,
        segment: &Segment<'_>,
        with: (&Keys, &Limits),
        fills: &PerRole<Vec<Fill>>,
        client: SocketAddr,
        out: &mut Vec<Forged>,
    ) {
        let (mut connection, mut forge) = self.connection.take().unwrap_or_else(|| {
            let connection = Connection::new(segment);
            let forge = Forge::new(connection.endpoints());
            (connection, forge)
        });
        let from = out.len();
        forge.segment(segment, out);
        let is_whole = segment.flags.has(TcpFlags::SYN);
        let before = self.before.get_or_insert_with(|| Before::new(is_whole));
        let ends = connection.endpoints();
        let dir = if segment.src == ends.orig { Direction::Orig } else { Direction::Resp };
        let tries =
            |connection: &Connection| connection.stats(dir).unanswered.map(|of| (of.tries, of.last_at));
        let known = (tries(&connection), connection.stats(dir).retransmitted_bytes);
        let tls = &mut self.tls;
        connection.push(segment, with.1, &mut Weirds::default(), &mut |event| {
            pass(&event, before, tls, with, &mut |inner| {
                forge.event(&inner, &mut |dir, at, bytes| change(fills, ends, client, dir, at, bytes), out);
            });
        });
        let again = known != (tries(&connection), connection.stats(dir).retransmitted_bytes)
            && tries(&connection).is_some();
        forge.settle(segment, again, from, out);
        self.connection = Some((connection, forge));
    }

    fn finish(
        &mut self,
        with: (&Keys, &Limits),
        fills: &PerRole<Vec<Fill>>,
        client: SocketAddr,
        out: &mut Vec<Forged>,
    ) {
        let Self { connection, before, tls, is_over } = self;
        let (Some((mut connection, mut forge)), Some(before)) = (connection.take(), before.as_mut()) else {
            return;
        };
        if std::mem::replace(is_over, true) {
            return;
        }
        let ends = connection.endpoints();
        let mut take = |inner: StreamEvent<'_>| {
            forge.event(&inner, &mut |dir, at, bytes| change(fills, ends, client, dir, at, bytes), out);
        };
        connection.finish(&mut Weirds::default(), &mut |event| pass(&event, before, tls, with, &mut take));
        if let Some(tls) = tls {
            tls.finish(with.0, with.1, &mut Weirds::default(), &mut take);
        }
    }
}

/// What of an event of TCP is inside TLS, once that has begun.
fn pass(
    event: &StreamEvent<'_>,
    before: &mut Before,
    tls: &mut Option<Tls>,
    (keys, limits): (&Keys, &Limits),
    take: &mut impl FnMut(StreamEvent<'_>),
) {
    if tls.is_none() {
        match *event {
            StreamEvent::Data { dir, bytes, .. } if before.tls_begins(dir, bytes) => *tls = Some(Tls::new()),
            StreamEvent::Gap { .. } => before.hole(event),
            _ => {}
        }
    }
    if let Some(tls) = tls {
        tls.push(event, keys, limits, &mut Weirds::default(), take);
    }
}

/// Fills what is to be filled of the bytes of a direction.
fn change(
    fills: &PerRole<Vec<Fill>>,
    ends: Endpoints,
    client: SocketAddr,
    dir: Direction,
    at: u64,
    bytes: &mut [u8],
) {
    edit::fill(&fills[role_of(ends, client, dir)], at, bytes);
}

/// Who sends in that direction.
fn role_of(ends: Endpoints, client: SocketAddr, dir: Direction) -> Role {
    let src = if dir == Direction::Orig { ends.orig } else { ends.resp };
    if src == client { Role::Client } else { Role::Server }
}

/// Where `inner` begins in `outer`, if it is a part of it.
fn place(outer: &[u8], inner: &[u8]) -> Option<usize> {
    let at = (inner.as_ptr() as usize).checked_sub(outer.as_ptr() as usize)?;
    (at.checked_add(inner.len())? <= outer.len()).then_some(at)
}
