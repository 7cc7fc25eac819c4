//! A TCP connection of which packets are copied.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::engine::slicing::frames::Frames;
use crate::engine::slicing::inside::{Change, Directed, Inner, Inside, With, role_of};
use crate::engine::slicing::numbers::Numbers;
use crate::http2::{Caps, Field, Remake};
use crate::limits::Limits;
use crate::model::{Endpoints, Fill, Packet, PacketNo, PerRole, Pick, Role, Segment, StreamEvent};
use crate::redact::Pseudonyms;
use crate::slice::disguise::{Disguise, Others};
use crate::slice::edit::{self, Edits};
use crate::slice::forge::{self, Forged};

/// How the heads of an opening handshake begin.
const HEADS: [&[u8]; 2] = [b"GET ", b"HTTP/"];

/// One of them.
#[derive(Debug)]
pub(super) struct Flow {
    client: SocketAddr,
    packets: (PacketNo, PacketNo),
    notes: BTreeMap<PacketNo, Vec<String>>,
    random: Option<[u8; 32]>,
    how: How,
    /// What is written of the streams, where that is not what was sent.
    other: Other,
    /// What is followed of it before it is copied.
    ahead: Option<Box<Ahead>>,
}

/// How its packets are written.
#[derive(Debug)]
enum How {
    /// As they were.
    AsTheyWere,
    /// With payloads replaced.
    Filled(Box<Numbers>),
    /// Others are, with the same numbers.
    Renamed(Box<Numbers>),
    /// Others are, which carry what was inside TLS.
    Forged(Box<Inside>),
}

/// What stands for the bytes of its streams: that of TCP, or those of HTTP/2.
#[derive(Debug)]
enum Other {
    Fills(BTreeMap<Option<u32>, PerRole<Vec<Fill>>>),
    Edits(BTreeMap<Option<u32>, PerRole<Edits>>),
}

/// What is learnt of its streams.
#[derive(Debug)]
struct Ahead {
    inner: Inner,
    remake: Option<Remake>,
    /// Of copies with other names.
    disguises: BTreeMap<Option<u32>, PerRole<Disguise>>,
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

/// With what flows are followed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Means<'m> {
    pub(super) with: With<'m>,
    /// Other names.
    pub(super) names: Option<&'m Pseudonyms>,
}

impl<'m> Means<'m> {
    fn others(&self) -> Option<Others<'m>> {
        Some(Others { names: self.names?, limits: self.with.1 })
    }
}

impl Flow {
    /// `is_filled`: payloads are replaced, of its first part or another. `frames`: of packets that are copied with other names.
    pub(super) fn new(
        pick: &Pick,
        with_keys: bool,
        is_filled: bool,
        limits: &Limits,
        frames: Option<&Frames>,
    ) -> Self {
        let is_inside = pick.is_decrypted && !with_keys;
        let has_fills = Role::BOTH.into_iter().any(|role| !pick.fills[role].is_empty());
        let remake = || {
            let is_made = pick.is_stream && (frames.is_some() || is_filled);
            is_made.then(|| Remake::new(Caps::of(limits)))
        };
        let how = match remake() {
            Some(remake) => How::Forged(Box::new(Inside::new(is_inside, Some(remake)))),
            None if is_inside => How::Forged(Box::new(Inside::new(true, None))),
            None if frames.is_some() => How::Renamed(Box::default()),
            None if has_fills => How::Filled(Box::default()),
            None => How::AsTheyWere,
        };
        let looks_ahead = frames.is_some() || matches!(how, How::Filled(_));
        let ahead = || {
            let (inner, disguises) = (Inner::new(is_inside), BTreeMap::new());
            Box::new(Ahead { inner, remake: remake(), disguises, is_over: false })
        };
        let mut this = Self {
            client: pick.client,
            packets: pick.packets,
            notes: BTreeMap::new(),
            random: pick.random.filter(|_| pick.is_decrypted),
            ahead: looks_ahead.then(ahead),
            how,
            other: Other::Fills(BTreeMap::new()),
        };
        this.join(pick, frames);
        this
    }

    /// Whether that is a part of it.
    pub(super) fn is_of(&self, pick: &Pick) -> bool {
        self.packets.0 <= pick.packets.1 && pick.packets.0 <= self.packets.1
    }

