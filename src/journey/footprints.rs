//! Footprints, packed: most are linked with nothing, and only what all are held against is looked at in them.

mod layout;

use std::cell::OnceCell;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::journey::footprint::{Footprint, Key, Opening};
use crate::journey::packed::{Packer, Unpacker};
use crate::knowledge::{Blame, CauseId};
use crate::model::{Certainty, Outcome, PerRole, Role, Sample, SeqNo, Starter, Timestamp};

/// Footprints that are packed into one piece of memory.
const CHUNK: usize = 256;

/// All of them, by their place.
#[derive(Debug, Default)]
pub(super) struct Footprints {
    chunks: Vec<Chunk>,
    len: usize,
    /// The recordings, in order.
    captures: Vec<usize>,
    /// Their files.
    paths: Vec<Arc<str>>,
}

#[derive(Debug, Default)]
struct Chunk {
    bytes: Vec<u8>,
    packed: Vec<Packed>,
}

/// One of them.
#[derive(Debug)]
struct Packed {
    /// Where its bytes begin.
    at: u32,
    words: Words,
    /// Unpacked, once it was asked for.
    whole: OnceCell<Box<Footprint>>,
}

/// What is no number and no time stands as it is.
#[derive(Clone, Copy, Debug)]
struct Words {
    outcome: Outcome,
    cause: Option<(CauseId, Option<Blame>, Certainty)>,
    started_by: Option<Starter>,
    owes: Option<Role>,
    tester: Option<Role>,
    /// How sure what a side was told is.
    told: PerRole<Certainty>,
}

/// What all are held against.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) capture: usize,
    pub(super) ends: Option<PerRole<SocketAddr>>,
    pub(super) key: Option<Key>,
    handshake: PerRole<Option<Timestamp>>,
    pub(super) target: Option<u64>,
    pub(super) carried: [u64; 6],
    /// Numbers of both SYNs; `None` where there are no trails.
    pub(super) isns: Option<PerRole<Option<SeqNo>>>,
    pub(super) is_forwarded: bool,
    pub(super) is_assumed: bool,
    began: Option<Timestamp>,
    flags: u8,
}

impl Footprints {
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// The recordings that they are of.
    pub(super) fn captures(&self) -> &[usize] {
        &self.captures
    }

    /// Takes the next one; those of a recording come together.
    pub(super) fn push(&mut self, footprint: &Footprint) {
        if self.captures.last() != Some(&footprint.capture) {
            self.captures.push(footprint.capture);
        }
        let path = footprint.path.as_ref().map(|path| self.path(path));
        if self.len.is_multiple_of(CHUNK) {
            if let Some(full) = self.chunks.last_mut() {
                full.bytes.shrink_to_fit();
            }
            self.chunks.push(Chunk { bytes: Vec::new(), packed: Vec::with_capacity(CHUNK) });
        }
        self.len += 1;
        let Some(Chunk { bytes, packed }) = self.chunks.last_mut() else { return };
        // So many, of some kilobytes at most, never come near it.
        let at = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        packed.push(Packed { at, words: Words::of(footprint), whole: OnceCell::new() });
        layout::pack(footprint, path, &mut Packer::new(bytes));
    }

    /// The place of a file, most often that of the last one.
    fn path(&mut self, path: &Arc<str>) -> u64 {
        let known = self.paths.iter().rposition(|known| Arc::ptr_eq(known, path));
        let at = known.unwrap_or_else(|| {
            self.paths.push(Arc::clone(path));
            self.paths.len() - 1
        });
        at as u64
    }

    fn packed(&self, at: usize) -> Option<(&Packed, Unpacker<'_>)> {
        let Chunk { bytes, packed } = self.chunks.get(at / CHUNK)?;
        let packed = packed.get(at % CHUNK)?;
        Some((packed, Unpacker::new(bytes.get(packed.at as usize..)?)))
    }

    /// The one at a place.
    pub(super) fn get(&self, at: usize) -> Option<&Footprint> {
        let (packed, mut from) = self.packed(at)?;
        Some(packed.whole.get_or_init(|| Box::new(layout::unpack(packed.words, &self.paths, &mut from))))
    }

    /// What it is held against others by.
    pub(super) fn head(&self, at: usize) -> Option<Head> {
        Some(layout::head(&mut self.packed(at)?.1))
    }

    /// The same with samples of both sides, of which there are none without trails.
    pub(super) fn with_samples(&self, at: usize) -> Option<(Head, PerRole<Vec<Sample>>)> {
        let mut from = self.packed(at)?.1;
        let head = layout::head(&mut from);
        let samples = layout::samples(&head, &mut from);
        Some((head, samples))
    }
}

impl Words {
    fn of(footprint: &Footprint) -> Self {
        let told = |role: Role| footprint.sides[role].told.certainty;
        Self {
            outcome: footprint.outcome,
            cause: footprint.cause,
            started_by: footprint.started_by,
            owes: footprint.owes,
            tester: footprint.tester,
            told: PerRole { client: told(Role::Client), server: told(Role::Server) },
        }
    }
}

impl Head {
    /// Whether it is of the log of a tester.
    pub(super) const fn is_log(&self) -> bool {
        self.ends.is_none()
    }

    pub(super) const fn opening(&self) -> Opening {
        Opening { capture: self.capture, handshake: self.handshake }
    }

    /// Whether both may be recordings of one connection, made at two points.
    pub(super) fn may_be(&self, other: &Self) -> bool {
        let is_elsewhere = self.capture != other.capture || self.ends != other.ends;
        let has_key = self.key == other.key || self.is_assumed || other.is_assumed;
        let syns = |head: &Self| head.isns.and_then(|isns| Some((isns.client?, isns.server?)));
        let has_numbers = syns(self).zip(syns(other)).is_none_or(|(one, other)| one == other);
        is_elsewhere && has_key && (has_numbers || self.ends == other.ends)
    }

    /// Whether the proxy that is its server may have passed it on on the other.
    pub(super) fn may_go_on(&self, other: &Self) -> bool {
        let ends = self.ends.zip(other.ends);
        other.is_forwarded || ends.is_some_and(|(front, back)| front.server.ip() == back.client.ip())
    }
}