    /// Adds a part.
    pub(super) fn join(&mut self, pick: &Pick, frames: Option<&Frames>) {
        let stream = pick.id.stream.filter(|_| pick.is_stream);
        if let (Some(ahead), Some(frames)) = (&mut self.ahead, frames) {
            let of = |role| {
                let (frames, fills) = frames.placed(pick.id, role);
                Disguise::new(frames, fills, pick.is_assumed)
            };
            ahead.disguises.insert(stream, PerRole { client: of(Role::Client), server: of(Role::Server) });
        }
        if let Other::Fills(fills) = &mut self.other {
            fills.insert(stream, pick.fills.clone());
        }
        self.packets.0 = self.packets.0.min(pick.packets.0);
        self.packets.1 = self.packets.1.max(pick.packets.1);
        for (packet, note) in &pick.notes {
            self.notes.entry(*packet).or_default().push(note.clone());
        }
    }

    /// Whether its packets are none of those that were recorded.
    pub(super) const fn is_made(&self) -> bool {
        matches!(self.how, How::Forged(_) | How::Renamed(_))
    }

    /// Whether they carry what was inside TLS.
    pub(super) const fn is_forged(&self) -> bool {
        matches!(self.how, How::Forged(_))
    }

    /// Whether it has to be followed before it is copied.
    pub(super) const fn looks_ahead(&self) -> bool {
        self.ahead.is_some()
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

    /// Learns what its streams are made of.
    pub(super) fn look_ahead(&mut self, segment: &Segment<'_>, means: &Means<'_>) {
        let Self { ahead: Some(ahead), other, client, packets, how, .. } = self else { return };
        let Ahead { inner, remake, disguises, is_over } = &mut **ahead;
        let mut looking = Looking { disguises, others: means.others(), other };
        let mut look = |ends, event: StreamEvent<'_>| looking.look(&event, ends, *client, remake.as_mut());
        inner.segment(segment, means.with, &mut look);
        if segment.no == packets.1 && !*is_over {
            *is_over = true;
            inner.finish(means.with, &mut look);
        }
        if let (How::Filled(numbers) | How::Renamed(numbers), Some(connection)) = (how, inner.connection()) {
            numbers.learn(connection);
        }
    }

    /// All of it was looked at.
    pub(super) fn ready(&mut self, means: &Means<'_>) {
        let Some(ahead) = self.ahead.take() else { return };
        let Ahead { mut inner, mut remake, mut disguises, is_over } = *ahead;
        let Some(others) = means.others() else { return };
        if !is_over {
            let client = self.client;
            let mut looking =
                Looking { disguises: &mut disguises, others: Some(others), other: &mut self.other };
            inner.finish(means.with, &mut |ends, event| {
                looking.look(&event, ends, client, remake.as_mut());
            });
        }
        let edits = |PerRole { client, server }: PerRole<Disguise>| PerRole {
            client: client.finish(others),
            server: server.finish(others),
        };
        self.other = Other::Edits(disguises.into_iter().map(|(stream, of)| (stream, edits(of))).collect());
    }

    /// Takes a segment of it, which is in `packet`.
    pub(super) fn segment(
        &mut self,
        packet: &Packet<'_>,
        segment: &Segment<'_>,
        means: &Means<'_>,
        wants: &mut Wants,
        out: &mut Vec<Forged>,
    ) {
        let role = self.role(segment);
        let Self { how, other, packets, client, .. } = self;
        match how {
            How::AsTheyWere => wants.as_it_was = true,
            How::Filled(numbers) => {
                let Some(payload) = filled(numbers, segment, other, role) else {
                    wants.as_it_was = true;
                    return;
                };
                let at = place(packet.data, segment.payload);
                let data = wants.changed.get_or_insert_with(|| packet.data.to_vec());
                if at.and_then(|at| edit::replace(data, at, segment, &payload)).is_some() {
                    wants.as_it_was = true;
                } else {
                    // It came in fragments.
                    forge::again(segment, &payload, out);
                }
            }
            How::Renamed(numbers) => {
                let payload = filled(numbers, segment, other, role).unwrap_or_default();
                forge::again(segment, &payload, out);
            }
            How::Forged(inside) => {
                let mut change = Changing { other, others: means.others() };
                inside.segment(segment, means.with, *client, &mut change, out);
                if segment.no == packets.1 {
                    inside.finish(means.with, *client, &mut change, out);
                }
            }
        }
    }

    /// No more comes.
    pub(super) fn finish(&mut self, means: &Means<'_>, out: &mut Vec<Forged>) {
        let Self { how: How::Forged(inside), other, client, .. } = self else { return };
        let mut change = Changing { other, others: means.others() };
        inside.finish(means.with, *client, &mut change, out);
    }
}

impl Other {
    /// Puts what is to be written in the place of bytes of a side; whether that is something else.
    fn change(&self, stream: Option<u32>, role: Role, at: u64, bytes: &mut [u8]) -> bool {
        match self {
            Self::Fills(of) => match (of.get(&stream), stream) {
                (Some(fills), _) => edit::fill(&fills[role], at, bytes),
                // What else HTTP/2 carries.
                (None, Some(_)) => edit::fill(&[ALL], 0, bytes),
                // HTTP/2 as it was.
                (None, None) => false,
            },
            Self::Edits(of) => {
                match of.get(&stream) {
                    Some(edits) => edits[role].apply(at, bytes),
                    None => {
                        edit::fill(&[ALL], 0, bytes);
                    }
                }
                true
            }
        }
    }
}

/// All of some bytes.
const ALL: Fill = Fill { at: 0, len: u64::MAX, key: None, deflated: None, said: 0 };

/// Takes note of what a connection shows.
struct Looking<'l> {
    disguises: &'l mut BTreeMap<Option<u32>, PerRole<Disguise>>,
    others: Option<Others<'l>>,
    other: &'l mut Other,
}

impl Looking<'_> {
    fn look(
        &mut self,
        event: &StreamEvent<'_>,
        ends: Endpoints,
        client: SocketAddr,
        remake: Option<&mut Remake>,
    ) {
        if let Some(remake) = remake {
            let mut directed = Directed { ends, client, change: self };
            remake.push(event, &mut directed, &mut |_| {});
            return;
        }
        match (*event, self.others) {
            (StreamEvent::Data { dir, offset, bytes, .. }, Some(others)) => {
                if let Some(disguises) = self.disguises.get_mut(&None) {
                    disguises[role_of(ends, client, dir)].push(offset, bytes, others);
                }
            }
            (StreamEvent::Gap { dir, .. }, Some(others)) => {
                if let Some(disguises) = self.disguises.get_mut(&None) {
                    disguises[role_of(ends, client, dir)].hole(others);
                }
            }
            (StreamEvent::Data { dir, offset: 0, bytes, .. }, None) => {
                if HEADS.iter().any(|head| bytes.starts_with(head))
                    && let Other::Fills(of) = self.other
                    && let Some(fills) = of.get_mut(&None)
                {
                    // What there is of a head says who it is; nothing else is before the first frame.
                    fills[role_of(ends, client, dir)].retain(|fill| fill.at > 0);
                }
            }
            _ => {}
        }
    }
}

impl Change for Looking<'_> {
    fn bytes(&mut self, stream: Option<u32>, role: Role, at: u64, bytes: &mut [u8]) {
        if let (Some(disguises), Some(others)) = (self.disguises.get_mut(&stream), self.others) {
            disguises[role].push(at, bytes, others);
        }
    }

    fn fields(&mut self, fields: Vec<Field>) -> Vec<Field> {
        fields
    }

    fn text(&mut self, text: &[u8]) -> Vec<u8> {
        text.to_vec()
    }
}

/// Makes what is written.
struct Changing<'c> {
    other: &'c Other,
    others: Option<Others<'c>>,
}

impl Change for Changing<'_> {
    fn bytes(&mut self, stream: Option<u32>, role: Role, at: u64, bytes: &mut [u8]) {
        self.other.change(stream, role, at, bytes);
    }

    fn fields(&mut self, mut fields: Vec<Field>) -> Vec<Field> {
        let Some(Others { names, limits }) = self.others else { return fields };
        for field in &mut fields {
            if let (Some(name), Some(value)) = (&mut field.name, &mut field.value) {
                *value = names.line(name, value, limits).into();
                *name = names.name(name, limits).into();
            }
        }
        fields
    }

    fn text(&mut self, text: &[u8]) -> Vec<u8> {
        match self.others {
            Some(Others { names, limits }) => names.text(text, limits),
            None => text.to_vec(),
        }
    }
}

/// The payload of a segment as it is to be written; `None` where that is as it was.
fn filled(numbers: &mut Numbers, segment: &Segment<'_>, other: &Other, role: Role) -> Option<Vec<u8>> {
    if segment.payload.is_empty() {
        return None;
    }
    let mut payload = segment.payload.to_vec();
    let is_other = match numbers.offset(segment) {
        Some(offset) => other.change(None, role, offset, &mut payload),
        // Of no stream that was followed: nobody says what is in it.
        None => edit::fill(&[ALL], 0, &mut payload),
    };
    is_other.then_some(payload)
}

/// Where `inner` begins in `outer`, if it is a part of it.
fn place(outer: &[u8], inner: &[u8]) -> Option<usize> {
    let at = (inner.as_ptr() as usize).checked_sub(outer.as_ptr() as usize)?;
    (at.checked_add(inner.len())? <= outer.len()).then_some(at)
}
